using System.Diagnostics;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Forwards messages between a client and a server over standard input and output, and limits calls.</summary>
/// <remarks>
/// <para>
/// Messages are forwarded byte for byte, both ways; ids stay as they are, since there is one client. A line that is not a message is
/// never forwarded: the client gets an error for its own, and a line of the server goes to the log.
/// </para>
/// <para>Messages are decided one after the other, so that their order is kept.</para>
/// <para>
/// Every request that reaches the server is answered: by the server, or by an error with its id when the server ends, when its answer
/// cannot be read, or when it takes too long after the client has closed its input.
/// </para>
/// <para>Thread safety: one run at a time.</para>
/// </remarks>
/// <param name="gate">Decides calls.</param>
/// <param name="caller">The one caller.</param>
/// <param name="input">What the client writes.</param>
/// <param name="output">What the client reads.</param>
/// <param name="error">Gets the standard error of the server, unchanged.</param>
/// <param name="timeout">How long requests that were accepted may take once the client has closed its input.</param>
/// <param name="drain">How long they may take when the program is told to stop.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class StdioProxy(
    CallGate gate,
    CallerIdentity caller,
    Stream input,
    Stream output,
    Stream error,
    TimeSpan timeout,
    TimeSpan drain,
    TimeProvider time,
    ILogger<StdioProxy> logger)
{
    /// <summary>The largest message that is taken from a client: 4 MiB, as over HTTP.</summary>
    internal const int MaxMessageBytes = 4 * 1024 * 1024;

    private const int InternalError = -32603;
    private const int MaxLoggedBytes = 200;
    private const string Unreadable = "its answer is not a JSON-RPC message with the id of a request";
    private const string Stopping = "Sluice was told to stop";
    private const int StackBytes = 512 * 1024;

    /// <summary>How long errors for requests without an answer may take to be written.</summary>
    private static readonly TimeSpan ClientGrace = TimeSpan.FromSeconds(1);

    private readonly Lock _writing = new();
    private readonly PendingRequests _pending = new(); // Of the client.
    private readonly ChargedRequests _charged = new();
    private readonly HeldRequests _held = new(); // Not pending: the server does not have them.
    private readonly PendingRequests _pendingOfServer = new(); // Of the server.
    private readonly ProgramLog _garbage = new(time, line => Log.Garbage(logger, line), count => Log.LinesDropped(logger, count));

    /// <summary>Runs the server until it ends, its client closes the input, or the program is told to stop.</summary>
    /// <param name="start">How to start the server.</param>
    /// <param name="stop">Tells it to stop: requests are no longer accepted, and those in flight may end.</param>
    /// <param name="stopNow">Tells it to stop at once.</param>
    /// <returns>The server's exit code.</returns>
    /// <exception cref="CommandNotStartedException">The server cannot be started.</exception>
    internal async Task<int> RunAsync(ProcessStartInfo start, CancellationToken stop, CancellationToken stopNow)
    {
        TaskCompletionSource<ChildProgram> started = new();
        ChildProgram program = ChildProgram.Start(
            start, line => ReceiveFromServer(started.Task.GetAwaiter().GetResult(), line), ReceiveError, time);
        started.SetResult(program);
        TaskCompletionSource inputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread reading = new(() => ReadInput(program, inputEnded), StackBytes) { IsBackground = true, Name = "input of the client" };
        reading.Start();
        Task stopped = Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
        Task stoppedNow = Task.Delay(Timeout.InfiniteTimeSpan, time, stopNow);
        await Task.WhenAny(program.Ended, inputEnded.Task, stopped);
        string reason = Stopping;
        if (!program.Ended.IsCompleted && !stopped.IsCompleted)
        {
            foreach (ReadOnlyMemory<byte> id in _pendingOfServer.Close())
            {
                RejectServerRequest(program, id); // A tool that waits for its client would never end.
            }

            // A client that has closed the input and then sends a signal wants a stop at once.
            reason = await DrainAsync(program, timeout, stopped)
                ? $"its answer did not come within {timeout.TotalSeconds} s of the end of the input"
                : Stopping;
        }
        else if (!program.Ended.IsCompleted)
        {
            _pending.StopAccepting();
            gate.EndHeld();
            await DrainAsync(program, drain, stoppedNow);
        }

        if (program.Ended.IsCompleted)
        {
            reason = $"its process ended with exit code {await program.Ended}";
        }

        gate.EndHeld();

        // A client that does not read must not keep the server from being ended.
        await Task.WhenAny(
            Task.Run(() => FailAll(_pending.Close(), reason), CancellationToken.None), Task.Delay(ClientGrace, time, CancellationToken.None));
        await EndAsync(program, stopped, stoppedNow);
        return await program.Ended;
    }

    /// <summary>Waits for the answers to all requests that were accepted, once no more can come.</summary>
    /// <returns>Whether they took too long.</returns>
    private async Task<bool> DrainAsync(ChildProgram program, TimeSpan wait, Task stopped)
    {
        using CancellationTokenSource settled = new();
        Task late = Task.Delay(wait, time, settled.Token);
        Task first = await Task.WhenAny(WhenSettledAsync(), program.Ended, stopped, late);
        await settled.CancelAsync();
        return first == late;
    }

    // A call that is no longer held is pending.
    private async Task WhenSettledAsync()
    {
        await _held.WhenEmpty();
        await _pending.WhenEmpty();
    }

    private static async Task EndAsync(ChildProgram program, Task stopped, Task stoppedNow)
    {
        if (!stopped.IsCompleted)
        {
            await Task.WhenAny(program.StopAsync(), stopped);
        }

        if (stopped.IsCompleted)
        {
            await Task.WhenAny(program.TerminateAsync(), stoppedNow);
        }

        if (stoppedNow.IsCompleted)
        {
            await program.KillAsync();
        }
    }

    private void FailAll(IReadOnlyList<ReadOnlyMemory<byte>> ids, string reason)
    {
        foreach (ReadOnlyMemory<byte> id in ids)
        {
            Fail(id, reason);
        }
    }

    private void Fail(ReadOnlyMemory<byte> id, string reason)
    {
        _charged.End(id, answer: default);
        AnswerFailure(id, reason);
    }

    private void AnswerFailure(ReadOnlyMemory<byte> id, string reason) =>
        Answer(McpRejections.RenderError(
            StatusCodes.Status502BadGateway, InternalError, $"The server did not answer: {reason}.", id));

    private static void RejectServerRequest(ChildProgram program, ReadOnlyMemory<byte> id) => program.TryWrite(
        McpRejections.RenderError(StatusCodes.Status503ServiceUnavailable, InternalError, "The client has closed its input.", id).Body.Span);

    // Without the lock of the output: a client that does not read answers must not block the log.
    private void ReceiveError(Line line) => Write(error, line.Bytes.Span);

    // A rejected notification has no body.
    private void Answer(Rejection rejection)
    {
        if (!rejection.Body.IsEmpty)
        {
            WriteToClient(rejection.Body.Span);
        }
    }

    private void WriteToClient(ReadOnlySpan<byte> message)
    {
        lock (_writing)
        {
            Write(output, message);
        }
    }

    private static void Write(Stream stream, ReadOnlySpan<byte> line)
    {
        stream.Write(line);
        stream.Write("\n"u8);
        stream.Flush();
    }
}
