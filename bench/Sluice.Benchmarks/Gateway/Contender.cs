using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Sluice.Benchmarks;

/// <summary>A program that answers HTTP on the loopback address, and what it costs.</summary>
internal sealed partial class Contender : IDisposable
{
    private const int SigHup = 1;
    private readonly Process _process;
    private bool _isDisposed;

    private Contender(string name, Process process, Uri endpoint, Uri? admin = null)
    {
        Name = name;
        Admin = admin;
        _process = process;
        Endpoint = endpoint;
    }

    internal string Name { get; }

    /// <summary>Where it takes messages.</summary>
    internal Uri Endpoint { get; }

    /// <summary>The tool that is called.</summary>
    internal string Tool { get; private init; } = "call";

    /// <summary>The session in which it is called; null for none.</summary>
    internal string? Session { get; private init; }

    /// <summary>Another endpoint of the same program, which ends with this one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="path">The path.</param>
    /// <param name="session">The session in which it is called.</param>
    /// <param name="tool">The tool that is called.</param>
    internal Contender At(string name, string path, string session, string tool) =>
        new(name, _process, new Uri(Endpoint, path), Admin) { Session = session, Tool = tool };

    /// <summary>Its admin address; null where it has none.</summary>
    internal Uri? Admin { get; }

    /// <summary>CPU time of the program so far.</summary>
    internal TimeSpan CpuTime => ProcessClock.CpuTimeOf(_process);

    /// <summary>Its resident memory, in bytes.</summary>
    internal long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a program that prints where it listens.</summary>
    internal static async Task<Contender> StartAsync(string name, params string[] arguments)
    {
        const string Ready = "listening on ";
        const string AdminReady = "admin on ";
        Process process = Start("dotnet", arguments);
        Uri? admin = null;
        while (await process.StandardOutput.ReadLineAsync() is string line)
        {
            admin = line.StartsWith(AdminReady, StringComparison.Ordinal) ? new Uri(line[AdminReady.Length..]) : admin;
            if (line.StartsWith(Ready, StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync(); // A full pipe would block it.
                return new Contender(name, process, new Uri(new Uri(line[Ready.Length..]), "/mcp"), admin);
            }
        }

        throw new InvalidOperationException($"'{name}' ended before it listened.");
    }

    /// <summary>Starts a program that says nothing, and waits until its port is open.</summary>
    internal static async Task<Contender> StartAsync(string name, int port, string program, params string[] arguments)
    {
        Process process = Start(program, arguments);
        Uri endpoint = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/mcp"));
        while (!await FreePort.IsTakenAsync(port))
        {
            Require.That(!process.HasExited, $"'{name}' ended before it listened.");
            await Task.Delay(20); // Another process is waited for, by its own clock.
        }

        return new Contender(name, process, endpoint);
    }

    /// <summary>The same program, which takes messages at another path.</summary>
    internal Contender At(string path) => new(Name, _process, new Uri(Endpoint, path));

    /// <summary>Whether it ignores SIGHUP, as a program does that <c>nohup</c> has started.</summary>
    internal bool IgnoresHangUp => OperatingSystem.IsLinux()
        && File.ReadLines($"/proc/{_process.Id}/status")
            .Where(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
            .Any(line => (Convert.ToUInt64(line.Split(':')[1].Trim(), 16) & (1 << (SigHup - 1))) != 0);

    /// <summary>Asks it to reload, by SIGHUP. To start a program for that would take more of the processors than the reload.</summary>
    internal void AskToReload() => Require.That(SendSignal(_process.Id, SigHup) == 0, $"'{Name}' takes no signal.");

    /// <summary>Ends the program. Calling it again does nothing.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);

    private static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })
        ?? throw new InvalidOperationException($"'{program}' did not start.");
}
