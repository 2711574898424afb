namespace Sluice.Gateway;

/// <content>Changes of which backends notify: <c>subscriptions/listen</c>, of clients and at backends.</content>
internal sealed partial class VirtualUpstream
{
    /// <summary>Answers a <c>subscriptions/listen</c>: there is a stream to each backend for as long as it is open.</summary>
    private async Task<UpstreamFailure?> ListenAsync(VirtualRequest request, CancellationToken ends)
    {
        CallParts parts = CallParts.Read(request.Body);
        if (parts.Params is not Range range || ListenFilter.Read(request.Body.AsSpan(range)) is not ListenFilter asked)
        {
            await WriteErrorAsync(request, InvalidParams, "'params.notifications' is to be an object that names what to listen to.");
            return null;
        }

        if (asked.Uris.Count > StdioSession.MaxSubscriptions)
        {
            await WriteErrorAsync(
                request, InvalidParams, $"'resourceSubscriptions' has {asked.Uris.Count} resources, "
                    + $"and at most {StdioSession.MaxSubscriptions} are allowed.");
            return null;
        }

        VirtualSession session = request.Session;
        (string Name, OpenedBackend Opened)[] opened = await OpenAllAsync(session, request.Calls, request.Caller, request.Aborted);
        Dictionary<string, Route> resources = await RoutesOfAsync(request, asked.Uris);
        BackendCapabilities able = opened.Aggregate(BackendCapabilities.None, (all, backend) => all | backend.Opened.Capabilities);
        ListenFilter heard = asked.LimitedTo(able) with { Uris = resources.Keys };
        Listener listener = new(request.Message.Id, heard, resources);
        using CancellationTokenSource closed = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, session.Ended, ends);
        await EventStream.StartAsync(request.Context);
        await EventStream.WriteAsync(request.Context, Acknowledgement(request.Message.Id.Span, heard));
        session.Listeners.Add(listener);
        Task[] streams = [.. session.Backends.Select(backend => HearAsync(request, backend, listener, closed.Token))];
        try
        {
            while (await listener.Messages.NextAsync(closed.Token) is QueuedMessage message)
            {
                await EventStream.WriteAsync(request.Context, message.Bytes);
            }
        }
        catch (OperationCanceledException) when (!request.Aborted.IsCancellationRequested)
        {
            // It has lasted long enough, or the gateway stops: the answer says that nothing follows.
            byte[] meta = JsonMembers.Write(_about, Listener.SubscriptionMember(request.Message.Id.Span));
            byte[] result = JsonMembers.Write(ProtocolMeta.Member("resultType", "\"complete\""u8), ProtocolMeta.Member("_meta", meta));
            await WriteResultAsync(request.Context, request.Message.Id, result);
        }
        finally
        {
            session.Listeners.Remove(listener);
            await closed.CancelAsync();
            await Task.WhenAll(streams);
        }

        return null;
    }

    private static byte[] Acknowledgement(ReadOnlySpan<byte> id, ListenFilter heard) => JsonMembers.Write(
        ProtocolMeta.Member("jsonrpc", "\"2.0\""u8),
        ProtocolMeta.Member("method", MergedList.Quote(ListenFilter.Acknowledged)),
        ProtocolMeta.Member("params", JsonMembers.Write(
            ProtocolMeta.Member("_meta", JsonMembers.Write(Listener.SubscriptionMember(id))),
            ProtocolMeta.Member("notifications", heard.Write()))));

    /// <summary>Where resources are; one that no backend has, or of whose changes its backend does not notify, is left out.</summary>
    private static async Task<Dictionary<string, Route>> RoutesOfAsync(VirtualRequest request, IEnumerable<string> uris)
    {
        Dictionary<string, Route> routes = new(StringComparer.Ordinal);
        foreach (string uri in uris)
        {
            if (await request.Session.FindResourceAsync(uri, request.Calls, request.Caller, request.Aborted) is Route route
                && request.Session.Backends[route.Backend].Opened?.Has(BackendCapabilities.ResourcesSubscribe) == true
                && !routes.ContainsValue(route))
            {
                routes[uri] = route;
            }
        }

        return routes;
    }

    /// <summary>Keeps a stream to one backend for one listener.</summary>
    private async Task HearAsync(VirtualRequest request, BackendSession backend, Listener listener, CancellationToken closed)
    {
        try
        {
            OpenedBackend opened = await backend.WhenOpenedAsync(known: null, closed);
            if (!opened.IsModern)
            {
                await HearLegacyAsync(request, backend, listener, closed);
                return;
            }

            ListenFilter filter = listener.Filter.LimitedTo(opened.Capabilities) with { Uris = [.. listener.UrisOf(backend.Index)] };
            if (!filter.IsEmpty)
            {
                await ListenToAsync(
                    request.Calls,
                    request.Caller,
                    request.Client,
                    backend,
                    () => (filter, closed),
                    (_, message, parts) =>
                    {
                        VirtualSession.Evict(backend, parts.Method!);
                        if (listener.Wants(backend.Index, parts) && !listener.TrySend(backend.Index, message, parts))
                        {
                            _all.NoteDropped(backend.Index, parts.Method!, "its client does not read");
                        }

                        return ValueTask.CompletedTask;
                    },
                    closed);
            }
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            // The client's stream is closed, and this one with it.
        }
    }

    /// <summary>Listens to a backend of the legacy era: one of the listeners of a caller holds its stream, for all of them.</summary>
    private async Task HearLegacyAsync(VirtualRequest request, BackendSession backend, Listener listener, CancellationToken closed)
    {
        string[] uris = [.. listener.UrisOf(backend.Index)];
        try
        {
            await SubscribeAllAsync(request, backend, uris, "resources/subscribe");
            await backend.Streaming.WaitAsync(closed);
            try
            {
                await ListenAsync(
                    request.Session,
                    backend,
                    request.Calls,
                    request.Caller,
                    () => SubscribeAllAsync(request, backend, request.Session.Listeners.UrisOf(backend.Index), "resources/subscribe"),
                    closed);
            }
            finally
            {
                backend.Streaming.Release();
            }
        }
        finally
        {
            request.Session.Listeners.Remove(listener);
            await SubscribeAllAsync(
                request, backend, [.. uris.Except(request.Session.Listeners.UrisOf(backend.Index))], "resources/unsubscribe");
        }
    }

    /// <summary>Says to a backend of the legacy era to which resources its session listens.</summary>
    private async Task SubscribeAllAsync(VirtualRequest request, BackendSession backend, string[] uris, string method)
    {
        foreach (string uri in uris)
        {
            if (backend.Opened is not OpenedBackend { IsModern: false } opened || request.Session.Ended.IsCancellationRequested)
            {
                return; // Its session has ended, and what it listened to with it.
            }

            byte[] body = BackendSession.Write(
                backend.NextKey(), method, JsonMembers.Write(ProtocolMeta.Member("uri", MergedList.Quote(uri))));
            BackendAnswer answer = await request.Calls.PostAsync(
                request.Calls.Server.Backends[backend.Index],
                body,
                new BackendHeaders(request.Caller, opened),
                (_, _) => ValueTask.CompletedTask,
                request.Session.Ended);
            if (answer.Status >= StatusCodes.Status400BadRequest || answer.Failure is not null)
            {
                Log.NotTaken(
                    _logger, _server, backend.Name, answer.Failure?.Reason ?? $"it answered '{method}' with the status {answer.Status}");
            }
        }
    }

    /// <summary>Keeps a <c>subscriptions/listen</c> open at a backend of the modern era.</summary>
    /// <param name="calls">The way to the backends.</param>
    /// <param name="caller">What of the caller's request backends may get.</param>
    /// <param name="client">The client.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="next">What to listen to now, and what ends that.</param>
    /// <param name="onMessage">Takes each notification.</param>
    /// <param name="closed">Ends it.</param>
    private async Task ListenToAsync(
        BackendCalls calls,
        CallerHeaders caller,
        ClientFacts client,
        BackendSession backend,
        Func<(ListenFilter Filter, CancellationToken Ends)> next,
        Func<OpenedBackend, ReadOnlyMemory<byte>, MessageParts, ValueTask> onMessage,
        CancellationToken closed)
    {
        TimeSpan pause = SoonestReopen;
        while (true)
        {
            OpenedBackend opened = await backend.WhenOpenedAsync(known: null, closed);
            (ListenFilter filter, CancellationToken changed) = next();
            using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(closed, changed);
            byte[] meta = JsonMembers.Write(ProtocolMeta.OfRequest(client.WithLogLevel(null)));
            byte[] body = BackendSession.Write(backend.NextKey(), ListenFilter.Method, JsonMembers.Write(
                ProtocolMeta.Member("notifications", filter.Write()), ProtocolMeta.Member("_meta", meta)));
            bool hasEvents = false;
            try
            {
                await calls.ListenAsync(
                    calls.Server.Backends[backend.Index],
                    body,
                    new BackendHeaders(caller, opened),
                    async (_, message) =>
                    {
                        if (MessageParts.Read(message.Span) is { Method: not null and not ListenFilter.Acknowledged, Id: null } parts)
                        {
                            hasEvents = true;
                            await onMessage(opened, message, parts);
                        }
                    },
                    ends.Token);
            }
            catch (OperationCanceledException) when (!closed.IsCancellationRequested && changed.IsCancellationRequested)
            {
                continue; // There is something else to listen to.
            }

            pause = hasEvents ? SoonestReopen : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LatestReopen.Ticks));
            await Task.Delay(pause, _time, closed);
        }
    }

    private static bool IsSubscription(string method) => method is "resources/subscribe" or "resources/unsubscribe";

    /// <summary>A client of the legacy era subscribes to a resource of a backend that has no sessions.</summary>
    private async Task<UpstreamFailure?> SubscribeAsync(VirtualRequest request, BackendSession backend, string uri)
    {
        bool isTaken = request.Message.Method == "resources/subscribe" ? backend.Watched.TryAdd(uri) : backend.Watched.Remove(uri);
        if (isTaken)
        {
            await WriteResultAsync(request, "{}"u8.ToArray());
        }
        else
        {
            await WriteErrorAsync(
                request, InvalidParams, $"The session subscribes to {StdioSession.MaxSubscriptions} resources already, "
                    + "and no more are allowed.");
        }

        return null;
    }
}
