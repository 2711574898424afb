using System.Diagnostics;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Stands between a client and a server that speak over standard input and output, and limits what passes.</summary>
/// <remarks>
/// <para>
/// What passes travels byte for byte, both ways; ids stay as they are, since there is one client. What is no message never
/// passes: a client's is answered with an error, and a server's goes to the log, because a client would stumble over it.
/// </para>
/// <para>Messages are decided one after the other, so that none overtakes another.</para>
/// <para>
/// Every request that reaches the server is answered: by the server, or by an error with its id when the server ends, when its answer
/// cannot be read, or when it takes too long after the client has closed its input.
/// </para>
/// <para>Thread safety: one run at a time.</para>
/// </remarks>
/// <param name="gate">Decides calls; null when nothing is limited.</param>
/// <param name="caller">The one caller.</param>
/// <param name="input">What the client writes.</param>
/// <param name="output">What the client reads.</param>
/// <param name="error">Where what the server logs goes, as it is.</param>
/// <param name="timeout">How long requests that were accepted may take once the client has closed its input.</param>
/// <param name="drain">How long they may take when the program is told to stop.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes what the front has to say itself.</param>
internal sealed partial class LocalFront(
    CallGate? gate,
    CallerIdentity caller,
    Stream input,
    Stream output,
    Stream error,
    TimeSpan timeout,
    TimeSpan drain,
    TimeProvider time,
    ILogger<LocalFront> logger)
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
    private readonly PendingRequests _asked = new(); // Of the server.
    private readonly LineLog _garbage = new(time, line => Log.Garbage(logger, line), count => Log.LinesDropped(logger, count));

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
            start, line => TakeFromServer(started.Task.GetAwaiter().GetResult(), line), TakeError, time);
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
            foreach (ReadOnlyMemory<byte> id in _asked.Close())
            {
                RejectServerRequest(program, id); // A tool that waits for its client would wait for ever.
            }

            // A client that has closed the input and then sends a signal wants a stop at once.
            reason = await DrainAsync(program, timeout, stopped)
                ? $"its answer did not come within {timeout.TotalSeconds} s of the end of the input"
                : Stopping;
        }
        else if (!program.Ended.IsCompleted)
        {
            _pending.StopAccepting();
            await DrainAsync(program, drain, stoppedNow);
        }

        if (program.Ended.IsCompleted)
        {
            reason = $"its process ended with exit code {await program.Ended}";
        }

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
        Task first = await Task.WhenAny(_pending.WhenEmpty(), program.Ended, stopped, late);
        await settled.CancelAsync();
        return first == late;
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

    private void ReadInput(ChildProgram program, TaskCompletionSource ended)
    {
        LineReader reader = new(input, MaxMessageBytes);
        try
        {
            while (reader.Read() is Line line)
            {
                TakeFromClientAsync(program, line).AsTask().GetAwaiter().GetResult(); // This thread is here to wait.
            }
        }
        catch (IOException exception)
        {
            Log.ClientBroke(logger, exception.Message);
        }

        ended.SetResult();
    }

    private async ValueTask TakeFromClientAsync(ChildProgram program, Line line)
    {
        if (!line.IsWhole)
        {
            Answer(McpRefusals.RenderError(
                StatusCodes.Status413PayloadTooLarge,
                McpReadError.InvalidRequest,
                $"The message is larger than {MaxMessageBytes} bytes.",
                UnreadableAnswer.FindId(line)));
        }
        else if (line.Bytes.Span.Trim(" \t"u8).IsEmpty)
        {
            return; // Not a message, and nobody waits for an answer to nothing.
        }
        else if (!McpReader.TryRead(line.Bytes, out McpMessage? message, out McpReadError? wrong))
        {
            Answer(McpRefusals.Render(wrong));
        }
        else if (await RefusalOfAsync(message) is Refusal refusal)
        {
            Answer(refusal);
        }
        else
        {
            Pass(program, line, message);
        }
    }

    private void Pass(ChildProgram program, Line line, McpMessage message)
    {
        switch (message.Kind)
        {
            case McpMessageKind.Request when !_pending.TryAdd(message.Id):
                Fail(message.Id, program.IsEnding ? "its process has ended" : Stopping);
                return;
            case McpMessageKind.Response:
                _asked.Remove(message.Id.Span, out _);
                break;
            case McpMessageKind.Notification when message.Method == "notifications/cancelled":
                if (MessageParts.Read(line.Bytes.Span)?.RequestId is Range cancelled)
                {
                    _pending.Remove(line.Bytes.Span[cancelled], out IReadOnlyList<ReadOnlyMemory<byte>> failed);
                    FailAll(failed, Unreadable);
                }

                break;
        }

        if (!program.TryWrite(line.Bytes.Span) && message.Kind == McpMessageKind.Request && _pending.Remove(message.Id.Span, out _) is not null)
        {
            Fail(message.Id, program.IsEnding ? "its process has ended" : "its process does not read its standard input");
        }
    }

    /// <summary>Null for a message that passes.</summary>
    private async ValueTask<Refusal?> RefusalOfAsync(McpMessage message)
    {
        if (gate is null)
        {
            return null;
        }

        GateDecision decision = await gate.DecideAsync(message, caller, CancellationToken.None);
        using CallLease lease = decision.Lease;
        return decision.IsAllowed
            ? null
            : decision.Render(new RefusalContext(message, message.EraWith(headerVersion: null), Accept: null));
    }

    private void TakeFromServer(ChildProgram program, Line line)
    {
        if (line.Bytes.IsEmpty)
        {
            return;
        }

        if (!line.IsWhole)
        {
            Log.LineTooLong(logger, ChildProgram.MaxLineBytes);
            FailRequest(UnreadableAnswer.FindId(line), "its answer is too large");
            return;
        }

        IReadOnlyList<(ReadOnlyMemory<byte> Bytes, MessageParts Parts)> messages = ServerMessages.Read(line.Bytes);
        if (messages.Count == 0)
        {
            _garbage.Write(new Line(line.Bytes[..Math.Min(line.Bytes.Length, MaxLoggedBytes)], default));
            if (!line.IsLast && UnreadableAnswer.IsMeant(line.Bytes, out ReadOnlyMemory<byte> id))
            {
                FailRequest(id, Unreadable);
            }
        }

        foreach ((ReadOnlyMemory<byte> message, MessageParts parts) in messages)
        {
            TakeFromServer(program, message, parts);
        }
    }

    private void TakeFromServer(ChildProgram program, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        ReadOnlyMemory<byte> id = parts.Id is Range range ? message[range] : default;
        if (parts.Method is not null)
        {
            if (parts.Id is not null && !_asked.TryAdd(id))
            {
                RejectServerRequest(program, id);
            }
            else
            {
                WriteToClient(message.Span);
            }
        }
        else if (id.IsEmpty)
        {
            TakeAnswerWithoutId(message, parts);
        }
        else if (_pending.Remove(id.Span, out IReadOnlyList<ReadOnlyMemory<byte>> failed) is ReadOnlyMemory<byte> written)
        {
            WriteToClient(written.Span.SequenceEqual(id.Span) ? message.Span : MessageEdit.Apply(message, (parts.Id, written)));
            FailAll(failed, Unreadable);
        }
        else if (!_pending.IsClosed)
        {
            WriteToClient(message.Span); // Its request was cancelled; after the end of all it has been answered.
        }
    }

    // An error without an id is how a server answers what it could not read.
    private void TakeAnswerWithoutId(ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Error is Range error && _pending.Single is ReadOnlyMemory<byte> only)
        {
            _pending.Remove(only.Span, out _);
            WriteToClient([.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. only.Span, .. ",\"error\":"u8, .. message.Span[error], .. "}"u8]);
            return;
        }

        _garbage.Write(new Line(message[..Math.Min(message.Length, MaxLoggedBytes)], default));
        FailAll(_pending.AddUnattributed(), Unreadable);
    }

    /// <summary>Fails the request with an id that a server wrote; without one, what can be said of all requests.</summary>
    private void FailRequest(ReadOnlyMemory<byte> id, string reason)
    {
        if (RequestId.Read(id.Span) is null)
        {
            FailAll(_pending.AddUnattributed(), reason);
        }
        else if (_pending.Remove(id.Span, out IReadOnlyList<ReadOnlyMemory<byte>> failed) is ReadOnlyMemory<byte> written)
        {
            Fail(written, reason);
            FailAll(failed, Unreadable);
        }
    }

    private void FailAll(IReadOnlyList<ReadOnlyMemory<byte>> ids, string reason)
    {
        foreach (ReadOnlyMemory<byte> id in ids)
        {
            Fail(id, reason);
        }
    }

    private void Fail(ReadOnlyMemory<byte> id, string reason) => Answer(McpRefusals.RenderError(
        StatusCodes.Status502BadGateway, InternalError, $"The server did not answer: {reason}.", id));

    private static void RejectServerRequest(ChildProgram program, ReadOnlyMemory<byte> id) => program.TryWrite(
        McpRefusals.RenderError(StatusCodes.Status503ServiceUnavailable, InternalError, "The client has closed its input.", id).Body.Span);

    // Only the thread that reads them writes them; a client that reads no answers must not hold them up.
    private void TakeError(Line line) => Write(error, line.Bytes.Span);

    // Without a body there is nobody who waits.
    private void Answer(Refusal refusal)
    {
        if (!refusal.Body.IsEmpty)
        {
            WriteToClient(refusal.Body.Span);
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

    private static partial class Log
    {
        [LoggerMessage(41, LogLevel.Warning, "The server wrote a line to its standard output that is not a JSON-RPC message: {Line}")]
        internal static partial void Garbage(ILogger logger, string line);

        [LoggerMessage(42, LogLevel.Warning, "{Count} lines of the server were not logged.")]
        internal static partial void LinesDropped(ILogger logger, long count);

        [LoggerMessage(43, LogLevel.Warning, "The server wrote a message of more than {MaxBytes} bytes, which was dropped.")]
        internal static partial void LineTooLong(ILogger logger, int maxBytes);

        [LoggerMessage(44, LogLevel.Warning, "The connection to the client broke: {Reason}")]
        internal static partial void ClientBroke(ILogger logger, string reason);
    }
}
