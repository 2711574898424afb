using System.Collections.Immutable;
using Sluice.Documents;

namespace Sluice.Kubernetes;

/// <summary>What a gateway serves by the objects of a cluster.</summary>
/// <param name="Configuration">The configuration.</param>
/// <param name="Reports">What became of each object.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ClusterSnapshot(GatewayConfiguration Configuration, ImmutableArray<ResourceReport> Reports)
{
    /// <summary>All faults of all objects, a line each.</summary>
    internal ImmutableArray<string> FaultLines =>
        [.. Reports.SelectMany(report => report.Faults.Select(fault => fault.ToString()))];
}
