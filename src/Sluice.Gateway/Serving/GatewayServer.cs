using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>One MCP server behind the gateway: its limits, and the way to it.</summary>
internal sealed class GatewayServer(ServerConfiguration configuration, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    internal string Name => configuration.Name;

    /// <summary>The path at which the gateway serves it.</summary>
    internal string Path => configuration.Path;

    /// <summary>Its limits; null for a server without any.</summary>
    internal RateLimitPolicy? Policy => configuration.Policy;

    internal IUpstream Upstream { get; } = configuration.Upstream switch
    {
        HttpUpstreamConfiguration http => new UpstreamForwarder(http.Address, configuration.Timeout, time),
        CommandUpstreamConfiguration command => new StdioUpstream(
            configuration.Name, command, configuration.Timeout, time, loggers.CreateLogger<StdioUpstream>()),
        UpstreamConfiguration other => throw new ArgumentException($"{other.GetType()} is no upstream.", nameof(configuration)),
    };

    public ValueTask DisposeAsync() => Upstream.DisposeAsync();
}
