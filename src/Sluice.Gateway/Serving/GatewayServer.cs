using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Mcp;
using Yarp.ReverseProxy.Forwarder;

namespace Sluice.Gateway;

/// <summary>One MCP server behind the gateway: its limits, and the way to it.</summary>
/// <param name="configuration">What is configured.</param>
/// <param name="store">Where buckets are.</param>
/// <param name="observer">Sees each decision; or null.</param>
/// <param name="proxies">Tells from which address a request comes.</param>
/// <param name="forwarder">Forwards to servers over HTTP.</param>
/// <param name="drain">Cuts calls in flight when the gateway stops.</param>
/// <param name="keepAlive">How event streams are kept open.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Makes the logs of its parts.</param>
internal sealed class GatewayServer(
    ServerConfiguration configuration,
    IRateLimitStore store,
    ICallObserver? observer,
    TrustedProxies proxies,
    IHttpForwarder forwarder,
    CallDrain drain,
    StreamKeepAlive keepAlive,
    TimeProvider time,
    ILoggerFactory loggers) : IAsyncDisposable
{
    private const int Reached = 1;
    private const int NotReached = 2;
    private volatile int _reached;

    internal string Name => configuration.Name;

    /// <summary>The path at which the gateway serves it.</summary>
    internal string Path => configuration.Path;

    /// <summary>Headers that it gets with each request.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Headers => configuration.Headers;

    /// <summary>Whether its answers are its own; what a command says is put into HTTP by the gateway.</summary>
    internal bool AnswersInHttp => configuration.Upstream is HttpUpstreamConfiguration;

    /// <summary>The web pages that it allows itself.</summary>
    internal ServerOrigins Origins { get; } = new();

    /// <summary>Its limits; null for a server without limits.</summary>
    internal RateLimitPolicy? Policy => configuration.Policy;

    /// <summary>Decides its calls.</summary>
    internal CallGate Gate { get; } = CreateGate(
        configuration.Policy ?? RateLimitPolicy.WithoutLimits(configuration.Name), store, drain, time, loggers, observer);

    /// <summary>Measures the requests that are forwarded.</summary>
    internal ProxyTelemetry Proxy { get; } = new(configuration.Name, time);

    /// <summary>Whether the last request reached it; null before the first.</summary>
    internal bool? IsReachable => _reached switch { Reached => true, NotReached => false, _ => null };

    /// <summary>The largest body that is read, in bytes.</summary>
    internal int MaxRequestBytes => configuration.MaxRequestBytes;

    /// <summary>Whether headers that disagree with the body are refused here.</summary>
    internal bool StrictHeaders => configuration.StrictHeaders;

    /// <summary>What callers may do; null when every known caller may do everything.</summary>
    internal ImmutableArray<AllowRule>? Allow => configuration.Allow;

    /// <summary>The scopes that clients are told to ask for.</summary>
    internal ImmutableArray<string> Scopes => configuration.Scopes;

    /// <summary>Where it answers; null for a command.</summary>
    internal Uri? HttpAddress => (configuration.Upstream as HttpUpstreamConfiguration)?.Address;

    internal IUpstream Upstream { get; } = configuration.Upstream switch
    {
        HttpUpstreamConfiguration http => new HttpUpstream(
            configuration.Name, http.Address, configuration.Timeout, forwarder, keepAlive, loggers.CreateLogger<HttpUpstream>()),
        CommandUpstreamConfiguration command => new StdioUpstream(
            configuration.Name,
            command,
            configuration.Timeout,
            proxies,
            drain,
            keepAlive,
            time,
            loggers.CreateLogger<StdioUpstream>()),
        UpstreamConfiguration other => throw new ArgumentException($"{other.GetType()} is an unknown type of upstream.", nameof(configuration)),
    };

    /// <summary>Notes what came of a request.</summary>
    /// <param name="failure">Null, or why it was not answered.</param>
    internal void Note(UpstreamFailure? failure)
    {
        int reached = failure is null or { CanHaveRun: true } ? Reached : NotReached;
        if (_reached != reached)
        {
            _reached = reached;
        }
    }

    private static CallGate CreateGate(
        RateLimitPolicy policy, IRateLimitStore store, CallDrain drain, TimeProvider time, ILoggerFactory loggers, ICallObserver? observer)
    {
        CallGate gate = new(policy, store, time, loggers.CreateLogger<CallGate>(), observer);
        gate.EndHeldWhen(drain.Cut);
        return gate;
    }

    public ValueTask DisposeAsync()
    {
        Gate.Dispose();
        return Upstream.DisposeAsync();
    }
}
