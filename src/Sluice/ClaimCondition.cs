using System.Collections.Immutable;

namespace Sluice;

/// <summary>A condition on one claim of a caller: that it has one of some values.</summary>
/// <param name="Name">The claim's name; it compares exactly.</param>
/// <param name="Values">The values, of which the caller must have at least one. They compare as identities do.</param>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record ClaimCondition(string Name, ImmutableArray<string> Values);
