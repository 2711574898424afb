namespace Sluice.StoreContracts;

/// <summary>Rates of every algorithm, from sparse to dense, whose waits fall on and between the steps of a clock.</summary>
public static class ContractRates
{
    /// <summary>Algorithm, tokens, period in milliseconds, burst, and whether windows are aligned.</summary>
    public static TheoryData<RateLimitAlgorithm, int, long, int?, bool> All => new()
    {
        { RateLimitAlgorithm.TokenBucket, 2, 1_000, null, false },
        { RateLimitAlgorithm.TokenBucket, 7, 1_000, null, false },
        { RateLimitAlgorithm.TokenBucket, 3, 1_000, 5, false },
        { RateLimitAlgorithm.TokenBucket, 100, 60_000, 20, false },
        { RateLimitAlgorithm.TokenBucket, 1, 2_592_000_000, null, false },
        { RateLimitAlgorithm.TokenBucket, 4_000_000, 86_400_000, 3, false },
        { RateLimitAlgorithm.TokenBucket, 3_000_000, 1_000, 4, false },
        { RateLimitAlgorithm.TokenBucket, 1_000_000_000, 1_000, 6, false },
        { RateLimitAlgorithm.SlidingWindow, 5, 1_000, null, false },
        { RateLimitAlgorithm.SlidingWindow, 1, 2_592_000_000, null, false },
        { RateLimitAlgorithm.SlidingWindowCounter, 7, 1_000, null, false },
        { RateLimitAlgorithm.SlidingWindowCounter, 3, 86_400_000, null, false },
        { RateLimitAlgorithm.SlidingWindowCounter, 1, 1, null, false },
        { RateLimitAlgorithm.FixedWindow, 4, 1_000, null, false },
        { RateLimitAlgorithm.FixedWindow, 4, 60_000, null, true },
    };
}
