using Microsoft.AspNetCore.Http.Features;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Makes requests to the backends of a virtual server, on behalf of one of its callers.</summary>
/// <remarks>
/// <para>
/// A request takes the path of a client's request to that server: its limits, its allow list, its headers and its upstream, which is the
/// one that serves it at its own path. Only who calls is known already.
/// </para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
/// <param name="endpoint">The path of a call through the gateway.</param>
/// <param name="server">The virtual server.</param>
/// <param name="identity">Who calls.</param>
/// <param name="cut">Is cancelled when calls in flight are cut, because the gateway stops.</param>
internal sealed class BackendCalls(McpEndpoint endpoint, GatewayServer server, AuthenticationResult identity, CancellationToken cut)
{
    /// <summary>The largest message of a backend: 32 MiB.</summary>
    internal const int MaxMessageBytes = 32 * 1024 * 1024;

    /// <summary>The virtual server.</summary>
    internal GatewayServer Server => server;

    /// <summary>Posts a message to a backend, without its limits.</summary>
    internal Task<BackendAnswer> PostAsync(
        GatewayServer backend,
        byte[] body,
        BackendHeaders headers,
        Func<BackendResponse, ReadOnlyMemory<byte>, ValueTask> onMessage,
        CancellationToken aborted) =>
        SendAsync(backend, HttpMethods.Post, body, isMetered: false, headers, onMessage, aborted, cut);

    /// <summary>Posts a request whose answer is a stream without an end of its own.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="body">The request.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="onMessage">Takes each message.</param>
    /// <param name="ends">Ends the stream.</param>
    internal Task<BackendAnswer> ListenAsync(
        GatewayServer backend,
        byte[] body,
        BackendHeaders headers,
        Func<BackendResponse, ReadOnlyMemory<byte>, ValueTask> onMessage,
        CancellationToken ends) =>
        SendAsync(backend, HttpMethods.Post, body, isMetered: false, headers, onMessage, ends, ends);

    /// <summary>Posts a message of the caller to a backend, through its allow list and its limits.</summary>
    internal Task<BackendAnswer> PostMeteredAsync(
        GatewayServer backend,
        byte[] body,
        BackendHeaders headers,
        Func<BackendResponse, ReadOnlyMemory<byte>, ValueTask> onMessage,
        CancellationToken aborted) =>
        SendAsync(backend, HttpMethods.Post, body, isMetered: true, headers, onMessage, aborted, cut);

    /// <summary>Sends a GET or a DELETE to a backend.</summary>
    internal Task<BackendAnswer> SendAsync(
        GatewayServer backend,
        string method,
        BackendHeaders headers,
        Func<BackendResponse, ReadOnlyMemory<byte>, ValueTask> onMessage,
        CancellationToken aborted,
        CancellationToken ends) =>
        SendAsync(backend, method, body: null, isMetered: false, headers, onMessage, aborted, ends);

    /// <summary>Ends a session at a backend, whatever the backend says to that.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="caller">Whose session it is.</param>
    /// <param name="headers">What names the session.</param>
    /// <param name="aborted">Ends the wait for the answer.</param>
    internal static async Task EndSessionAsync(
        GatewayServer backend, CallerIdentity caller, BackendHeaders headers, CancellationToken aborted)
    {
        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        BackendResponse response = new((_, _) => ValueTask.CompletedTask, MaxMessageBytes);
        DefaultHttpContext context = Create(backend, HttpMethods.Delete, headers, response, left);
        foreach ((string name, string value) in backend.Headers)
        {
            context.Request.Headers[name] = value;
        }

        await backend.Upstream.ForwardAsync(context, body: null, message: null, caller, ends: default);
    }

    private async Task<BackendAnswer> SendAsync(
        GatewayServer backend,
        string method,
        byte[]? body,
        bool isMetered,
        BackendHeaders headers,
        Func<BackendResponse, ReadOnlyMemory<byte>, ValueTask> onMessage,
        CancellationToken aborted,
        CancellationToken ends)
    {
        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        BackendOutcome outcome = new();
        BackendResponse response = new(onMessage, MaxMessageBytes) { Outcome = outcome };
        HttpContext context = Create(backend, method, headers, response, left);
        context.Features.Set(outcome);
        UpstreamFailure? broken = null;
        try
        {
            await SendAsync(context, backend, body, isMetered, headers, ends);
            await response.EndAsync();
            broken = left.IsCancellationRequested && !aborted.IsCancellationRequested ? UpstreamFailure.BrokeOff : null;
        }
        catch (UpstreamBrokeOffException)
        {
            broken = UpstreamFailure.BrokeOff;
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            broken = UpstreamFailure.BrokeOff;
        }

        aborted.ThrowIfCancellationRequested();
        if (response.IsTooLarge)
        {
            broken = UpstreamFailure.AnswerTooLarge;
        }
        else if (response.Fault is Exception fault)
        {
            throw new OperationCanceledException("The caller does not take the answer.", fault, aborted);
        }

        return new BackendAnswer(response.StatusCode, response.Headers, broken ?? outcome.Failure)
        {
            LastEventId = response.LastEventId,
            Retry = response.Retry,
        };
    }

    private async Task SendAsync(
        HttpContext context, GatewayServer backend, byte[]? body, bool isMetered, BackendHeaders headers, CancellationToken ends)
    {
        if (body is null)
        {
            await endpoint.ForwardAsync(context, backend, identity, body: null, message: null, ends);
        }
        else if (!McpReader.TryRead(body, out McpMessage? message, out McpReadError? error))
        {
            throw new InvalidOperationException($"A message for the backend '{backend.Name}' cannot be read: {error.Message}");
        }
        else if (isMetered)
        {
            headers.Repeat(context.Request.Headers, message);
            await endpoint.ServeAsync(context, backend, identity, body, message, backend.Proxy.Arrive());
        }
        else
        {
            headers.Repeat(context.Request.Headers, message);
            await endpoint.ForwardAsync(context, backend, identity, body, message, ends);
        }
    }

    private static DefaultHttpContext Create(
        GatewayServer backend, string method, BackendHeaders headers, BackendResponse response, CancellationTokenSource left)
    {
        HttpRequestFeature request = new() { Method = method, Protocol = HttpProtocol.Http11, Scheme = Uri.UriSchemeHttp, Path = backend.Path };
        headers.Write(request.Headers, backend, hasBody: HttpMethods.IsPost(method));
        FeatureCollection features = new();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(response);
        features.Set<IHttpRequestLifetimeFeature>(new Lifetime(left));
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { RemoteIpAddress = headers.Caller.Address });
        return new DefaultHttpContext(features);
    }

    private sealed class Lifetime(CancellationTokenSource left) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; } = left.Token;

        public void Abort() => left.Cancel();
    }
}
