using Sluice.Mcp;

namespace Sluice.Gateway;

/// <content>Sessions with a process of their own, and sessions that share one.</content>
internal sealed partial class StdioUpstream
{
    private async Task<UpstreamFailure?> InitializeOwnAsync(HttpContext context, byte[] body, CallerIdentity caller)
    {
        TimeSpan wait = _gate.Remaining;
        if (wait > TimeSpan.Zero)
        {
            return UpstreamFailure.BackingOff(wait);
        }

        if (_sessions.TryCreate(caller) is not StdioSession session)
        {
            return UpstreamFailure.TooManySessions;
        }

        bool isAdded = false;
        try
        {
            StdioConnection process = Start(
                (from, message, parts) => HearOwn(session, from, message, parts), ended => EndOwn(session, ended));
            session.Process = process;
            StdioCall call = process.Begin(body, session, canStream: false);
            return await AnswerInitializeAsync(context, process, call, () =>
            {
                isAdded = true;
                _sessions.Add(session);
                context.Response.Headers[SessionHeader] = session.Id;
            });
        }
        catch (CommandNotStartedException)
        {
            _gate.Failed();
            return UpstreamFailure.NotStarted;
        }
        finally
        {
            if (!isAdded)
            {
                _sessions.Abandon(session);
            }
        }
    }

    private async Task<UpstreamFailure?> AnswerInitializeAsync(
        HttpContext context, StdioConnection process, StdioCall call, Action onResult)
    {
        QueuedMessage? answer;
        using CancellationTokenSource late = new(_timeout, _time);
        using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        try
        {
            answer = await call.NextAsync(given.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            _gate.Failed();
            return UpstreamFailure.TooLate;
        }

        if (answer is not QueuedMessage message)
        {
            return call.Failure;
        }

        if (process.IsAlive && MessageParts.Read(message.Bytes.Span)?.Result is not null)
        {
            onResult();
        }

        await CallAnswer.SendAsync(context, message.Bytes, isAnswer: true);
        return null;
    }

    // The end of a session's process ends the session: what it knew is gone, and its client begins anew.
    private void EndOwn(StdioSession session, StdioConnection process)
    {
        if (process.HasAnswered)
        {
            _gate.Succeeded();
        }
        else if (!process.WasStopped)
        {
            _gate.Failed();
        }

        _sessions.End(session);
    }

    private async Task<UpstreamFailure?> PostToOwnAsync(HttpContext context, byte[] body, McpMessage message, StdioSession session)
    {
        StdioConnection process = session.Process!;
        if (message.Kind == McpMessageKind.Request)
        {
            return await CallAsync(context, body, session, process);
        }

        if (message.Method == "notifications/cancelled")
        {
            process.PassCancellation(body, session);
        }
        else
        {
            process.Send(body);
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return null;
    }

    private async Task<UpstreamFailure?> InitializeSharedAsync(
        HttpContext context, byte[] body, McpMessage message, CallerIdentity caller, SharedProcess shared)
    {
        (StdioConnection? process, UpstreamFailure? failure) =
            await shared.GetAsync(MessageParts.Read(body)?.ProtocolVersion, context.RequestAborted);
        if (process is null)
        {
            return failure;
        }

        if (_sessions.TryCreate(caller) is not StdioSession session)
        {
            return UpstreamFailure.TooManySessions;
        }

        _sessions.Add(session);
        context.Response.Headers[SessionHeader] = session.Id;
        byte[] answer =
            [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. message.Id.Span, .. ",\"result\":"u8, .. shared.InitializeResult.Span, .. "}"u8];
        await CallAnswer.SendAsync(context, answer, isAnswer: true);
        return null;
    }

    private async Task<UpstreamFailure?> PostToSharedAsync(
        HttpContext context, byte[] body, McpMessage message, StdioSession session, SharedProcess shared)
    {
        (StdioConnection? process, UpstreamFailure? failure) = await shared.GetAsync(version: null, context.RequestAborted);
        if (process is null)
        {
            return failure;
        }

        if (message.Kind == McpMessageKind.Request)
        {
            return Subscribe(session, body, message) is byte[] answer
                ? await AnswerAsync(context, answer)
                : await CallAsync(context, body, session, process);
        }

        // The process was introduced to the gateway alone: it never asks a client, and no client's roots change.
        switch (message.Method)
        {
            case "notifications/cancelled":
                process.PassCancellation(body, session);
                break;
            case "" or "notifications/initialized" or "notifications/roots/list_changed":
                break;
            default:
                process.Send(body);
                break;
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return null;
    }

    /// <summary>Notes what a session wants to hear of.</summary>
    /// <returns>Null, or the answer to a request that is none of the process's business, since other sessions still listen.</returns>
    private byte[]? Subscribe(StdioSession session, byte[] body, McpMessage message)
    {
        if (message.Method is not ("resources/subscribe" or "resources/unsubscribe") || MessageParts.Read(body)?.Uri is not string uri)
        {
            return null;
        }

        if (message.Method == "resources/subscribe")
        {
            if (session.Subscriptions.Count < StdioSession.MaxSubscriptions)
            {
                session.Subscriptions[uri] = true;
            }

            return null;
        }

        session.Subscriptions.TryRemove(uri, out _);
        return _sessions.All.Any(other => other.Subscriptions.ContainsKey(uri))
            ? [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. message.Id.Span, .. ",\"result\":{}}"u8]
            : null;
    }

    private static async Task<UpstreamFailure?> AnswerAsync(HttpContext context, byte[] answer)
    {
        await CallAnswer.SendAsync(context, answer, isAnswer: true);
        return null;
    }

    // A legacy client that leaves has not cancelled: the call comes to its end, whoever listens.
    private Task<UpstreamFailure?> CallAsync(HttpContext context, byte[] body, StdioSession session, StdioConnection process)
    {
        StdioCall call = process.Begin(body, session, EventStream.IsAccepted(context.Request, EventStream.MediaType));
        return _answer.SendAsync(context, process, call, _server, CancellationToken.None);
    }

    private void HearOwn(StdioSession session, StdioConnection from, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (!session.Hear(from, message))
        {
            Log.MessageLost(_logger, _server, parts.Method!);
        }
    }

    /// <summary>Takes what a process says that all sessions share: to everybody, or to those who asked for it, or to nobody.</summary>
    private void Distribute(StdioConnection from, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Id is not null)
        {
            AnswerRequest(from, message, parts);
            return;
        }

        // A log line may tell of another client's call, so it goes to none; nor does what only some future revision knows.
        bool isForAll = parts.Method!.EndsWith("/list_changed", StringComparison.Ordinal);
        foreach (StdioSession session in _sessions.All)
        {
            bool isFor = isForAll
                || (parts.Method == "notifications/resources/updated" && parts.Uri is string uri && session.Subscriptions.ContainsKey(uri));
            if (isFor && !session.Stream.TryAdd(message))
            {
                Log.MessageLost(_logger, _server, parts.Method);
            }
        }
    }

    /// <summary>Answers what a process asks that serves many: which of them it means, it cannot say.</summary>
    private static void AnswerRequest(StdioConnection from, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Id is not Range id)
        {
            return;
        }

        const int MethodNotFound = -32601;
        from.Send(parts.Method == "ping"
            ? [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. message.Span[id], .. ",\"result\":{}}"u8]
            : McpRefusals.RenderError(
                StatusCodes.Status200OK, MethodNotFound, "This process serves several clients, none of which can be asked.", message[id]).Body.Span);
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Warning, "The server '{Server}' cannot be started: {Reason}.")]
        internal static partial void NotStarted(ILogger logger, string server, string reason);

        [LoggerMessage(31, LogLevel.Warning, "A '{Method}' of the server '{Server}' was dropped: its client does not listen.")]
        internal static partial void MessageLost(ILogger logger, string server, string method);
    }
}
