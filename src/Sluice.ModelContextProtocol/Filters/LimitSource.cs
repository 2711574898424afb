using System.Collections.Immutable;

namespace Sluice.ModelContextProtocol;

/// <summary>Limits as they were written down, or what is wrong with them.</summary>
/// <param name="Settings">The limits; null when they cannot be read.</param>
/// <param name="Faults">What is wrong; empty when there are limits.</param>
internal sealed record LimitSource(RateLimitingSettings? Settings, ImmutableArray<SettingsFault> Faults)
{
    /// <summary>What was approximated in making the limits; null for nothing.</summary>
    internal string? Approximation { get; init; }
}
