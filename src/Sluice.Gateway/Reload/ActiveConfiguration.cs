using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Everything by which calls are served under one configuration. It is replaced as a whole.</summary>
/// <remarks>
/// <para>A request takes its server from one configuration, and then uses that configuration alone until it ends.</para>
/// <para>Thread safety: any number of threads. Nothing of it changes.</para>
/// </remarks>
internal sealed class ActiveConfiguration
{
    private readonly Dictionary<string, GatewayServer> _byName;
    private readonly UseCount _uses;

    /// <param name="configuration">What is configured.</param>
    /// <param name="loadedAt">The instant at which it was loaded.</param>
    /// <param name="servers">The servers, in the order of the configuration.</param>
    /// <param name="paths">The same servers by path.</param>
    /// <param name="authentication">How callers are known.</param>
    internal ActiveConfiguration(
        GatewayConfiguration configuration,
        DateTimeOffset loadedAt,
        GatewayServer[] servers,
        ServerPaths paths,
        GatewayAuthentication authentication)
    {
        Configuration = configuration;
        LoadedAt = loadedAt;
        Servers = servers;
        _byName = servers.ToDictionary(server => server.Name, StringComparer.Ordinal);
        Paths = paths;
        Authentication = authentication;
        Guard = new RebindingGuard(
            configuration.Listen.IsLoopback, configuration.Auth.PublicUrl, [.. configuration.Auth.Origins, .. configuration.CorsOrigins]);
        Cors = new Cors(configuration.CorsOrigins);
        NeedsStore = servers.Any(server => server.Policy?.Limits.Any(limit => limit.OnStoreFailure == StoreFailureMode.Deny) == true);
        _uses = new UseCount(Retire);
        foreach (GatewayServer server in servers)
        {
            server.Configured = this;
            if (server.Configuration.Upstream is VirtualUpstreamConfiguration upstream)
            {
                server.Backends = [.. upstream.Backends.Select(backend => Find(backend.Server)!)];
            }
        }
    }

    /// <summary>What is configured.</summary>
    internal GatewayConfiguration Configuration { get; }

    /// <summary>Names the content of the configuration.</summary>
    internal string Version => Configuration.Version;

    /// <summary>The instant at which it was loaded.</summary>
    internal DateTimeOffset LoadedAt { get; }

    /// <summary>The servers, in the order of the configuration.</summary>
    internal GatewayServer[] Servers { get; }

    /// <summary>The servers by path.</summary>
    internal ServerPaths Paths { get; }

    /// <summary>How callers are known.</summary>
    internal GatewayAuthentication Authentication { get; }

    /// <summary>Rejects requests that a web page could send by DNS rebinding.</summary>
    internal RebindingGuard Guard { get; }

    /// <summary>Which web pages may read the answers.</summary>
    internal Cors Cors { get; }

    /// <summary>Whether a server rejects calls while the store is away.</summary>
    internal bool NeedsStore { get; }

    /// <summary>The server of a name; or null.</summary>
    internal GatewayServer? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Begins to look up the server of a request. End it with <see cref="EndLookup"/> before anything is awaited.</summary>
    /// <returns>False when another configuration has replaced it.</returns>
    internal bool TryBeginLookup() => _uses.TryEnter();

    /// <summary>Ends a look-up.</summary>
    internal void EndLookup() => _uses.Leave();

    /// <summary>Ends its use, because another configuration has replaced it. Requests that it serves continue.</summary>
    internal void Replaced() => _uses.Leave();

    private void Retire()
    {
        foreach (GatewayServer server in Servers)
        {
            server.Retire();
            WorkPace.Step();
        }
    }
}
