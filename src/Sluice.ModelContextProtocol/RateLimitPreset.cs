namespace Sluice.ModelContextProtocol;

/// <summary>Limits that mean what another program's arguments meant, as <see cref="RateLimits"/> makes them.</summary>
/// <param name="Settings">The limits.</param>
/// <param name="MaxKeys">The most buckets that the in-process store remembers; from 1 to 134,217,728.</param>
public sealed record RateLimitPreset(RateLimitingSettings Settings, int MaxKeys)
{
    /// <summary>The rate that approximates an argument with more digits than a rate can have; it is logged when the host starts.</summary>
    /// <value>Such as <c>1.6666666666666667 calls a second are taken as 5/3s.</c> The default is null: the rate is exactly the
    /// argument.</value>
    public string? Approximation { get; init; }
}
