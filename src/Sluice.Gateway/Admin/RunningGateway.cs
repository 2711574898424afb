using OpenTelemetry.Metrics;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>What the admin address shows and changes: the gateway that serves clients.</summary>
/// <param name="Gateway">Holds the configuration by which calls are served.</param>
/// <param name="Store">Where the buckets are.</param>
/// <param name="Metrics">What collects the metrics; null when they are turned off.</param>
/// <param name="Counts">The outcomes of its calls.</param>
/// <param name="Time">The clock.</param>
/// <param name="Stopping">Is cancelled when the gateway is told to stop.</param>
/// <remarks>
/// Thread safety: any number of threads. The configuration may be replaced between two reads: read <see cref="Active"/> once.
/// </remarks>
internal sealed record RunningGateway(
    GatewayServers Gateway,
    IRateLimitStore Store,
    MeterProvider? Metrics,
    GatewayCounts Counts,
    TimeProvider Time,
    CancellationToken Stopping)
{
    /// <summary>The last rejections, and how callers are shown.</summary>
    internal required CallJournals Journals { get; init; }

    /// <summary>How callers are shown.</summary>
    internal CallerNames Names => Journals.Names!; // Where there is an admin address, callers have names.

    /// <summary>The last rejections.</summary>
    internal Rejections Rejections => Journals.Rejections!;

    /// <summary>Recent callers.</summary>
    internal RecentCalls Recent => Counts.Recent;

    /// <summary>The configuration by which requests that arrive now are served.</summary>
    internal ActiveConfiguration Active => Gateway.Current;

    /// <summary>What is configured now.</summary>
    internal GatewayConfiguration Configuration => Active.Configuration;

    /// <summary>The result of the last reload; null before the first.</summary>
    internal ReloadResult? LastReload => Gateway.LastReload;

    /// <summary>The servers of the current configuration, with their limits.</summary>
    internal IReadOnlyList<GatewayServer> Servers => Active.Servers;
}
