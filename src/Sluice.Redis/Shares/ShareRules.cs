namespace Sluice.Redis;

/// <summary>Which buckets are divided. Every process must have the same rules.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="MinCapacity">The least capacity, in multiples of the greatest cost that the policy names for the bucket.</param>
/// <param name="MinRate">The least rate, in tokens a second. Below it, shares would cost more commands than they save.</param>
internal sealed record ShareRules(int MinCapacity, int MinRate)
{
    /// <summary>The least rate of a bucket that is divided.</summary>
    internal const int DefaultMinRate = 20;

    /// <summary>The numbers of a limit whose bucket is divided, or null for one that Redis decides.</summary>
    internal ShareNumbers? NumbersOf(RateLimit limit)
    {
        bool isPlain = limit is { Concurrency: null, MayBeDivided: true, AdmitsNothing: false, Shares: true }
            && limit.Rate.Algorithm == RateLimitAlgorithm.TokenBucket;
        return isPlain
            && limit.Capacity >= (long)MinCapacity * limit.GreatestCost
            && limit.Rate.MaxTokens * TimeSpan.TicksPerSecond >= MinRate * limit.Rate.RefillPeriod.Ticks
                ? ShareNumbers.Of(limit.Capacity, limit.Rate.MaxTokens, limit.Rate.RefillPeriod)
                : null;
    }
}
