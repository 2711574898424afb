using System.Collections.Immutable;

namespace Sluice;

/// <summary>The limits of one field of the settings, as they are for one caller.</summary>
/// <param name="Path">Where they are written, from the root of the settings: <c>tools[0].perUser</c>.</param>
/// <param name="Key">What they count by.</param>
/// <param name="Counts">Whether the condition of an entry of <c>limits</c> is true of the caller; true for every other limit.</param>
/// <param name="IsKnown">Whether the caller has every part of the key.</param>
/// <param name="Name">The name of an entry of <c>limits</c>; else null.</param>
/// <param name="Limits">The limits of the caller: one for each rate, those of the override that decides; none where it says
/// <c>unlimited</c>.</param>
/// <param name="Overrides">The overrides, in the order of the settings.</param>
internal sealed record ExplainedLimits(
    string Path,
    LimitKey Key,
    bool Counts,
    bool IsKnown,
    string? Name,
    ImmutableArray<RateLimit> Limits,
    ImmutableArray<ExplainedOverride> Overrides);
