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
    /// <summary>The last rejections, and how callers are shown.</summary>
    internal required CallJournals Journals { get; init; }

    /// <summary>How callers are shown.</summary>
    internal CallerNames Names => Journals.Names!; // Where there is an admin address, callers have names.

    /// <summary>The last rejections.</summary>
    internal Refusals Refusals => Journals.Refusals!;

    /// <summary>Callers that came lately.</summary>
    internal RecentCalls Recent => Counts.Recent;
}
