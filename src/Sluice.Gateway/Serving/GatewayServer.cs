using System.Collections.Immutable;
using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>One MCP server behind the gateway, as one configuration has it: its limits, and the way to it.</summary>
/// <remarks>
/// Under the next configuration it is another object. What a server has beyond its configuration (connections, processes, sessions and
/// held calls) is passed to that one.
/// </remarks>
internal sealed class GatewayServer
{
    private readonly ServerConfiguration _configuration;
    private readonly StdioSettings _settings;
    private readonly UseCount _calls;
    private readonly Action<GatewayServer> _onEnd;

    /// <param name="configuration">What is configured.</param>
    /// <param name="version">Names the configuration.</param>
    /// <param name="link">The way to the server, of which this is a user.</param>
    /// <param name="settings">The settings of a command.</param>
    /// <param name="keepAlive">How event streams are kept open.</param>
    /// <param name="previous">The server of this name under the configuration before; or null.</param>
    /// <param name="parts">What all servers use.</param>
    /// <param name="onEnd">Is called when it is no longer configured and its last call has ended.</param>
    internal GatewayServer(
        ServerConfiguration configuration,
        string version,
        ServerLink link,
        StdioSettings settings,
        StreamKeepAlive keepAlive,
        GatewayServer? previous,
        ServerParts parts,
        Action<GatewayServer> onEnd)
    {
        _configuration = configuration;
        _settings = settings;
        _calls = new UseCount(End);
        _onEnd = onEnd;
        Link = link;
        Upstream = link.UpstreamFor(configuration, keepAlive);
        Gate = new CallGate(
            configuration.Policy ?? RateLimitPolicy.WithoutLimits(configuration.Name),
            parts.Store,
            parts.Time,
            parts.Loggers.CreateLogger<CallGate>(),
            parts.Observer,
            previous?.Gate)
        {
            ConfigVersion = version,
        };
    }

    internal string Name => _configuration.Name;

    /// <summary>The configuration of which it is a part.</summary>
    internal ActiveConfiguration Configured { get; set; } = null!;

    /// <summary>The servers behind it, in the order of its configuration; none for a server that is not virtual.</summary>
    internal GatewayServer[] Backends { get; set; } = [];

    /// <summary>The names that it advertises; null for a server that is not virtual.</summary>
    internal VirtualNames? Names =>
        _configuration.Upstream is VirtualUpstreamConfiguration upstream ? field ??= new VirtualNames(upstream) : null;

    /// <summary>Whether clients reach it at its path; otherwise only virtual servers use it.</summary>
    internal bool IsExposed => _configuration.IsExposed;

    /// <summary>Whether virtual servers send it the <c>Authorization</c> header of their callers.</summary>
    internal bool ForwardsAuthorization => _configuration.ForwardAuthorization;

    /// <summary>What is configured.</summary>
    internal ServerConfiguration Configuration => _configuration;

    /// <summary>The path at which the gateway serves it.</summary>
    internal string Path => _configuration.Path;

    /// <summary>Headers that it gets with each request.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Headers => _configuration.Headers;

    /// <summary>Whether its answers are its own; what a command says is put into HTTP by the gateway.</summary>
    internal bool AnswersInHttp => _configuration.Upstream is HttpUpstreamConfiguration;

    /// <summary>The web pages that it allows itself.</summary>
    internal ServerOrigins Origins => Link.Origins;

    /// <summary>Its limits; null for a server without limits.</summary>
    internal RateLimitPolicy? Policy => _configuration.Policy;

    /// <summary>Whether callers may ask what they have left.</summary>
    internal bool TellsUsage => _configuration.Usage;

    /// <summary>The limits of each caller.</summary>
    internal UsageLimits OwnLimits => field ??= new UsageLimits(Gate.Policy);

    /// <summary>Decides its calls.</summary>
    internal CallGate Gate { get; }

    /// <summary>Measures the requests that are forwarded.</summary>
    internal ProxyTelemetry Proxy => Link.Proxy;

    /// <summary>Whether the last request reached it; null before the first.</summary>
    internal bool? IsReachable => Link.IsReachable;

    /// <summary>The largest body that is read, in bytes.</summary>
    internal int MaxRequestBytes => _configuration.MaxRequestBytes;

    /// <summary>Whether headers that disagree with the body are rejected here.</summary>
    internal bool StrictHeaders => _configuration.StrictHeaders;

    /// <summary>What callers may do; null when every known caller may do everything.</summary>
    internal ImmutableArray<AllowRule>? Allow => _configuration.Allow;

    /// <summary>The scopes that clients are told to ask for.</summary>
    internal ImmutableArray<string> Scopes => _configuration.Scopes;

    /// <summary>Where it answers; null for a command.</summary>
    internal Uri? HttpAddress => (_configuration.Upstream as HttpUpstreamConfiguration)?.Address;

    /// <summary>What it shares with the same server under other configurations.</summary>
    internal ServerLink Link { get; }

    /// <summary>Forwards its calls.</summary>
    internal IUpstream Upstream { get; }

    /// <summary>How many requests are in it, while it is configured.</summary>
    internal int Requests => _calls.Count - 1;

    /// <summary>Begins a request; each that begins is ended by <see cref="EndRequest"/>.</summary>
    /// <remarks>It is called during a look-up, in which the server cannot end.</remarks>
    internal void BeginRequest()
    {
        if (!_calls.TryEnter())
        {
            throw new InvalidOperationException($"The server '{Name}' has ended. Begin requests during a look-up.");
        }

        foreach (GatewayServer backend in Backends)
        {
            backend.BeginRequest();
        }
    }

    /// <summary>Ends a request.</summary>
    internal void EndRequest()
    {
        foreach (GatewayServer backend in Backends)
        {
            backend.EndRequest();
        }

        _calls.Leave();
    }

    /// <summary>Puts its bounds into force, because its configuration has become the current one.</summary>
    internal void Activate()
    {
        Link.Activate(_settings);
        Gate.Activate();
    }

    /// <summary>Ends its use: it ends with its last call.</summary>
    internal void Retire() => _calls.Leave();

    private void End()
    {
        Gate.Retire();
        Link.Leave();
        _onEnd(this);
    }
}
