using System.Collections.Immutable;
using Sluice.Configuration;

namespace Sluice.Kubernetes;

/// <summary>What became of an object.</summary>
/// <param name="Object">The object as it is now.</param>
/// <param name="Faults">What is wrong with it; empty when it is valid.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ResourceReport(ClusterObject Object, ImmutableArray<Fault> Faults)
{
    /// <summary>The generation by which calls are decided: an earlier one while this one is wrong; null when it has no effect.</summary>
    internal long? UsedGeneration { get; init; }

    /// <summary>The servers that a policy limits.</summary>
    internal ImmutableArray<string> Applied { get; init; } = [];

    /// <summary>The mode of a policy.</summary>
    internal LimitMode Mode { get; init; }

    /// <summary>Whether it is a server of ToolHive with limits of its own.</summary>
    internal bool HasOwnLimits { get; init; }

    /// <summary>The references that lead to nothing, a line each.</summary>
    internal ImmutableArray<string> Missing { get; init; } = [];

    /// <summary>Why it has no effect on a target, or is not served, although it is valid, a line each.</summary>
    internal ImmutableArray<string> Conflicts { get; init; } = [];

    /// <summary>Whether a server is not served because no policy limits it.</summary>
    internal bool LacksPolicy { get; init; }

    /// <summary>The settings of a gateway that have changed, and keep their values until a restart.</summary>
    internal ImmutableArray<string> NeedsRestart { get; init; } = [];

    /// <summary>The path at which a server is served; null when it is not.</summary>
    internal string? Path { get; init; }
}
