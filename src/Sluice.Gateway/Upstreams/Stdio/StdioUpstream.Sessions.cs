using Sluice.Mcp;

namespace Sluice.Gateway;

/// <content>Sessions with a process of their own, and sessions that share one.</content>
internal sealed partial class StdioUpstream
{
    private async Task<UpstreamFailure?> InitializeOwnAsync(HttpContext context, byte[] body, CallerIdentity caller)
    {
        CallerIdentity owner = OwnerOf(context, caller);
        if (_starts.TryTake(owner) is UpstreamFailure tooSoon)
        {
            return tooSoon;
        }

        bool isUsed = false;
        try
        {
            (StdioSession? session, UpstreamFailure? failure) = await _sessions.CreateAsync(caller, owner, context.RequestAborted);
            if (session is null)
            {
                return failure;
            }

            isUsed = true;
            return await StartOwnAsync(context, body, session);
        }
        finally
        {
            if (!isUsed)
            {
                _starts.Return(owner);
            }
        }
    }

    private async Task<UpstreamFailure?> StartOwnAsync(HttpContext context, byte[] body, StdioSession session)
    {
        bool isAdded = false;
        try
        {
            StdioConnection process = Start(
                (from, message, parts) => DeliverOwn(session, from, message, parts), ended => EndOwn(session, ended));
            _starts.RecordCommand(isStarted: true);
            session.Process = process;
            StdioCall call = process.Begin(body, session, canStream: false);
            return await AnswerInitializeAsync(context, process, call, session.Owner, () =>
            {
                isAdded = true;
                _sessions.Add(session);
                context.Response.Headers[SessionRequests.Header] = session.Id;
            });
        }
        catch (CommandNotStartedException)
        {
            _starts.RecordCommand(isStarted: false);
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
        HttpContext context, StdioConnection process, StdioCall call, CallerIdentity owner, Action onResult)
    {
        QueuedMessage? answer;
        using CancellationTokenSource late = new(_settings.Timeout, _time);
        using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        try
        {
            answer = await call.NextAsync(given.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            _starts.RecordFailure(owner);
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

    // The end of a session's process ends the session: its state is lost, and its client has to initialize again.
    private void EndOwn(StdioSession session, StdioConnection process)
    {
        if (process.HasAnswered)
        {
            _starts.RecordSuccess(session.Owner);
        }
        else if (!process.WasStopped)
        {
            _starts.RecordFailure(session.Owner);
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

        (StdioSession? session, failure) =
            await _sessions.CreateAsync(caller, OwnerOf(context, caller), context.RequestAborted);
        if (session is null)
        {
            return failure;
        }

        _sessions.Add(session);
        context.Response.Headers[SessionRequests.Header] = session.Id;
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

        // The gateway is the client of this process, without capabilities: it asks no client, and no client's roots change.
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

    /// <summary>Records the subscriptions of a session.</summary>
    /// <returns>Null, or the answer to an unsubscription that the process does not get, because other sessions are subscribed.</returns>
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

    // A legacy client that leaves has not cancelled: the call continues to its end.
    private Task<UpstreamFailure?> CallAsync(HttpContext context, byte[] body, StdioSession session, StdioConnection process)
    {
        StdioCall call = process.Begin(body, session, EventStream.IsAccepted(context.Request, EventStream.MediaType));
        return Answer.SendAsync(context, process, call, _server, _cut);
    }

    private void DeliverOwn(StdioSession session, StdioConnection from, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (!session.Deliver(from, message))
        {
            Log.MessageLost(_logger, _server, parts.Method!);
        }
    }

    /// <summary>Delivers a message of a shared process: to all sessions, to those that subscribed, or to none.</summary>
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

    /// <summary>Answers a request of a process that serves several clients: no client can be asked, since it names none.</summary>
    private static void AnswerRequest(StdioConnection from, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Id is not Range id)
        {
            return;
        }

        const int MethodNotFound = -32601;
        from.Send(parts.Method == "ping"
            ? [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. message.Span[id], .. ",\"result\":{}}"u8]
            : McpRejections.RenderError(
                StatusCodes.Status200OK, MethodNotFound, "This process serves several clients, "
                    + "none of which can be asked.", message[id]).Body.Span);
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Warning, "The server '{Server}' cannot be started: {Reason}.")]
        internal static partial void NotStarted(ILogger logger, string server, string reason);

        [LoggerMessage(
            32, LogLevel.Information,
            "A session of the server '{Server}' was evicted because a new one began: its user or address has {Max} sessions "
            + "(maxSessionsPerUser) or more.")]
        internal static partial void SessionEvicted(ILogger logger, string server, int max);

        [LoggerMessage(31, LogLevel.Warning, "A '{Method}' of the server '{Server}' was dropped: its client does not listen.")]
        internal static partial void MessageLost(ILogger logger, string server, string method);
    }
}
