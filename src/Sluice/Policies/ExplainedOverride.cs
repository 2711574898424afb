using System.Collections.Immutable;

namespace Sluice;

/// <summary>One override of a field, for one caller.</summary>
/// <param name="Path">Where it is written, from the root of the settings: <c>overrides[0].perUser</c>.</param>
/// <param name="Matches">Whether its condition is true of the caller.</param>
/// <param name="Decides">Whether it is the first that matches, so that its numbers hold.</param>
/// <param name="Limits">Its limits; none where it says <c>unlimited</c>.</param>
internal sealed record ExplainedOverride(string Path, bool Matches, bool Decides, ImmutableArray<RateLimit> Limits);
