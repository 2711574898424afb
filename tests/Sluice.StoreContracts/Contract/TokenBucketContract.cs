namespace Sluice.StoreContracts;

/// <summary>Tokens that flow in without a break, whatever the rate.</summary>
public abstract class TokenBucketContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Fact]
    public Task Acquire_BurstSpent_ComesBackOneTokenAtATime() => Run(
        new Rate(2, TimeSpan.FromSeconds(1)),
        new(AtMs: 0, Cost: 1, Allowed: true, Remaining: 1, ResetMs: 500),
        new(AtMs: 0, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 1_000),
        new(AtMs: 499, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1, ResetMs: 501),
        new(AtMs: 500, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 1_000),
        new(AtMs: 9_000, Cost: 2, Allowed: true, Remaining: 0, ResetMs: 1_000)); // idle time never banks more than the burst

    [Fact]
    public Task Acquire_BurstApartFromRate_HoldsTheBurstAndRefillsAtTheRate() => Run(
        Of(RateLimitAlgorithm.TokenBucket, 100, 60_000, burst: 20),
        new(AtMs: 0, Cost: 20, Allowed: true, Remaining: 0, ResetMs: 12_000),
        new(AtMs: 0, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 600),
        new(AtMs: 599, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1),
        new(AtMs: 600, Cost: 1, Allowed: true, Remaining: 0),
        new(AtMs: 6_600, Cost: 7, Allowed: true, Remaining: 3),
        new(AtMs: 6_600, Cost: 20, Allowed: false, Remaining: 3, RetryMs: 10_200));

    [Fact]
    public Task Acquire_BurstAboveRate_IsThereAtOnce() => Run(
        Of(RateLimitAlgorithm.TokenBucket, 1, 1_000, burst: 5),
        new(AtMs: 0, Cost: 5, Allowed: true, Remaining: 0, ResetMs: 5_000),
        new(AtMs: 2_500, Cost: 3, Allowed: false, Remaining: 2, RetryMs: 500),
        new(AtMs: 2_500, Cost: 2, Allowed: true, Remaining: 0, ResetMs: 4_500));

    [Fact]
    public Task Acquire_RateThatNoTickDivides_LosesNothing() => Run(
        new Rate(3, TimeSpan.FromSeconds(1)), // a token each 333 1/3 ms
        new(AtMs: 0, Cost: 3, Allowed: true, Remaining: 0),
        new(AtMs: 0, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1_000m / 3),
        new(AtMs: 333, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1m / 3),
        new(AtMs: 334, Cost: 1, Allowed: true, Remaining: 0, RetryMs: null),
        new(AtMs: 666, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 2m / 3),
        new(AtMs: 667, Cost: 1, Allowed: true, Remaining: 0),
        new(AtMs: 999, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1),
        new(AtMs: 1_000, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 1_000));

    [Fact]
    public Task Acquire_OnePerThirtyDays_CountsEveryTick() => Run(
        new Rate(1, TimeSpan.FromDays(30)),
        new(AtMs: 0, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 2_592_000_000),
        new(AtMs: 0.001m, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 2_591_999_999.999m),
        new(AtMs: 2_591_999_999.999m, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 0.001m),
        new(AtMs: 2_592_000_000, Cost: 1, Allowed: true, Remaining: 0));

    [Fact]
    public Task Acquire_AThousandTokensAMicrosecond_AreThereAfterIt() => Run(
        Of(RateLimitAlgorithm.TokenBucket, 1_000_000_000, 1_000),
        new(AtMs: 0, Cost: 1_000_000_000, Allowed: true, Remaining: 0, ResetMs: 1_000),
        new(AtMs: 0.001m, Cost: 1_001, Allowed: false, Remaining: 1_000, RetryMs: 0.000_001m),
        new(AtMs: 0.001m, Cost: 999, Allowed: true, Remaining: 1),
        new(AtMs: 0.002m, Cost: 1_001, Allowed: true, Remaining: 0));

    [Fact]
    public Task Acquire_CostAboveTheTokensLeft_TakesNothing() => Run(
        new Rate(10, TimeSpan.FromSeconds(1)),
        new(AtMs: 0, Cost: 7, Allowed: true, Remaining: 3),
        new(AtMs: 0, Cost: 4, Allowed: false, Remaining: 3, RetryMs: 100),
        new(AtMs: 0, Cost: 3, Allowed: true, Remaining: 0));

    [Fact]
    public Task Acquire_SlowPolling_BanksNoMoreThanTheCapacity() => Run(
        new Rate(1, TimeSpan.FromMilliseconds(1_500)),
        new(AtMs: 0, Cost: 1, Allowed: true, Remaining: 0),
        new(AtMs: 1_000, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 500),
        new(AtMs: 2_000, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 1_500),
        new(AtMs: 3_000, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 500));
}
