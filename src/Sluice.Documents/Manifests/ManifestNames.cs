using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>What manifests gave to a configuration that was read.</summary>
/// <param name="Servers">The names of their servers, each with its name without the namespace.</param>
/// <param name="Notes">What was decided for them, a line each.</param>
/// <param name="Redis">The servers of Redis that a manifest names as the store; null where the store is named elsewhere.</param>
internal sealed record ManifestNames(ImmutableArray<(string Name, string ShortName)> Servers, ImmutableArray<string> Notes, string? Redis)
{
    /// <summary>Nothing.</summary>
    internal static ManifestNames None { get; } = new([], [], null);
}
