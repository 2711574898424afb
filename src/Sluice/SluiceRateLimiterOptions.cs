namespace Sluice;

/// <summary>How a <see cref="SluiceRateLimiter"/> waits.</summary>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record SluiceRateLimiterOptions
{
    /// <summary>
    /// The longest time that <see cref="System.Threading.RateLimiting.RateLimiter.AcquireAsync"/> waits; zero to wait for nothing.
    /// </summary>
    /// <value>At least zero. The default is 60 s. A call that would wait for longer fails at once.</value>
    public TimeSpan MaxWait { get; init; } = RateLimitingSettings.MaxWait;

    /// <summary>How many permits can be waited for at a time, as the limiters of the framework count them.</summary>
    /// <value>At least 0. The default is 1,000. A call beyond it fails at once.</value>
    public int QueueLimit { get; init; } = 1_000;
}
