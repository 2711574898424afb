using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Sluice.Testing;

/// <summary>A program that a test started; it and its children end with the test, whatever happens.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private const int SigHup = 1;
    private const int SigInt = 2;
    private const int SigTerm = 15;
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Lock _reading = new();
    private readonly List<(Predicate<string> Wanted, TaskCompletionSource<string> Line)> _waiting = [];

    private ChildProcess(ProcessStartInfo start, bool hasInput = false)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data, _output);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, _error);
        _process.Start();
        if (!hasInput)
        {
            _process.StandardInput.Close();
        }

        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static ChildProcess Start(string program, params IEnumerable<string> arguments) =>
        Start(program, new Dictionary<string, string>(), arguments);

    /// <summary>Starts a program that a test writes lines to.</summary>
    public static ChildProcess StartWithInput(string program, params IEnumerable<string> arguments) =>
        new(StartInfo(program, arguments), hasInput: true);

    public static ChildProcess Start(
        string program, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = StartInfo(program, arguments);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start);
    }

    /// <summary>Writes a line to a program that was started with an input.</summary>
    public void WriteLine(string line)
    {
        _process.StandardInput.Write(line + "\n");
        _process.StandardInput.Flush();
    }

    /// <summary>Ends the input of a program that was started with one.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ProgramResult> RunAsync(string program, params IEnumerable<string> arguments)
    {
        await using ChildProcess child = Start(program, arguments);
        return await child.WaitForExitAsync();
    }

    /// <summary>The first line, on either stream, that a test waits for.</summary>
    public async Task<string> WaitForLineAsync(Predicate<string> wanted)
    {
        TaskCompletionSource<string> line = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_reading)
        {
            string? already = (_output.ToString() + _error).Split('\n').FirstOrDefault(text => wanted(text));
            if (already is not null)
            {
                return already;
            }

            _waiting.Add((wanted, line));
        }

        try
        {
            return await line.Task.WaitAsync(Eventually.Patience);
        }
        catch (TimeoutException exception)
        {
            throw new InvalidOperationException($"The program did not say what the test waits for.\n{Captured()}", exception);
        }
    }

    /// <summary>Waits until the program has ended.</summary>
    /// <param name="patience">How long it may take; null for <see cref="Eventually.Patience"/>.</param>
    public async Task<ProgramResult> WaitForExitAsync(TimeSpan? patience = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(patience ?? Eventually.Patience);
        }
        catch (TimeoutException exception)
        {
            throw new InvalidOperationException($"The program did not end.\n{Captured()}", exception);
        }

        lock (_reading)
        {
            return new ProgramResult(_process.ExitCode, _output.ToString(), _error.ToString());
        }
    }

    /// <summary>Everything that the program has printed so far.</summary>
    public string Captured()
    {
        lock (_reading)
        {
            return $"--- output\n{_output}\n--- error\n{_error}";
        }
    }

    /// <summary>Ctrl-C.</summary>
    public void Interrupt() => Signal(SigInt);

    public void Terminate() => Signal(SigTerm);

    public void HangUp() => Signal(SigHup);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(Eventually.Patience);
        }

        _process.Dispose();
    }

    /// <summary>The files that the process has mapped into its memory, its assemblies among them (Linux).</summary>
    public string[] MappedFiles() =>
        [.. File.ReadLines($"/proc/{_process.Id}/maps").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Last()).Distinct()];

    // A script without job control starts background programs with SIGINT ignored, and nohup does the same with SIGHUP. Children
    // inherit that; env restores both signals, so that the tests pass wherever they run.
    private static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments) =>
        new("env", ["--default-signal=INT,HUP", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

    private void Signal(int signal) => Kill(_process.Id, signal).ShouldBe(0);

    private void Take(string? line, StringBuilder captured)
    {
        if (line is null)
        {
            return;
        }

        lock (_reading)
        {
            captured.Append(line).Append('\n');
            foreach ((Predicate<string> wanted, TaskCompletionSource<string> waiter) in _waiting)
            {
                if (wanted(line))
                {
                    waiter.TrySetResult(line);
                }
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
