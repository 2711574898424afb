namespace Sluice.ModelContextProtocol;

/// <summary>Limits that mean what another program's arguments meant, as <see cref="RateLimits"/> makes them.</summary>
/// <param name="Settings">The limits.</param>
/// <param name="MaxKeys">The most buckets that the in-process store remembers; from 1 to 134,217,728.</param>
public sealed record RateLimitPreset(RateLimitingSettings Settings, int MaxKeys);
