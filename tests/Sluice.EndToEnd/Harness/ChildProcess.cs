using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sluice.EndToEnd.Harness;

/// <summary>A program that a test runs: its lines are captured, and it never outlives the test.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    /// <summary>How long a program may take before the test fails: far more than any needs on a busy machine.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    private const int Interrupt = 2;
    private const int Terminate = 15;

    private static readonly ConcurrentDictionary<ChildProcess, bool> Living = new();

    private readonly Process _process;
    private readonly CapturedLines _output = new();
    private readonly CapturedLines _errors = new();

    // A test host that is told to stop runs no Dispose, but it does run this.
    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (ChildProcess child in Living.Keys)
        {
            child.KillTree();
        }
    };

    private ChildProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => _output.Add(line.Data);
        _process.ErrorDataReceived += (_, line) => _errors.Add(line.Data);
    }

    /// <summary>Starts a program, with nothing to read on its standard input.</summary>
    /// <remarks>The environment is that of this process, with the given variables added or replaced.</remarks>
    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        ChildProcess child = new(start);
        child._process.Start();
        Living[child] = true;
        child._process.StandardInput.Close();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ProcessResult> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        await using ChildProcess child = Start(program, arguments, environment);
        return await child.WaitForExitAsync();
    }

    /// <summary>The first line of standard output, already written or still to come, that matches.</summary>
    /// <exception cref="InvalidOperationException">The program ended without it, or the deadline passed.</exception>
    public Task<string> WaitForOutputAsync(Func<string, bool> matches) => WaitForLineAsync(_output, matches);

    /// <summary>As <see cref="WaitForOutputAsync"/>, of standard error.</summary>
    /// <exception cref="InvalidOperationException">The program ended without it, or the deadline passed.</exception>
    public Task<string> WaitForErrorAsync(Func<string, bool> matches) => WaitForLineAsync(_errors, matches);

    /// <summary>Waits until the program has ended and all that it wrote has been read.</summary>
    /// <exception cref="InvalidOperationException">The deadline passed.</exception>
    public async Task<ProcessResult> WaitForExitAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Deadline);
            return new ProcessResult(_process.ExitCode, _output.ToString(), _errors.ToString());
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException(Describe($"did not end within {Deadline}"));
        }
    }

    /// <summary>What Ctrl-C sends.</summary>
    public void SendInterrupt() => Send(Interrupt);

    /// <summary>What a supervisor sends to stop a program.</summary>
    public void SendTerminate() => Send(Terminate);

    public async ValueTask DisposeAsync()
    {
        KillTree();
        await _process.WaitForExitAsync().WaitAsync(Deadline);
        Living.TryRemove(this, out _);
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);

    private async Task<string> WaitForLineAsync(CapturedLines lines, Func<string, bool> matches)
    {
        try
        {
            return await lines.WaitForAsync(matches).WaitAsync(Deadline)
                ?? throw new InvalidOperationException(Describe("ended without the line that the test waits for"));
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException(Describe($"did not write the awaited line within {Deadline}"));
        }
    }

    private void Send(int signal)
    {
        if (SendSignal(_process.Id, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private void KillTree()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    private string Describe(string fault)
    {
        string end = _process.HasExited ? $" (exit code {_process.ExitCode})" : string.Empty;
        string command = string.Join(' ', [_process.StartInfo.FileName, .. _process.StartInfo.ArgumentList]);
        return $"""
            '{command}'{end} {fault}.
            Standard output:
            {_output}
            Standard error:
            {_errors}
            """;
    }
}
