using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Redis.Tests;

/// <summary>A redis-server of the tests' own, on a free port of the loopback address, in a folder of its own.</summary>
internal sealed class RedisServer : IDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = ProcessGuard.NewFolder("sluice-redis-");
    private readonly string[] _arguments;
    private readonly bool _isPlain;
    private Process _process;

    private RedisServer(int port, string[] arguments, bool isPlain)
    {
        Port = port;
        _arguments = arguments;
        _isPlain = isPlain;
        _process = Launch();
    }

    /// <summary>One for all tests that only need some server. It ends with the process of the tests.</summary>
    internal static Lazy<RedisServer> Shared { get; } = new(() => Start());

    /// <summary>Its port.</summary>
    internal int Port { get; }

    /// <summary>Its port, as text.</summary>
    internal string PortText => Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>How StackExchange.Redis is told of it.</summary>
    internal string Configuration => $"127.0.0.1:{Port}";

    /// <summary>What <see cref="Send"/> says before its command, where the server asks for one.</summary>
    internal string? Password { get; set; }

    /// <summary>Its process.</summary>
    internal int ProcessId => _process.Id;

    /// <summary>Starts one; it answers when this returns.</summary>
    /// <param name="arguments">More of its command line.</param>
    internal static RedisServer Start(params string[] arguments) => Start(port => ["--port", port, .. arguments], isPlain: true);

    /// <summary>Starts one that is told of its port in another way, and may speak TLS.</summary>
    internal static RedisServer Start(Func<string, string[]> arguments, bool isPlain)
    {
        int port = FreePort();
        return new RedisServer(port, arguments(port.ToString(CultureInfo.InvariantCulture)), isPlain);
    }

    /// <summary>Ends it as a crash would.</summary>
    internal void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
            ProcessGuard.Leave(_process);
        }
    }

    /// <summary>Starts it again, on the same port, with nothing in it but what was saved.</summary>
    internal void Restart()
    {
        Kill();
        _process.Dispose();
        _process = Launch();
    }

    /// <summary>Lets it stand still, or go on.</summary>
    internal void Freeze(bool isFrozen)
    {
        using Process signal = Process.Start("kill", [isFrozen ? "-STOP" : "-CONT", ProcessId.ToString(CultureInfo.InvariantCulture)]);
        signal.WaitForExit();
    }

    /// <summary>The text of a command's reply, over a connection of its own.</summary>
    internal string Send(params string[] command)
    {
        using TcpClient client = new("127.0.0.1", Port);
        using NetworkStream stream = client.GetStream();
        stream.ReadTimeout = 30_000;
        using StreamReader reader = new(stream, Encoding.UTF8);
        if (Password is not null)
        {
            Write(stream, ["AUTH", Password]);
            ReadReply(reader);
        }

        Write(stream, command);
        return ReadReply(reader);
    }

    /// <summary>One number of <c>INFO</c>, such as <c>used_cpu_user</c>.</summary>
    internal double Info(string section, string name) =>
        double.Parse(InfoLine(section, name), CultureInfo.InvariantCulture);

    /// <summary>How often a command ran since <c>CONFIG RESETSTAT</c>, and how many microseconds that took the server.</summary>
    internal (long Calls, double Micros) CommandStatistics(string command)
    {
        string[] parts = InfoLine("commandstats", $"cmdstat_{command}").Split(',');
        return (
            long.Parse(parts[0].Split('=')[1], CultureInfo.InvariantCulture),
            double.Parse(parts[1].Split('=')[1], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    // A cluster's nodes need the port 10,000 above theirs as well.
    private static int FreePort()
    {
        while (true)
        {
            using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            int port = ((IPEndPoint)probe.LocalEndPoint!).Port;
            if (port + 10_000 <= IPEndPoint.MaxPort)
            {
                return port;
            }
        }
    }

    private static void Write(NetworkStream stream, string[] command)
    {
        StringBuilder text = new($"*{command.Length}\r\n");
        foreach (string part in command)
        {
            text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        }

        stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static string ReadReply(StreamReader reader)
    {
        string line = reader.ReadLine() ?? throw new IOException("The server closed the connection.");
        switch (line[0])
        {
            case '$' when line != "$-1":
                char[] text = new char[int.Parse(line[1..], CultureInfo.InvariantCulture)];
                reader.ReadBlock(text);
                reader.ReadLine();
                return new string(text);
            case '*':
                int count = int.Parse(line[1..], CultureInfo.InvariantCulture);
                return string.Join('\n', Enumerable.Range(0, count).Select(_ => ReadReply(reader)));
            default:
                return line;
        }
    }

    private string InfoLine(string section, string name) =>
        Send("INFO", section).Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ':', StringComparison.Ordinal))?[(name.Length + 1)..]
        ?? throw new InvalidOperationException($"INFO {section} has no '{name}'.");

    private Process Launch()
    {
        string[] all =
        [
            "--bind", "127.0.0.1",
            "--save", "",
            "--appendonly", "no",
            "--dir", _folder.FullName,
            "--enable-debug-command", "yes",
            .. _arguments,
        ];
        Process process = Process.Start(new ProcessStartInfo("redis-server", all) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("redis-server did not start. ./test.sh installs it.");
        ProcessGuard.Guard(process);
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        long start = Stopwatch.GetTimestamp();
        while (!Answers())
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(start) > StartsWithin)
            {
                throw new InvalidOperationException($"redis-server on port {Port} does not answer.");
            }

            Thread.Sleep(10); // Another process is waited for, by its own clock.
        }

        return process;
    }

    private bool Answers()
    {
        try
        {
            if (_isPlain)
            {
                return Send("PING").Length > 0; // An error about a password is an answer too.
            }

            using TcpClient client = new("127.0.0.1", Port);
            return true;
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            return false;
        }
    }
}
