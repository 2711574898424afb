namespace Sluice.Gateway;

/// <content>What backends say without being asked.</content>
internal sealed partial class VirtualUpstream
{
    private static readonly TimeSpan SoonestReopen = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LatestReopen = TimeSpan.FromSeconds(30);

    /// <summary>The client's stream: while it is open, there is one to each backend that has such streams.</summary>
    private async Task StreamAsync(HttpContext context, StdioSession front, BackendCalls calls, CancellationToken ends)
    {
        front.Touch();
        CallerHeaders caller = CallerHeaders.Of(context, _settings.Proxies);
        VirtualSession session = front.Virtual!;
        using CancellationTokenSource closed = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, session.Ended, ends);
        Task[] streams = [.. session.Backends.Select(backend => HearForSessionAsync(session, backend, calls, caller, closed.Token))];
        try
        {
            await front.Stream.SendAsync(context, ends);
        }
        finally
        {
            await closed.CancelAsync();
            await Task.WhenAll(streams);
            front.Touch();
        }
    }

    /// <summary>Keeps a stream of a backend open for a session, until the client's stream is closed.</summary>
    private async Task HearForSessionAsync(
        VirtualSession session, BackendSession backend, BackendCalls calls, CallerHeaders caller, CancellationToken closed)
    {
        try
        {
            OpenedBackend opened = await backend.WhenOpenedAsync(known: null, closed);
            if (!opened.IsModern)
            {
                await ListenAsync(session, backend, calls, caller, onOpened: () => Task.CompletedTask, closed);
                return;
            }

            BackendMessages messages = MessagesOf(session, calls, caller);
            await ListenToAsync(
                calls,
                caller,
                session.Client,
                backend,
                () =>
                {
                    (string[] uris, CancellationToken changed) = backend.Watched.Now();
                    return (ListenFilter.Of(opened.Capabilities, uris), changed);
                },
                (at, message, parts) => messages.HandleAsync(
                    backend, at, MessageEdit.Apply(message, CallParts.Read(message.Span).MetaEdit(message.Span, token: default, own: default)), parts, send: null),
                closed);
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            // The client's stream is closed, and this one with it.
        }
    }

    /// <summary>Keeps the stream of a backend's session open, through losses of the session.</summary>
    private async Task ListenAsync(
        VirtualSession session, BackendSession backend, BackendCalls calls, CallerHeaders caller, Func<Task> onOpened, CancellationToken closed)
    {
        OpenedBackend? known = null;
        OpenedBackend? last = null;
        TimeSpan pause = SoonestReopen;
        while (true)
        {
            OpenedBackend opened = await backend.WhenOpenedAsync(known, closed);
            if (last is not null && last != opened)
            {
                await onOpened();
            }

            last = opened;
            BackendMessages messages = MessagesOf(session, calls, caller);
            bool hasEvents = false;
            BackendAnswer answer = await calls.SendAsync(
                calls.Server.Backends[backend.Index],
                HttpMethods.Get,
                new BackendHeaders(caller, opened),
                (_, message) =>
                {
                    hasEvents = true;
                    return HandleAsync(messages, backend, opened, message);
                },
                closed,
                closed);
            if (answer.Status == StatusCodes.Status404NotFound && opened.SessionId is not null)
            {
                backend.Lose(opened);
            }

            if (answer.Status is >= 400 and < 500)
            {
                known = opened; // It has no such stream, or the session is lost: there is another with another session.
                continue;
            }

            pause = hasEvents ? SoonestReopen : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LatestReopen.Ticks));
            await Task.Delay(pause, _time, closed);
        }
    }

    private static ValueTask HandleAsync(
        BackendMessages messages, BackendSession backend, OpenedBackend opened, ReadOnlyMemory<byte> message)
    {
        if (MessageParts.Read(message.Span) is not MessageParts parts)
        {
            messages.Unreadable(backend);
            return ValueTask.CompletedTask;
        }

        // An answer on this stream is one that a client would have to resume a call for.
        return parts.Method is null ? ValueTask.CompletedTask : messages.HandleAsync(backend, opened, message, parts, send: null);
    }

    private BackendMessages MessagesOf(VirtualRequest request) => MessagesOf(request.Session, request.Calls, request.Caller);

    private BackendMessages MessagesOf(VirtualSession session, BackendCalls calls, CallerHeaders caller) => new(session, _all)
    {
        OnReply = (backend, opened, message) => ReplyAsync(session, calls, caller, backend, opened, message),
    };

    private async Task ReplyAsync(
        VirtualSession session, BackendCalls calls, CallerHeaders caller, BackendSession backend, OpenedBackend opened, byte[] message)
    {
        try
        {
            await calls.PostAsync(
                calls.Server.Backends[backend.Index],
                message,
                new BackendHeaders(caller, opened),
                (_, _) => ValueTask.CompletedTask,
                session.Ended);
        }
        catch (OperationCanceledException)
        {
            Log.NotTaken(_logger, _server, backend.Name, "the session has ended");
        }
    }
}
