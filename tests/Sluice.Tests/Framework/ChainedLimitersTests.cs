using System.Threading.RateLimiting;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Tests;

/// <summary>What docs/compare.md says about several limits: the framework's, one after another, and Sluice's.</summary>
public sealed class ChainedLimitersTests
{
    [Fact]
    public void CreateChained_SecondLimiterRejects_FirstStaysCharged()
    {
        using RateLimiter first = Bucket(10);
        using RateLimiter second = Bucket(1);
        using RateLimiter chained = RateLimiter.CreateChained(first, second);

        chained.AttemptAcquire().IsAcquired.ShouldBeTrue();
        chained.AttemptAcquire().IsAcquired.ShouldBeFalse();

        first.GetStatistics()!.CurrentAvailablePermits.ShouldBe(8);
    }

    [Fact]
    public void InProcessStore_SecondLimitRejects_ChargesNone()
    {
        FakeTimeProvider time = new();
        InProcessStore store = new(new InProcessStoreOptions(), time);
        RateLimitPolicy policy = RateLimitPolicy.Build("server", limits => limits.Shared(["10/1h", "1/1m"]));
        ApplicableLimits limits = policy.Select("tools/call", "search", CallerIdentity.None);
        LimitState[] states = new LimitState[2];
        RateLimitRequest call = new(limits, CallerIdentity.None);

        store.Acquire(call, states).IsAllowed.ShouldBeTrue();
        store.Acquire(call, states).IsAllowed.ShouldBeFalse();

        states[0].Remaining.ShouldBe(9);
    }

    private static TokenBucketRateLimiter Bucket(int tokens) => new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = tokens,
        TokensPerPeriod = tokens,
        ReplenishmentPeriod = TimeSpan.FromHours(1),
        AutoReplenishment = false,
        QueueLimit = 0,
    });
}
