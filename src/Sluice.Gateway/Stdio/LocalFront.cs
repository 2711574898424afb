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
/// <para>Thread safety: one run at a time.</para>
/// </remarks>
/// <param name="gate">Decides calls; null when nothing is limited.</param>
/// <param name="caller">The one caller.</param>
/// <param name="input">What the client writes.</param>
/// <param name="output">What the client reads.</param>
/// <param name="error">Where what the server logs goes, as it is.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes what the front has to say itself.</param>
internal sealed partial class LocalFront(
    CallGate? gate,
    CallerIdentity caller,
    Stream input,
    Stream output,
    Stream error,
    TimeProvider time,
    ILogger<LocalFront> logger)
{
    /// <summary>The largest message that is taken from a client: 4 MiB, as over HTTP.</summary>
    internal const int MaxMessageBytes = 4 * 1024 * 1024;

    private const int InternalError = -32603;
    private const int StackBytes = 512 * 1024;
    private readonly Lock _writing = new();
    private readonly LineLog _garbage = new(time, line => Log.Garbage(logger, line), count => Log.LinesDropped(logger, count));

    /// <summary>Runs the server until it ends, its client closes the input, or somebody stops the program.</summary>
    /// <param name="start">How to start the server.</param>
    /// <param name="stopping">Stops it.</param>
    /// <returns>The server's exit code.</returns>
    /// <exception cref="CommandNotStartedException">The server cannot be started.</exception>
    internal async Task<int> RunAsync(ProcessStartInfo start, CancellationToken stopping)
    {
        ChildProgram program = ChildProgram.Start(start, TakeFromServer, TakeError, time);
        TaskCompletionSource inputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread reading = new(() => ReadInput(program, inputEnded), StackBytes) { IsBackground = true, Name = "input of the client" };
        reading.Start();
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = stopping.Register(stopped.SetResult);
        Task first = await Task.WhenAny(program.Ended, inputEnded.Task, stopped.Task);
        if (first == inputEnded.Task)
        {
            // Whoever closed the input may still say that it is not fast enough.
            await Task.WhenAny(program.StopAsync(), stopped.Task);
        }

        if (stopped.Task.IsCompleted)
        {
            await program.TerminateAsync();
        }

        return await program.Ended;
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
                OversizedLine.FindId(line)));
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
        else if (!program.TryWrite(line.Bytes.Span) && message.Kind == McpMessageKind.Request)
        {
            Answer(McpRefusals.RenderError(
                StatusCodes.Status503ServiceUnavailable, InternalError, "The server does not read what it is sent.", message.Id));
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

    private void TakeFromServer(Line line)
    {
        if (line.Bytes.IsEmpty)
        {
            return;
        }

        if (!line.IsWhole)
        {
            Log.LineTooLong(logger, ChildProgram.MaxLineBytes);
            Answer(McpRefusals.RenderError(
                StatusCodes.Status502BadGateway, InternalError, "The server's answer is too large.", OversizedLine.FindId(line)));
        }
        else if (MessageParts.Read(line.Bytes.Span) is null)
        {
            _garbage.Write(new Line(line.Bytes[..Math.Min(line.Bytes.Length, 200)], default));
        }
        else
        {
            WriteToClient(line.Bytes.Span);
        }
    }

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
        [LoggerMessage(41, LogLevel.Warning, "The server wrote to its standard output what is no message: {Line}")]
        internal static partial void Garbage(ILogger logger, string line);

        [LoggerMessage(42, LogLevel.Warning, "{Count} lines of the server were left out.")]
        internal static partial void LinesDropped(ILogger logger, long count);

        [LoggerMessage(43, LogLevel.Warning, "The server wrote a message of more than {MaxBytes} bytes, which was dropped.")]
        internal static partial void LineTooLong(ILogger logger, int maxBytes);

        [LoggerMessage(44, LogLevel.Warning, "The client broke off: {Reason}")]
        internal static partial void ClientBroke(ILogger logger, string reason);
    }
}
