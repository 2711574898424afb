using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Benchmarks;

/// <summary>One connection to a redis-server, for the scripts that ours are measured against: a command, then its answer.</summary>
internal sealed class RespConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    internal RespConnection(int port)
    {
        _client = new TcpClient("127.0.0.1", port) { NoDelay = true };
        _stream = new BufferedStream(_client.GetStream(), 16_384);
    }

    /// <summary>Loads a script and hands out its name.</summary>
    internal string Load(string script) => Send("SCRIPT", "LOAD", script);

    /// <summary>Sends a command, and waits for its answer: a line, a number or a text.</summary>
    /// <exception cref="InvalidOperationException">The server answered with an error.</exception>
    internal string Send(params string[] command)
    {
        StringBuilder text = new($"*{command.Length}\r\n");
        foreach (string part in command)
        {
            text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        }

        _stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
        _stream.Flush();
        string line = ReadLine();
        switch (line[0])
        {
            case '-':
                throw new InvalidOperationException(line);
            case '$':
                string value = ReadLine();
                return value;
            default:
                return line[1..];
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    private string ReadLine()
    {
        StringBuilder line = new();
        while (_stream.ReadByte() is int next && next != '\n')
        {
            if (next < 0)
            {
                throw new IOException("The server closed the connection.");
            }

            line.Append((char)next);
        }

        return line.ToString().TrimEnd('\r');
    }
}
