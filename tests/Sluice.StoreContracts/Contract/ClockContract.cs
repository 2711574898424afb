namespace Sluice.StoreContracts;

/// <summary>Clocks that stand, jump, step back, or come to their end.</summary>
public abstract class ClockContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, 1_000)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 5_000)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 6_000)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 5_000)]
    public async Task Acquire_ClockStands_AdmitsExactlyTheBucketAndNeverMore(RateLimitAlgorithm algorithm, int retryMs)
    {
        Time.Elapsed = Ms(12_345);
        ApplicableLimits limits = PerUser(Of(algorithm, 5, 5_000));

        (await Drain(limits, Alice)).ShouldBe(5);

        for (int i = 0; i < 1_000; i++)
        {
            (await Acquire(limits, Alice)).Decision.RetryAfter.ShouldBe(Ms(retryMs));
        }
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_ClockStepsBackAndForth_CreditsNoTimeTwice(RateLimitAlgorithm algorithm)
    {
        ApplicableLimits limits = PerUser(Of(algorithm, 5, 1_000));
        Time.Elapsed = Ms(10_000);
        (await Drain(limits, Alice)).ShouldBe(5);
        for (int i = 0; i < 20; i++)
        {
            Time.Elapsed = Ms(10_000 - (i * 500));
            (await Acquire(limits, Alice)).Decision.IsAllowed.ShouldBeFalse();
            Time.Elapsed = Ms(10_000);
            (await Acquire(limits, Alice)).Decision.IsAllowed.ShouldBeFalse();
        }

        Time.Elapsed = Ms(12_000);
        (await Drain(limits, Alice)).ShouldBe(5);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_ClockStepsBackWithTokensLeft_StillAdmitsThem(RateLimitAlgorithm algorithm)
    {
        ApplicableLimits limits = PerUser(Of(algorithm, 5, 1_000));
        Time.Elapsed = Ms(10_000);
        await Acquire(limits, Alice, cost: 2);
        Time.Elapsed = Ms(3_000);

        Answer answer = await Acquire(limits, Alice, cost: 3);

        answer.Decision.IsAllowed.ShouldBeTrue();
        answer.States[0].ResetAfter.ShouldBe(Ms(algorithm == RateLimitAlgorithm.SlidingWindowCounter ? 2_000 : 1_000));
    }

    [Fact]
    public async Task Acquire_ClockStepsBackAfterARejection_CountsAsStandingAtTheLastReading()
    {
        if (!Subject.RemembersEveryReading)
        {
            return; // A rejection writes nothing, so such a store has only the instant of the last charge.
        }

        ApplicableLimits limits = PerUser(new Rate(1, TimeSpan.FromSeconds(10)));
        await Acquire(limits, Alice);
        Time.Elapsed = Ms(7_000);
        (await Acquire(limits, Alice)).Decision.RetryAfter.ShouldBe(Ms(3_000));

        Time.Elapsed = Ms(2_000);

        (await Acquire(limits, Alice)).Decision.RetryAfter.ShouldBe(Ms(3_000));
        (await Acquire(limits, Bob)).Decision.IsAllowed.ShouldBeTrue();
        Time.Elapsed = Ms(8_000);
        (await Acquire(limits, Alice)).Decision.RetryAfter.ShouldBe(Ms(2_000));
        (await Acquire(limits, Bob)).Decision.RetryAfter.ShouldBe(Ms(9_000));
    }

    [Fact]
    public async Task Acquire_WallClockJumps_ChangesNothing()
    {
        Time.Wall = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
        ApplicableLimits limits = Limits(policy => policy
            .Shared(Of(RateLimitAlgorithm.TokenBucket, 5, 60_000))
            .PerTenant(Of(RateLimitAlgorithm.SlidingWindow, 5, 60_000))
            .PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 5, 60_000))
            .PerClient(Of(RateLimitAlgorithm.FixedWindow, 5, 60_000, align: true)));
        await Drain(limits, Alice);
        Answer before = await Acquire(limits, Alice);
        before.States[3].RetryAfter.ShouldBe(Ms(53_000));

        foreach (int days in (int[])[1, -1, 365, -365, 3_650, -9_000])
        {
            Time.Wall += TimeSpan.FromDays(days);
            (await Acquire(limits, Alice)).States.ShouldBe(before.States, $"{days} days");
        }
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, 366L * 86_400_000)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 1_000)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 366L * 86_400_000)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 1)]
    public async Task Acquire_ClockJumpsAhead_FindsANewBucket(RateLimitAlgorithm algorithm, long periodMs)
    {
        ApplicableLimits limits = PerUser(Of(algorithm, 5, periodMs));
        TimeSpan[] jumps = [TimeSpan.FromDays(732), TimeSpan.FromDays(5_000), TimeSpan.FromDays(10_000)];
        (await Drain(limits, Alice)).ShouldBe(5);
        foreach (TimeSpan jump in jumps.Where(jump => jump < Subject.LastInstant))
        {
            Time.Elapsed += jump;
            (await Drain(limits, Alice)).ShouldBe(5, $"{jump}");
        }
    }

    [Theory]
    [MemberData(nameof(ContractRates.All), MemberType = typeof(ContractRates))]
    public async Task Acquire_ClockAtItsEnd_StillAdmitsAndRefusesWithTheSameWaits(
        RateLimitAlgorithm algorithm, int maxTokens, long periodMs, int? burst, bool align)
    {
        Rate rate = Of(algorithm, maxTokens, periodMs, burst, align);
        ApplicableLimits limits = PerUser(rate);
        TimeSpan last = Subject.LastInstant - TimeSpan.FromTicks(Subject.LastInstant.Ticks % Step.Ticks);
        foreach (TimeSpan beforeTheEnd in (TimeSpan[])[rate.RefillPeriod * 3, rate.RefillPeriod, Ms(1), Step, TimeSpan.Zero])
        {
            Time.Elapsed = last - beforeTheEnd;
            await Reset(limits, Alice);

            Answer whole = await Acquire(limits, Alice, rate.Capacity);
            Answer refused = await Acquire(limits, Alice, rate.Capacity);

            whole.Decision.Outcome.ShouldBe(RateLimitOutcome.Allowed);
            refused.Decision.Outcome.ShouldBe(RateLimitOutcome.Denied);
            refused.Decision.RetryAfter.ShouldBe(refused.States[0].ResetAfter, $"{rate}, {beforeTheEnd} before the end");
            refused.Decision.RetryAfter.ShouldBeGreaterThanOrEqualTo(Step);
            refused.Decision.RetryAfter.ShouldBeLessThanOrEqualTo(rate.RefillPeriod * Math.Max(2, rate.Capacity));
        }
    }
}
