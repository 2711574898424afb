using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Benchmarks;

/// <summary>Calls as fast as the answers come, over a few connections; every answer is looked at.</summary>
/// <param name="PerSecond">Calls a second.</param>
/// <param name="MedianMicros">Half of them took no longer, in microseconds.</param>
/// <param name="NinetyNinthMicros">99 in 100 took no longer, in microseconds.</param>
/// <param name="CpuMicros">CPU time of the contender for each, in microseconds.</param>
internal sealed record Load(double PerSecond, double MedianMicros, double NinetyNinthMicros, double CpuMicros)
{
    private const int BufferBytes = 16 * 1024;

    /// <summary>Of so many calls one is to be rejected, where rejections are wanted.</summary>
    internal const int CallsPerRejection = 10;

    /// <summary>As many different tools are called in turn by the calls that are to be rejected.</summary>
    internal const int RejectedTools = 990;

    /// <param name="contender">Who is called.</param>
    /// <param name="connections">How many connections call at once.</param>
    /// <param name="callsOfEach">How often each of them calls.</param>
    /// <param name="withRejections">Whether one call in ten is for a tool whose limit must reject it.</param>
    internal static Load Run(Contender contender, int connections, int callsOfEach, bool withRejections = false)
    {
        Calls calls = new(contender, withRejections);
        int first = 0;
        double[][] latencies = [.. Enumerable.Range(0, connections).Select(_ => new double[callsOfEach])];
        Exception? failure = null;
        using Barrier barrier = new(connections + 1);
        Thread[] threads = [.. latencies.Select(mine => new Thread(() =>
        {
            try
            {
                using Socket socket = Connect(contender.Endpoint);
                barrier.SignalAndWait();
                Call(socket, calls, Interlocked.Increment(ref first) * callsOfEach, mine);
            }
            catch (Exception exception) when (exception is SocketException or InvalidOperationException)
            {
                failure = exception;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        barrier.SignalAndWait();
        TimeSpan cpu = contender.CpuTime;
        long from = Stopwatch.GetTimestamp();
        Array.ForEach(threads, thread => thread.Join());
        double seconds = Stopwatch.GetElapsedTime(from).TotalSeconds;
        cpu = contender.CpuTime - cpu;
        Require.That(failure is null, $"'{contender.Name}' answered wrongly: {failure?.Message}.");
        int count = connections * callsOfEach;
        double[] all = [.. latencies.SelectMany(some => some).Order()];
        return new Load(count / seconds, all[count / 2], all[count * 99 / 100], cpu.TotalMicroseconds / count);
    }

    /// <summary>The name of a tool whose limit must reject every call.</summary>
    internal static string NameOfRejected(int tool) => string.Create(CultureInfo.InvariantCulture, $"never-{tool:000}");

    /// <summary>The bytes of a call.</summary>
    internal static byte[] RequestTo(Uri endpoint, string tool, string? session = null)
    {
        string body =
            $$$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{{tool}}}}","arguments":{"query":"what everybody asks","limit":10}}}""";
        return Encoding.ASCII.GetBytes(
            $"POST {endpoint.AbsolutePath} HTTP/1.1\r\nHost: {endpoint.Authority}\r\nAccept: application/json, text/event-stream\r\n"
            + $"Content-Type: application/json\r\nMCP-Protocol-Version: 2025-11-25\r\nX-API-Key: {Contenders.Key}\r\n"
            + (session is null ? "" : $"Mcp-Session-Id: {session}\r\n")
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
    }

    /// <summary>Opens a connection.</summary>
    internal static Socket Connect(Uri endpoint)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(endpoint.Host, endpoint.Port);
        return socket;
    }

    private static void Call(Socket socket, Calls calls, int first, double[] latencies)
    {
        byte[] buffer = NewBuffer();
        for (int i = 0; i < latencies.Length; i++)
        {
            long sent = Stopwatch.GetTimestamp();
            socket.Send(calls.Request(first, i));
            ReadAnswer(socket, buffer, calls.IsRejected(i));
            latencies[i] = Stopwatch.GetElapsedTime(sent).TotalMicroseconds;
        }
    }

    /// <summary>A buffer for answers.</summary>
    internal static byte[] NewBuffer() => new byte[BufferBytes];

    /// <summary>Reads an answer, which must be the right one.</summary>
    internal static void ReadAnswer(Socket socket, byte[] buffer, bool isRejected)
    {
        int read = 0;
        int end;
        while ((end = EndOf(buffer.AsSpan(0, read))) == 0 || read < end)
        {
            int more = socket.Receive(buffer, read, buffer.Length - read, SocketFlags.None);
            Require.That(more > 0, "The connection ended.");
            read += more;
        }

        ReadOnlySpan<byte> answer = buffer.AsSpan(0, read);
        bool isRight = read == end && answer.StartsWith("HTTP/1.1 200 "u8)
            && (isRejected ? answer.IndexOf("Rate limit exceeded"u8) > 0 : answer.EndsWith("\"text\":\"done\"}]}}"u8));
        if (!isRight)
        {
            throw new InvalidOperationException($"An answer was another: {Encoding.Latin1.GetString(answer)}");
        }
    }

    /// <summary>Where an answer ends; 0 as long as its head is not complete.</summary>
    private static int EndOf(ReadOnlySpan<byte> read)
    {
        int head = read.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return 0;
        }

        ReadOnlySpan<byte> name = "Content-Length: "u8;
        int length = read[..head].IndexOf(name);
        int bytes = 0;
        bool isKnown = length >= 0 && Utf8Parser.TryParse(read[(length + name.Length)..], out bytes, out _);
        Require.That(isKnown, "An answer had no length.");
        return head + 4 + bytes;
    }
}
