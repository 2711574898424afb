using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Gateway.Tests;

/// <summary>A server on loopback that writes any bytes as an answer, and remembers the head of each request.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<NetworkStream, string, Task> _answer;
    private readonly Task _accepting;
    private int _connections;

    private RawUpstream(Func<NetworkStream, string, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal Uri Endpoint => new($"http://{_listener.LocalEndpoint}/mcp");

    internal int Connections => Volatile.Read(ref _connections);

    /// <summary>A server that gives the same answer to each request, and keeps the connection open.</summary>
    internal static RawUpstream Start(string answer) =>
        Start((stream, _) => stream.WriteAsync(Encoding.Latin1.GetBytes(answer)).AsTask());

    /// <summary>A server that answers as a function writes, from a request's head.</summary>
    internal static RawUpstream Start(Func<NetworkStream, string, Task> answer) => new(answer);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                serving.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            NetworkStream stream = client.GetStream();
            try
            {
                while (await ReadRequestAsync(stream) is string head)
                {
                    await _answer(stream, head).WaitAsync(_stop.Token); // A test that fails leaves answers that never come.
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                return; // The test is over, or the gateway has had enough.
            }
        }
    }

    /// <summary>Reads a request with its body; null when there is no further one.</summary>
    private async Task<string?> ReadRequestAsync(NetworkStream stream)
    {
        byte[] one = new byte[1];
        StringBuilder head = new();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        const string Length = "Content-Length: ";
        string? line = head.ToString().Split("\r\n").FirstOrDefault(line => line.StartsWith(Length, StringComparison.OrdinalIgnoreCase));
        if (line is not null)
        {
            await stream.ReadExactlyAsync(new byte[int.Parse(line.AsSpan(Length.Length), System.Globalization.CultureInfo.InvariantCulture)], _stop.Token);
        }

        return head.ToString();
    }
}
