using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Testing;

/// <summary>A redis-server of the tests' own, on a free port of the loopback address, with nothing on disk.</summary>
public sealed class RedisServer : IDisposable
{
    /// <summary>The server to test with: <c>redis-server</c>, or another of its family.</summary>
    private static readonly string Program = Environment.GetEnvironmentVariable("SLUICE_REDIS_SERVER") ?? "redis-server";

    private readonly DirectoryInfo _folder = ProcessGuard.NewFolder("sluice-redis-");
    private readonly string[] _arguments;
    private readonly bool _isPlain;
    private readonly string? _file;
    private Process _process;

    private RedisServer(int port, string[] arguments, bool isPlain, string? file = null)
    {
        _file = file;
        Port = port;
        _arguments = arguments;
        _isPlain = isPlain;
        _process = Launch();
    }

    /// <summary>One for all tests that only need some server. It ends with the process of the tests.</summary>
    public static Lazy<RedisServer> Shared { get; } = new(() => Start());

    /// <summary>Whether it is Garnet, which has other options and fewer commands.</summary>
    public static bool IsGarnet => Path.GetFileName(Program).StartsWith("garnet", StringComparison.Ordinal);

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary>Its port, as text.</summary>
    public string PortText => Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>How StackExchange.Redis is told of it.</summary>
    public string Configuration => $"127.0.0.1:{Port}";

    /// <summary>Its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>How often a script was asked for by its hash, whether the server ran it or not.</summary>
    public int Runs
    {
        get
        {
            string? line = Send("INFO", "commandstats").Split('\n')
                .FirstOrDefault(line => line.StartsWith("cmdstat_evalsha:", StringComparison.Ordinal));
            return line is null ? 0 : Count(line, ":calls=") + Count(line, ",rejected_calls=");

            static int Count(string line, string name) =>
                int.Parse(line.Split(name)[1].Split(',')[0], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Starts one; it answers when this returns.</summary>
    /// <param name="arguments">More of its command line.</param>
    public static RedisServer Start(params string[] arguments) => Start(port => ["--port", port, .. arguments], isPlain: true);

    /// <summary>Starts one on a certain port, which must be free.</summary>
    public static RedisServer StartAt(int port) => new(port, ["--port", port.ToString(CultureInfo.InvariantCulture)], isPlain: true);

    /// <summary>Starts one that is told of its port in another way, and may speak TLS.</summary>
    public static RedisServer Start(Func<string, string[]> arguments, bool isPlain)
    {
        int port = FreePort.Next();
        return new RedisServer(port, arguments(port.ToString(CultureInfo.InvariantCulture)), isPlain);
    }

    /// <summary>Starts a Garnet with options that a test chooses, in place of those that Sluice needs.</summary>
    public static RedisServer StartGarnet(string[] options)
    {
        int port = FreePort.Next();
        return new RedisServer(port, ["--port", port.ToString(CultureInfo.InvariantCulture), .. options], isPlain: true, file: "");
    }

    /// <summary>Starts one with a configuration file, which it may rewrite.</summary>
    public static RedisServer StartWithFile(string text, int? port, params string[] arguments)
    {
        string path = Path.Combine(ProcessGuard.NewFolder("sluice-file-").FullName, "redis.conf");
        File.WriteAllText(path, text);
        int free = port ?? FreePort.Next();
        return new RedisServer(free, ["--port", free.ToString(CultureInfo.InvariantCulture), .. arguments], isPlain: true, path);
    }

    /// <summary>Ends it as a crash would.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        ProcessGuard.Leave(_process);
    }

    /// <summary>Starts it again, on the same port, with nothing in it.</summary>
    public void Restart()
    {
        Kill();
        _process.Dispose();
        _process = Launch();
    }

    /// <summary>Lets it stand still, or go on.</summary>
    public void Freeze(bool isFrozen)
    {
        using Process signal = Process.Start("kill", [isFrozen ? "-STOP" : "-CONT", ProcessId.ToString(CultureInfo.InvariantCulture)]);
        signal.WaitForExit();
    }

    /// <summary>The text of a command's reply, over a connection of its own.</summary>
    public string Send(params string[] command) => SendAll(command);

    /// <summary>The text of the last of some commands' replies, over a connection of their own.</summary>
    public string SendAll(params string[][] commands)
    {
        using TcpClient client = new("127.0.0.1", Port);
        using NetworkStream stream = client.GetStream();
        stream.ReadTimeout = (int)Eventually.Patience.TotalMilliseconds;
        using StreamReader reader = new(stream, Encoding.UTF8);
        string reply = "";
        foreach (string[] command in commands)
        {
            StringBuilder text = new($"*{command.Length}\r\n");
            foreach (string part in command)
            {
                text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
            }

            stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
            reply = ReadReply(reader);
        }

        return reply;
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
        _folder.Delete(recursive: true);
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

    private Process Launch()
    {
        Process process = Process.Start(new ProcessStartInfo(Program, IsGarnet ? GarnetArguments() : Arguments())
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder.FullName,
        })
            ?? throw new InvalidOperationException($"'{Program}' did not start. ./test.sh installs redis-server.");
        ProcessGuard.Guard(process);
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        long start = Stopwatch.GetTimestamp();
        while (!Answers())
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(start) > Eventually.Patience)
            {
                throw new InvalidOperationException($"{Program} on port {Port} does not answer.");
            }

            Thread.Sleep(10); // Another process is waited for, by its own clock.
        }

        return process;
    }

    private string[] Arguments() => _file is not null ? [_file, "--bind", "127.0.0.1", .. _arguments] :
    [
        "--bind", "127.0.0.1",
        "--save", "",
        "--appendonly", "no",
        "--dir", _folder.FullName,
        "--enable-debug-command", "yes",
        .. _arguments,
    ];

    private string[] GarnetArguments() =>
        ["--bind", "127.0.0.1", .. (_file is null ? (string[])["--lua", "--lua-transaction-mode"] : []), .. _arguments];

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
