using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>What the command line adds to documents: manifests do not say where servers are, nor how Sluice reaches them.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ReadingOptions
{
    /// <summary>To read documents, and not to run them.</summary>
    internal static ReadingOptions ToRead { get; } = new();

    /// <summary>
    /// Whether servers are to be run, so that each needs an upstream, a store, and callers that are known where limits need them.
    /// </summary>
    internal bool IsToRun { get; init; }

    /// <summary>Whether a cluster gives servers too, so that documents may have none.</summary>
    internal bool IsWithCluster { get; init; }

    /// <summary>Where servers of manifests are, by name.</summary>
    internal ImmutableDictionary<string, Uri> Upstreams { get; init; } = ImmutableDictionary<string, Uri>.Empty;

    /// <summary>Where buckets are kept, in place of what the manifests say; null to take that.</summary>
    internal StoreConfiguration? Store { get; init; }
}
