using Sluice.Mcp;

namespace Sluice.Gateway;

/// <content>Messages of the client.</content>
internal sealed partial class StdioProxy
{
    private void ReadInput(ChildProgram program, TaskCompletionSource ended)
    {
        LineReader reader = new(input, MaxMessageBytes);
        try
        {
            while (reader.Read() is Line line)
            {
                ReceiveFromClientAsync(program, line).AsTask().GetAwaiter().GetResult(); // This thread may block.
            }
        }
        catch (IOException exception)
        {
            Log.ClientBroke(logger, exception.Message);
        }

        ended.SetResult();
    }

    private async ValueTask ReceiveFromClientAsync(ChildProgram program, Line line)
    {
        if (!line.IsWhole)
        {
            gate.Telemetry.CountInvalid();
            Answer(McpRejections.RenderError(
                StatusCodes.Status413PayloadTooLarge,
                McpReadError.InvalidRequest,
                $"The message is larger than {MaxMessageBytes} bytes.",
                UnreadableAnswer.FindId(line)));
        }
        else if (line.Bytes.Span.Trim(" \t"u8).IsEmpty)
        {
            return; // An empty line is not a message and has no answer.
        }
        else if (!McpReader.TryRead(line.Bytes, out McpMessage? message, out McpReadError? wrong))
        {
            gate.Telemetry.CountInvalid();
            Answer(McpRejections.Render(wrong));
        }
        else
        {
            await DecideAsync(program, line, message);
        }
    }

    private async ValueTask DecideAsync(ChildProgram program, Line line, McpMessage message)
    {
        GateDecision decision = await gate.BeginAsync(message, headerVersion: null, caller, CancellationToken.None);
        if (decision.IsHeld)
        {
            _ = HoldAsync(program, line, message, decision); // Later messages, which may cancel it, do not wait for it.
        }
        else
        {
            await GoOnAsync(program, line, message, decision);
        }
    }

    /// <summary>Forwards a call at its instant. A client that cancels it gets no answer, and the server never sees it.</summary>
    private async Task HoldAsync(ChildProgram program, Line line, McpMessage message, GateDecision decision)
    {
        using HeldRequests.Stay stay = _held.Enter(); // Until it is pending: the end of the input waits for one or the other.
        try
        {
            HeldRequests.Key key = new(caller, "", message.Id);
            if (await stay.HoldAsync(gate, decision, key, CancellationToken.None) is GateDecision arrived)
            {
                await GoOnAsync(program, line, message, arrived);
            }
        }
        catch (IOException exception)
        {
            Log.ClientBroke(logger, exception.Message);
        }
    }

    private async ValueTask GoOnAsync(ChildProgram program, Line line, McpMessage message, GateDecision decision)
    {
        CallLease lease = decision.Lease;
        McpEra era = message.EraWith(headerVersion: null);
        bool canAskForInput = era == McpEra.Modern && message.Kind == McpMessageKind.Request;
        bool endsWithAnswer = canAskForInput || (message.Kind == McpMessageKind.Request && lease.HoldsSlots);
        if (!decision.IsAllowed)
        {
            Answer(decision.Render(new RejectionContext(message, era, Accept: null)));
            lease.Dispose();
        }
        else if (!TryForward(program, line, message, endsWithAnswer ? lease : default, canAskForInput))
        {
            await lease.RefundAsync(); // The server was not given the call.
            lease.Dispose();
        }
        else if (!endsWithAnswer)
        {
            lease.Dispose();
        }
    }

    /// <summary>Gives the server a message, and records a request and what it holds until its answer comes.</summary>
    /// <returns>False for a request that is answered with an error instead.</returns>
    private bool TryForward(ChildProgram program, Line line, McpMessage message, CallLease lease, bool canAskForInput)
    {
        switch (message.Kind)
        {
            case McpMessageKind.Request when !_pending.TryAdd(message.Id):
                AnswerFailure(message.Id, program.IsEnding ? "its process has ended" : Stopping);
                return false;
            case McpMessageKind.Response:
                _pendingOfServer.Remove(message.Id.Span, out _);
                break;
            case McpMessageKind.Notification when message.Method == "notifications/cancelled":
                if (MessageParts.Read(line.Bytes.Span)?.RequestId is Range cancelled)
                {
                    if (_held.Cancel(new HeldRequests.Key(caller, "", line.Bytes[cancelled])))
                    {
                        return true; // The server does not know the request.
                    }

                    if (_pending.Remove(line.Bytes.Span[cancelled], out IReadOnlyList<ReadOnlyMemory<byte>> failed) is ReadOnlyMemory<byte> id)
                    {
                        _charged.End(id, answer: default);
                    }

                    FailAll(failed, Unreadable);
                }

                break;
        }

        _charged.Add(message.Id, lease, canAskForInput);
        if (program.TryWrite(line.Bytes.Span) || message.Kind != McpMessageKind.Request)
        {
            return true;
        }

        _charged.Remove(message.Id);
        if (_pending.Remove(message.Id.Span, out _) is not null)
        {
            AnswerFailure(message.Id, program.IsEnding ? "its process has ended" : "its process does not read its standard input");
        }

        return false;
    }
}
