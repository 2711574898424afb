using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Messages of a backend to a client that are not the answer to a call: notifications, and questions.</summary>
/// <param name="session">The client's session.</param>
/// <param name="all">What all sessions share.</param>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class BackendMessages(VirtualSession session, VirtualBackends all)
{
    private const int MethodNotFound = -32601;
    private static readonly string[] Askable = ["sampling/createMessage", "elicitation/create", "roots/list"];

    /// <summary>The clock.</summary>
    internal TimeProvider Time => all.Time;

    /// <summary>Whether clients can be asked by a method.</summary>
    internal static bool IsAskable(string? method) => Askable.Contains(method);

    // In a conditional, null alone would become an empty message.
    private static ReadOnlyMemory<byte>? NoMessage => null;

    /// <summary>Answers a backend: sends it a message of its own session.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="opened">Its session.</param>
    /// <param name="message">The message.</param>
    internal delegate Task Reply(BackendSession backend, OpenedBackend opened, byte[] message);

    /// <summary>Sends what a backend gets without having asked a client.</summary>
    internal required Reply OnReply { private get; init; }

    /// <summary>Handles a notification, or a question.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="opened">Its session.</param>
    /// <param name="message">The message.</param>
    /// <param name="parts">Its parts.</param>
    /// <param name="send">Sends a message to the client on the stream of its call; false where that is not possible. Null for no
    /// call.</param>
    internal async ValueTask HandleAsync(
        BackendSession backend,
        OpenedBackend opened,
        ReadOnlyMemory<byte> message,
        MessageParts parts,
        Func<ReadOnlyMemory<byte>, ValueTask<bool>>? send)
    {
        if (opened.Has(BackendCapabilities.Tasks))
        {
            message = TaskIds.ForClient(message, backend.Name, parts.Method!);
            parts = MessageParts.Read(message.Span)!;
        }

        if (session.Client.IsModern)
        {
            await HandleForModernAsync(backend, opened, message, parts, send);
            return;
        }

        if (await ForClientAsync(backend, opened, message, parts) is not ReadOnlyMemory<byte> forClient)
        {
            return;
        }

        forClient = MessageEdit.OnOneLine(forClient);
        if (send is not null && await send(forClient))
        {
            return;
        }

        // The bytes are valid until this ends, and the stream may send them later.
        if (!session.Front.Stream.TryAdd(forClient.ToArray()))
        {
            all.NoteDropped(backend.Index, parts.Method!, "its client does not listen");
        }
    }

    /// <summary>Handles what goes to a client of the modern era, which has no session and cannot be asked.</summary>
    private async ValueTask HandleForModernAsync(
        BackendSession backend,
        OpenedBackend opened,
        ReadOnlyMemory<byte> message,
        MessageParts parts,
        Func<ReadOnlyMemory<byte>, ValueTask<bool>>? send)
    {
        if (parts.Id is Range id)
        {
            await RejectQuestionAsync(backend, opened, parts, message.Span[id].ToArray());
            return;
        }

        ReadOnlyMemory<byte>? forCall = message;
        switch (parts.Method)
        {
            case "notifications/tools/list_changed":
            case "notifications/prompts/list_changed":
            case "notifications/resources/list_changed":
            case ListenFilter.ResourceUpdated:
                VirtualSession.Evict(backend, parts.Method);
                session.Listeners.Publish(backend.Index, message, parts);
                return;
            case "notifications/progress":
                forCall = parts.ProgressToken is Range token
                    && session.FindCall(backend, message.Span[token]) is { ProgressToken.IsEmpty: false } call
                    ? MessageEdit.Apply(message, (token, call.ProgressToken))
                    : NoMessage;
                break;
            case "notifications/cancelled":
            case ListenFilter.Acknowledged:
                return;
        }

        if (forCall is ReadOnlyMemory<byte> line && (send is null || !await send(MessageEdit.OnOneLine(line))))
        {
            all.NoteDropped(backend.Index, parts.Method!, "its client does not listen");
        }
    }

    private async ValueTask RejectQuestionAsync(BackendSession backend, OpenedBackend opened, MessageParts parts, byte[] id)
    {
        if (opened.IsModern)
        {
            all.NoteDropped(backend.Index, parts.Method!, "requests of servers are not part of revision 2026-07-28");
        }
        else if (parts.Method == "ping")
        {
            await OnReply(backend, opened, [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. id, .. ",\"result\":{}}"u8]);
        }
        else
        {
            const string Why =
                "The client speaks revision 2026-07-28 of MCP: it can be asked during a call, and for what its capabilities name.";
            await OnReply(backend, opened, McpRejections.RenderError(StatusCodes.Status200OK, MethodNotFound, Why, id).Body.ToArray());
        }
    }

    /// <summary>Notes that a call is answered.</summary>
    internal void End(LiveCall call) => session.End(call);

    /// <summary>Notes that a backend sent what is no message.</summary>
    internal void Unreadable(BackendSession backend) => all.NoteDropped(backend.Index, "message", "it is not JSON-RPC");

    /// <summary>The message as the client gets it; null where it gets none.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> ForClientAsync(
        BackendSession backend, OpenedBackend opened, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Id is Range id)
        {
            return await AskAsync(backend, opened, message, parts, id);
        }

        switch (parts.Method)
        {
            case "notifications/progress":
                // Of a call that has ended, or of none: the client would not know it.
                return parts.ProgressToken is Range token
                    && session.FindCall(backend, message.Span[token]) is { ProgressToken.IsEmpty: false } call
                    ? MessageEdit.Apply(message, (token, call.ProgressToken))
                    : NoMessage;
            case "notifications/cancelled":
                return parts.RequestId is Range asked && session.Withdraw(backend, message.Span[asked]) is byte[] known
                    ? MessageEdit.Apply(message, (asked, known))
                    : NoMessage;
            case "notifications/resources/updated" when parts.Uri is string uri && session.AdvertisedUri(backend, uri) is string advertised:
                return CallParts.Read(message.Span).Uri is Range part
                    ? MessageEdit.Apply(message, (part, MergedList.Quote(advertised)))
                    : message;
            default:
                VirtualSession.Evict(backend, parts.Method!);
                return message;
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>?> AskAsync(
        BackendSession backend, OpenedBackend opened, ReadOnlyMemory<byte> message, MessageParts parts, Range id)
    {
        byte[] own = message.Span[id].ToArray();
        if (parts.Method == "ping")
        {
            await OnReply(backend, opened, [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. own, .. ",\"result\":{}}"u8]);
            return null;
        }

        bool isAskable = IsAskable(parts.Method);
        if (isAskable && session.TryAsk(new Question(backend, opened, own), out byte[]? asked))
        {
            return MessageEdit.Apply(message, (id, asked));
        }

        string why = isAskable
            ? "The client has too many questions that it has not answered."
            : "A virtual server does not pass this method on to clients.";
        await OnReply(backend, opened, McpRejections.RenderError(StatusCodes.Status200OK, MethodNotFound, why, own).Body.ToArray());
        return null;
    }
}
