using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Sluice.Benchmarks;

/// <summary>A redis-server of the benchmarks' own, on a free port of the loopback address, with nothing on disk.</summary>
internal sealed class BenchedRedis : IDisposable
{
    private readonly Process _process;

    internal BenchedRedis()
    {
        using (TcpListener probe = new(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        string port = Port.ToString(CultureInfo.InvariantCulture);
        _process = Start(port);
        _process.BeginOutputReadLine();
        Multiplexer = ConnectionMultiplexer.Connect($"127.0.0.1:{port},allowAdmin=true,abortConnect=false,connectRetry=10");
        while (!Multiplexer.IsConnected)
        {
            Thread.Sleep(10); // Another process is waited for, by its own clock.
        }
    }

    internal int Port { get; }

    internal ConnectionMultiplexer Multiplexer { get; }

    internal IDatabase Database => Multiplexer.GetDatabase();

    /// <summary>CPU time of the server so far.</summary>
    internal TimeSpan CpuTime => ProcessClock.CpuTimeOf(_process);

    /// <summary>How often a command ran since the last reset, and the microseconds that the server spent on each.</summary>
    internal (long Calls, double Micros) StatisticsOf(string command)
    {
        string statistics = (string)Database.Execute("INFO", "commandstats")!;
        string? line = statistics.Split('\n').FirstOrDefault(line => line.StartsWith($"cmdstat_{command}:", StringComparison.Ordinal));
        return line is null
            ? (0, 0)
            : (long.Parse(Field(line, "calls"), CultureInfo.InvariantCulture),
                double.Parse(Field(line, "usec_per_call"), CultureInfo.InvariantCulture));
    }

    internal void ResetStatistics() => Database.Execute("CONFIG", "RESETSTAT");

    /// <summary>Ends the server as a crash would.</summary>
    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Multiplexer.Dispose();
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private static Process Start(string port)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(
                "redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            {
                RedirectStandardOutput = true,
            }) ?? throw new MissingProgramException("redis-server did not start.");
        }
        catch (Win32Exception exception)
        {
            throw new MissingProgramException(
                "This benchmark starts redis-server, which is not on the PATH or cannot be run. "
                + "Install it, on Debian and Ubuntu by 'apt-get install redis-server'.",
                exception);
        }
    }

    private static string Field(string line, string name) => line.Split($"{name}=")[1].Split(',')[0];
}
