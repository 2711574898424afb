using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Kubernetes;

/// <summary>What the <c>Gateway</c> of a process says now.</summary>
/// <param name="Object">The object; null where there is none.</param>
/// <param name="Resource">What it says; null where it is wrong, or a Secret is missing.</param>
/// <param name="Version">Names its content and that of its Secrets, without telling any of it.</param>
/// <param name="Faults">What is wrong with it.</param>
/// <param name="Missing">The Secrets that are missing, a line each.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record GatewayReading(
    ClusterObject? Object, GatewayResource? Resource, string Version, ImmutableArray<Fault> Faults, ImmutableArray<string> Missing)
{
    /// <summary>What became of it; null where there is no object.</summary>
    /// <param name="used">The generation that is in use; null for none.</param>
    /// <param name="needsRestart">The settings that have changed, and keep their values until a restart.</param>
    internal ResourceReport? Report(long? used, ImmutableArray<string> needsRestart) => Object is null
        ? null
        : new ResourceReport(Object, Faults)
        {
            UsedGeneration = used,
            Missing = Missing,
            NeedsRestart = needsRestart,
        };

    /// <summary>Why it cannot be used, as sentences; empty where it can.</summary>
    internal string WhyNot(string space, string name) => Resource is not null ? ""
        : Object is null ? $"There is no Gateway '{name}' in the namespace '{space}'. Apply it."
        : string.Join(' ', Faults.Select(fault => $"{fault.Path}: {fault.Message}").Concat(Missing));
}
