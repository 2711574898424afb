namespace Sluice.StoreContracts;

/// <summary>The sliding window by two counters: the share of the window before falls evenly.</summary>
public abstract class SlidingWindowCounterContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Fact]
    public Task Acquire_NextWindow_CountsTheShareOfTheOneBefore() => Run(
        Of(RateLimitAlgorithm.SlidingWindowCounter, 10, 1_000),
        new(AtMs: 0, Cost: 10, Allowed: true, Remaining: 0, ResetMs: 2_000),
        new(AtMs: 0, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1_100), // the next window, less a tenth of this one
        new(AtMs: 999, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 101),
        new(AtMs: 1_000, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 100, ResetMs: 1_000),
        new(AtMs: 1_099.999m, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 0.001m),
        new(AtMs: 1_100, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 1_900),
        new(AtMs: 1_450, Cost: 3, Allowed: true, Remaining: 0), // 10 - 4 - 5.5
        new(AtMs: 1_450, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 50));

    [Fact]
    public Task Acquire_CostThatOnlyTheNextWindowHolds_WaitsIntoIt() => Run(
        Of(RateLimitAlgorithm.SlidingWindowCounter, 10, 1_000),
        new(AtMs: 0, Cost: 4, Allowed: true, Remaining: 6),
        new(AtMs: 300, Cost: 4, Allowed: true, Remaining: 2),
        new(AtMs: 300, Cost: 4, Allowed: false, Remaining: 2, RetryMs: 950), // 8·(1 - e) = 6 at e = 0.25 of the next
        new(AtMs: 300, Cost: 10, Allowed: false, Remaining: 2, RetryMs: 1_700),
        new(AtMs: 1_250, Cost: 4, Allowed: true, Remaining: 0, ResetMs: 1_750));

    [Fact]
    public Task Acquire_FirstWindowOnly_IsEmptyTwoPeriodsAfterItsStart() => Run(
        Of(RateLimitAlgorithm.SlidingWindowCounter, 3, 1_000),
        new(AtMs: 700, Cost: 1, Allowed: true, Remaining: 2, ResetMs: 2_000), // the window starts with the first call
        new(AtMs: 1_699, Cost: 2, Allowed: true, Remaining: 0, ResetMs: 1_001),
        new(AtMs: 2_699, Cost: 3, Allowed: false, Remaining: 2, RetryMs: 1),
        new(AtMs: 2_700, Cost: 3, Allowed: true, Remaining: 0, ResetMs: 2_000));

    [Fact]
    public Task Acquire_NothingUsedInThisWindow_IsEmptyAtItsEndAndStartsAgain() => Run(
        Of(RateLimitAlgorithm.SlidingWindowCounter, 4, 1_000),
        new(AtMs: 0, Cost: 4, Allowed: true, Remaining: 0),
        new(AtMs: 1_600, Cost: 4, Allowed: false, Remaining: 2, RetryMs: 400, ResetMs: 400),
        new(AtMs: 2_000, Cost: 1, Allowed: true, Remaining: 3, ResetMs: 2_000),
        new(AtMs: 2_999, Cost: 3, Allowed: true, Remaining: 0, ResetMs: 1_001),
        new(AtMs: 3_500, Cost: 2, Allowed: true, Remaining: 0, ResetMs: 1_500));

    [Fact]
    public Task Acquire_EmptyAtTheEndOfAWindow_DoesNotKeepTheOldGrid() => Run(
        Of(RateLimitAlgorithm.SlidingWindowCounter, 4, 1_000),
        new(AtMs: 0, Cost: 4, Allowed: true, Remaining: 0),
        new(AtMs: 2_300, Cost: 1, Allowed: true, Remaining: 3, ResetMs: 2_000));

    [Fact]
    public Task Acquire_ShareThatNoTickDivides_IsExact() => Run(
        Of(RateLimitAlgorithm.SlidingWindowCounter, 7, 1_000),
        new(AtMs: 0, Cost: 7, Allowed: true, Remaining: 0),
        new(AtMs: 0, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1_000 + (1_000m / 7)),
        new(AtMs: 1_142, Cost: 1, Allowed: false, Remaining: 0, RetryMs: (1_000m / 7) - 142),
        new(AtMs: 1_143, Cost: 1, Allowed: true, Remaining: 0));
}
