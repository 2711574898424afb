using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Sluice.Gateway;

/// <summary>A program that reads and writes lines, from its start to the end of its last child.</summary>
/// <remarks>
/// <para>
/// Each stream has a thread of its own, since a read from a pipe blocks one anyway, and a hundred blocked threads of the pool
/// would stop everything else.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal sealed class ChildProgram
{
    /// <summary>The most bytes that wait to be read by a program that does not read.</summary>
    internal const int MaxQueuedBytes = 16 * 1024 * 1024;

    /// <summary>The longest line that is taken from a program's output.</summary>
    internal const int MaxLineBytes = 16 * 1024 * 1024;

    private const int MaxErrorLineBytes = 2_000;
    private const int StackBytes = 512 * 1024;

    /// <summary>How long each step of the way to the end may take: its input is closed, it is told to end, it is killed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1.5);

    private readonly Process _process;
    private readonly TimeProvider _time;
    private readonly BlockingCollection<byte[]> _input = [];
    private readonly Task _exited;
    private readonly Lazy<Task> _stopping;
    private readonly Lock _signalling = new();
    private long _queuedBytes;
    private bool _isDisposed;

    private ChildProgram(Process process, Action<Line> onOutput, Action<Line> onError, TimeProvider time)
    {
        _process = process;
        _time = time;
        _exited = process.WaitForExitAsync();
        _stopping = new Lazy<Task>(StopOnceAsync);
        Task output = RunThread("output", () => ReadLines(process.StandardOutput.BaseStream, MaxLineBytes, onOutput));
        Task error = RunThread("errors", () => ReadLines(process.StandardError.BaseStream, MaxErrorLineBytes, onError));
        RunThread("input", WriteLines);
        Ended = WatchAsync(output, error);
    }

    /// <summary>Ends with the exit code once the program and its children have ended and everything that they wrote was read.</summary>
    internal Task<int> Ended { get; }

    /// <summary>Whether this object ended it.</summary>
    internal bool IsStopping => _stopping.IsValueCreated;

    /// <summary>Whether it takes no more lines, because it ends or has ended.</summary>
    internal bool IsEnding => _input.IsAddingCompleted;

    /// <summary>Starts a program.</summary>
    /// <param name="start">How to start it.</param>
    /// <param name="onOutput">Is given each line of its output, one at a time.</param>
    /// <param name="onError">Is given each line of its standard error, one at a time.</param>
    /// <param name="time">The clock of its end.</param>
    /// <exception cref="CommandNotStartedException">The system cannot start it.</exception>
    internal static ChildProgram Start(ProcessStartInfo start, Action<Line> onOutput, Action<Line> onError, TimeProvider time)
    {
        Process process = new() { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            process.Dispose();
            throw new CommandNotStartedException($"the system cannot start it: {exception.Message}", exception);
        }

        return new ChildProgram(process, onOutput, onError, time);
    }

    /// <summary>Gives the program a line.</summary>
    /// <param name="message">The line; line ends within it, which JSON has between its tokens only, become spaces.</param>
    /// <returns>False when it is ending, or leaves too much unread.</returns>
    internal bool TryWrite(ReadOnlySpan<byte> message)
    {
        byte[] line = new byte[message.Length + 1];
        message.CopyTo(line);
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        line[^1] = (byte)'\n';
        if (Interlocked.Add(ref _queuedBytes, line.Length) <= MaxQueuedBytes)
        {
            try
            {
                _input.Add(line);
                return true;
            }
            catch (InvalidOperationException)
            {
                // Its input has been closed.
            }
        }

        Interlocked.Add(ref _queuedBytes, -line.Length);
        return false;
    }

    /// <summary>Ends the program: closes its input, and when that does not help, tells it to end, and then kills it.</summary>
    /// <remarks>Source: Model Context Protocol, revision 2025-11-25, Lifecycle, Shutdown, stdio.</remarks>
    internal Task StopAsync() => _stopping.Value;

    /// <summary>Tells the program to end now, without waiting for it to see its input closed.</summary>
    internal Task TerminateAsync()
    {
        Signal(ProcessGroup.Terminate);
        return StopAsync();
    }

    /// <summary>Kills the program and its children.</summary>
    internal Task KillAsync()
    {
        Signal(ProcessGroup.Kill);
        return StopAsync();
    }

    /// <summary>Signals the program unless it has ended.</summary>
    private void Signal(Action<Process> signal)
    {
        lock (_signalling)
        {
            if (!_isDisposed)
            {
                signal(_process);
            }
        }
    }

    private async Task StopOnceAsync()
    {
        _input.CompleteAdding();
        if (!await ExitsAsync())
        {
            Signal(ProcessGroup.Terminate);
            if (!await ExitsAsync())
            {
                Signal(ProcessGroup.Kill);
            }
        }

        await Ended;
    }

    private async Task<bool> ExitsAsync() =>
        await Task.WhenAny(_exited, Task.Delay(Grace, _time, CancellationToken.None)) == _exited;

    private async Task<int> WatchAsync(Task output, Task error)
    {
        // A program that closes its output says no more, whether it lives or not.
        if (await Task.WhenAny(_exited, output) == output && !await ExitsAsync())
        {
            ProcessGroup.Kill(_process);
        }

        await _exited;
        ProcessGroup.Kill(_process); // Children that it left behind would hold its streams.
        _input.CompleteAdding();

        // A descendant that left the group may still hold them open; its output is not waited for.
        await Task.WhenAny(Task.WhenAll(output, error), Task.Delay(Grace, _time, CancellationToken.None));
        int exitCode = _process.ExitCode;
        lock (_signalling)
        {
            _isDisposed = true;
            _process.Dispose();
        }

        return exitCode;
    }

    private static void ReadLines(Stream stream, int maxBytes, Action<Line> onLine)
    {
        LineReader reader = new(stream, maxBytes);
        while (reader.Read() is Line line)
        {
            onLine(line);
        }
    }

    private void WriteLines()
    {
        using Stream input = _process.StandardInput.BaseStream;
        foreach (byte[] line in _input.GetConsumingEnumerable())
        {
            input.Write(line);
            input.Flush();
            Interlocked.Add(ref _queuedBytes, -line.Length);
        }
    }

    private Task RunThread(string name, Action work)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(Run, StackBytes) { IsBackground = true, Name = $"{name} of process {_process.Id}" };
        thread.Start();
        return done.Task;

        void Run()
        {
            try
            {
                work();
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The stream broke because the program ended; that is told by its exit.
            }

            done.SetResult();
        }
    }
}
