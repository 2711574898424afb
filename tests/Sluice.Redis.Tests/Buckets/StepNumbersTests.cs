namespace Sluice.Redis.Tests;

public sealed class StepNumbersTests
{
    [Theory]
    [InlineData(1, 366 * 86_400L, int.MaxValue)]
    [InlineData(1, 30 * 86_400L, int.MaxValue)]
    [InlineData(7, 366 * 86_400L, int.MaxValue)]
    [InlineData(1, 3_600L, 2_000_000)]
    public void Of_BucketThatTakesCenturiesToFill_IsSlowerByLessThanAMillionth(int maxTokens, long periodSeconds, int burst)
    {
        Rate rate = new(maxTokens, TimeSpan.FromSeconds(periodSeconds), RateLimitAlgorithm.TokenBucket, burst, align: false);

        StepNumbers numbers = StepNumbers.Of(rate);

        UInt128 tokenMicros = (UInt128)numbers.Steps.TokenUnits * numbers.StepMicros;
        UInt128 exact = (UInt128)periodSeconds * 1_000_000;
        numbers.StepMicros.ShouldBeGreaterThan(1UL);
        (tokenMicros * (ulong)maxTokens).ShouldBeGreaterThanOrEqualTo(exact);
        (((tokenMicros * (ulong)maxTokens) - exact) * 1_000_000 / exact).ShouldBe(UInt128.Zero);
        ((UInt128)numbers.Steps.TokenUnits * numbers.Steps.Capacity).ShouldBeLessThan((UInt128)1 << 53);
    }

    [Theory]
    [InlineData(100, 600_000_000L)]
    [InlineData(3_000_000, 10_000_000L)]
    [InlineData(int.MaxValue, 10_000L)]
    [InlineData(7, 10_000_001L)]
    [InlineData(1, 366 * 864_000_000_000L)]
    public void Of_OrdinaryBucket_IsExact(int maxTokens, long periodTicks)
    {
        StepNumbers numbers = StepNumbers.Of(new Rate(maxTokens, TimeSpan.FromTicks(periodTicks)));

        // Units of a microsecond over units of a token are tokens of a period over its microseconds.
        numbers.StepMicros.ShouldBe(1UL);
        ((UInt128)numbers.Steps.RateUnits * (ulong)periodTicks).ShouldBe((UInt128)numbers.Steps.TokenUnits * (ulong)maxTokens * 10);
        numbers.Steps.RateUnits.ShouldBeLessThanOrEqualTo((ulong)int.MaxValue);
    }

    [Fact]
    public async Task Acquire_BucketThatTakesCenturiesToFill_PromisesTheExactMoment()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = TimeSpan.Zero, hasClockOfItsOwn: true);
        ApplicableLimits limits = StoreScene.Limits(policy => policy
            .PerUser(new Rate(1, TimeSpan.FromDays(366), RateLimitAlgorithm.TokenBucket, 1_000_000, align: false)));
        scene.ServerTime.Elapsed = TimeSpan.FromMilliseconds(12_345);
        (await scene.Acquire(limits, cost: 1_000_000)).IsAllowed.ShouldBeTrue();
        TimeSpan wait = (await scene.Acquire(limits)).RetryAfter;
        wait.ShouldBeInRange(TimeSpan.FromDays(366) - TimeSpan.FromMinutes(1), TimeSpan.FromDays(366) + TimeSpan.FromMinutes(1));

        scene.ServerTime.Elapsed += wait - TimeSpan.FromMicroseconds(1);
        (await scene.Acquire(limits)).RetryAfter.ShouldBe(TimeSpan.FromMicroseconds(1));
        scene.ServerTime.Elapsed += TimeSpan.FromMicroseconds(1);
        (await scene.Acquire(limits)).IsAllowed.ShouldBeTrue();
        (await scene.Acquire(limits)).IsAllowed.ShouldBeFalse();
    }
}
