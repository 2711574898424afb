using OpenTelemetry.Metrics;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>What the admin address shows and changes: the gateway that serves clients.</summary>
/// <param name="Configuration">What it was started with.</param>
/// <param name="Servers">The servers behind it, with their limits.</param>
/// <param name="Store">Where the buckets are.</param>
/// <param name="Metrics">What collects the metrics; null when they are turned off.</param>
/// <param name="Counts">What came of its calls.</param>
/// <param name="Time">The clock.</param>
/// <param name="Stopping">Is cancelled when the gateway is told to stop.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record RunningGateway(
    GatewayConfiguration Configuration,
    IReadOnlyList<GatewayServer> Servers,
    IRateLimitStore Store,
    MeterProvider? Metrics,
    GatewayCounts Counts,
    TimeProvider Time,
    CancellationToken Stopping)
{
    /// <summary>The last rejections, and how callers are shown; null where nothing is kept.</summary>
    internal CallJournals? Journals { get; init; }
}
