namespace Sluice.StoreContracts;

/// <summary>At most so many tokens in each window.</summary>
public abstract class FixedWindowContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Fact]
    public Task Acquire_WindowFull_ComesBackWholeAtItsEnd() => Run(
        Of(RateLimitAlgorithm.FixedWindow, 2, 1_000),
        new(AtMs: 300, Cost: 1, Allowed: true, Remaining: 1, ResetMs: 1_000),
        new(AtMs: 1_299, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 1),
        new(AtMs: 1_299, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1, ResetMs: 1),
        new(AtMs: 1_300, Cost: 2, Allowed: true, Remaining: 0, ResetMs: 1_000), // 3 in 1 ms: the price of a fixed window
        new(AtMs: 1_300, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1_000),
        new(AtMs: 5_555, Cost: 1, Allowed: true, Remaining: 1, ResetMs: 1_000));

    [Fact]
    public async Task Acquire_Aligned_WindowsStartOnMultiplesOfThePeriodSinceTheEpoch()
    {
        Time.Wall = new DateTimeOffset(2026, 3, 4, 5, 6, 58, 250, TimeSpan.Zero);
        await Run(
            Of(RateLimitAlgorithm.FixedWindow, 2, 60_000, align: true),
            new(AtMs: 0, Cost: 1, Allowed: true, Remaining: 1, ResetMs: 1_750),
            new(AtMs: 1_749, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 1),
            new(AtMs: 1_749, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1),
            new(AtMs: 1_750, Cost: 2, Allowed: true, Remaining: 0, ResetMs: 60_000),
            new(AtMs: 31_750, Cost: 2, Allowed: false, Remaining: 0, RetryMs: 30_000),
            new(AtMs: 151_750, Cost: 1, Allowed: true, Remaining: 1, ResetMs: 30_000));
    }

    [Fact]
    public async Task Acquire_AlignedToAWeek_StartsOnThursdays()
    {
        Time.Wall = new DateTimeOffset(2026, 1, 7, 23, 59, 59, TimeSpan.Zero); // a Wednesday; 1 January 1970 was a Thursday
        await Run(
            Of(RateLimitAlgorithm.FixedWindow, 5, 7 * 86_400_000, align: true),
            new(AtMs: 0, Cost: 5, Allowed: true, Remaining: 0, ResetMs: 1_000),
            new(AtMs: 1_000, Cost: 5, Allowed: true, Remaining: 0, ResetMs: 7 * 86_400_000));
    }

    [Fact]
    public Task Acquire_NotAlignedAndIdle_StartsWithTheNextCallAndNotOnTheOldGrid() => Run(
        Of(RateLimitAlgorithm.FixedWindow, 1, 1_000),
        new(AtMs: 0, Cost: 1, Allowed: true, Remaining: 0),
        new(AtMs: 1_900, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 1_000),
        new(AtMs: 2_100, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 800));
}
