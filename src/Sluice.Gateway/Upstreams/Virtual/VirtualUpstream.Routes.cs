using Sluice.Mcp;

namespace Sluice.Gateway;

/// <content>To which backend a request goes.</content>
internal sealed partial class VirtualUpstream
{
    /// <summary>Where a request goes; null where no backend has what it names, or it names nothing.</summary>
    private static async Task<Route?> RouteAsync(VirtualRequest request) =>
        request.Context.Features.Get<FoundRoute>() is FoundRoute found ? found.Route : await FindRouteAsync(request);

    private static async Task<Route?> FindRouteAsync(VirtualRequest request)
    {
        VirtualSession session = request.Session;
        switch (request.Message.Method)
        {
            case "tools/call":
                return await session.FindAsync(ListKind.Tools, request.Message.Operation!, request.Calls, request.Caller, request.Aborted);
            case "prompts/get":
                return await session.FindAsync(
                    ListKind.Prompts, request.Message.Operation!, request.Calls, request.Caller, request.Aborted);
            case "resources/read":
            case "resources/subscribe":
            case "resources/unsubscribe":
                return await session.FindResourceAsync(
                    CallParts.Read(request.Body).UriText ?? "", request.Calls, request.Caller, request.Aborted);
            case "completion/complete":
                CallParts parts = CallParts.Read(request.Body);
                string key = parts.RefKey ?? "";
                return parts.RefType == "ref/prompt"
                    ? await session.FindAsync(ListKind.Prompts, key, request.Calls, request.Caller, request.Aborted)
                    : (await session.ListAsync(ListKind.Templates, request.Calls, request.Caller, request.Aborted)).Find(key)
                        ?? await session.FindResourceAsync(key, request.Calls, request.Caller, request.Aborted);
            case string _ when TaskIds.IsAboutTask(request):
                string task = CallParts.Read(request.Body).TaskIdText ?? "";
                return session.Backends
                    .Select(backend => TaskIds.Own(backend.Name, task) is string own ? new Route(backend.Index, own) : null)
                    .FirstOrDefault(route => route is not null);
            default:
                return null;
        }
    }

    /// <summary>
    /// The backend to which a request will go, for limits that depend on it; null where it goes to none. The request then goes there even
    /// if a list changes before it is sent.
    /// </summary>
    internal async Task<string?> FindBackendAsync(
        HttpContext context, byte[] body, McpMessage message, CallerIdentity caller, BackendCalls calls)
    {
        CallerHeaders headers = CallerHeaders.Of(context, _settings.Proxies);
        if (message.Kind != McpMessageKind.Request || headers.Hops >= MaxHops)
        {
            return null; // It is answered without a backend.
        }

        ClientFacts? client = null;
        StdioSession? front;
        if (IsModern(context, message))
        {
            client = ClientOf(body);
            front = FaultOf(context, message, client) is null ? (await BeginViewAsync(context, caller, client!, calls)).View : null;
        }
        else
        {
            front = SessionRequests.Peek(_sessions, context, caller);
            front = front is not null && _sessions.TryBeginCall(front) ? front : null;
        }

        if (front is null)
        {
            return null;
        }

        try
        {
            Route? route = await FindRouteAsync(
                new VirtualRequest(context, body, message, front.Virtual!, calls, headers, client ?? front.Virtual!.Client));
            context.Features.Set(new FoundRoute(route));
            return route is null ? null : _all.ServerNames[route.Backend];
        }
        finally
        {
            front.EndCall();
        }
    }

    /// <summary>Where a request goes, found before it was decided.</summary>
    /// <param name="Route">The backend; null for none.</param>
    private sealed record FoundRoute(Route? Route);
}
