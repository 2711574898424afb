using System.Collections.Immutable;
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

    /// <summary>The largest body that is read, in bytes.</summary>
    internal int MaxRequestBytes => configuration.MaxRequestBytes;

    /// <summary>Whether headers that disagree with the body are refused here.</summary>
    internal bool StrictHeaders => configuration.StrictHeaders;

    /// <summary>What callers may do; null when every known caller may do everything.</summary>
    internal ImmutableArray<AllowRule>? Allow => configuration.Allow;

    internal IUpstream Upstream { get; } = configuration.Upstream switch
    {
        HttpUpstreamConfiguration http => new UpstreamForwarder(http.Address, configuration.Timeout, time),
        CommandUpstreamConfiguration command => new StdioUpstream(
            configuration.Name, command, configuration.Timeout, time, loggers.CreateLogger<StdioUpstream>()),
        UpstreamConfiguration other => throw new ArgumentException($"{other.GetType()} is no upstream.", nameof(configuration)),
    };

    public ValueTask DisposeAsync() => Upstream.DisposeAsync();
}
