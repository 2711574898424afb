namespace Sluice.StoreContracts;

/// <summary>Peek, refund, charge and reset.</summary>
public abstract class VerbsContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Peek_Always_DecidesAsAcquireWouldAndChargesNothing(RateLimitAlgorithm algorithm)
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("50/1s").PerUser(Of(algorithm, 5, 1_000)));
        for (int i = 0; i < 60; i++)
        {
            Time.Elapsed = Ms(70 * i);
            int cost = (i % 6) + 1;
            Answer[] peeks = [await Peek(limits, Alice, cost), await Peek(limits, Alice, cost)];

            Answer acquired = await Acquire(limits, Alice, cost);

            foreach (Answer peek in peeks)
            {
                peek.Decision.Outcome.ShouldBe(acquired.Decision.Outcome);
                peek.Limit.ShouldBe(acquired.Limit);
                peek.Decision.RetryAfter.ShouldBe(acquired.Decision.RetryAfter);
                peek.Outcomes.ShouldBe(acquired.Outcomes);

                // What is left is what is there now: the tokens of this call among them.
                int notTaken = acquired.Decision.IsAllowed ? cost : 0;
                peek.Decision.Remaining.ShouldBe(acquired.Decision.Remaining + notTaken);
                peek.Remaining.ShouldBe([.. acquired.Remaining.Select(left => left + notTaken)]);
            }
        }
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Refund_AfterACall_GivesItsTokensBack(RateLimitAlgorithm algorithm)
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("100/1s").PerUser(Of(algorithm, 5, 1_000)));
        await Acquire(limits, Alice, cost: 4);

        await Refund(limits, Alice, cost: 3);

        (await Acquire(limits, Alice, cost: 4)).Remaining.ShouldBe([95, 0]);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Refund_MoreThanWasUsed_MakesTheBucketNewAndNoLarger(RateLimitAlgorithm algorithm)
    {
        ApplicableLimits limits = PerUser(Of(algorithm, 5, 1_000));
        await Refund(limits, Alice, cost: int.MaxValue);
        await Acquire(limits, Alice, cost: 4);

        await Refund(limits, Alice, cost: int.MaxValue);

        Time.Elapsed = Ms(600);
        Answer answer = await Acquire(limits, Alice, cost: 5);
        answer.Remaining.ShouldBe([0]);
        answer.States[0].ResetAfter.ShouldBe(Ms(algorithm == RateLimitAlgorithm.SlidingWindowCounter ? 2_000 : 1_000));
        (await Acquire(limits, Alice, cost: 1)).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Refund_SlidingWindow_TakesFromTheNewestCallsFirst()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.SlidingWindow, 6, 1_000));
        foreach (int atMs in (int[])[0, 100, 200])
        {
            Time.Elapsed = Ms(atMs);
            await Acquire(limits, Alice, cost: 2);
        }

        await Refund(limits, Alice, cost: 3); // leaves 2 of 0 ms and 1 of 100 ms

        Answer answer = await Peek(limits, Alice, cost: 6);
        answer.Decision.RetryAfter.ShouldBe(Ms(900));
        answer.States[0].ResetAfter.ShouldBe(Ms(900));
        (await Peek(limits, Alice, cost: 5)).Decision.RetryAfter.ShouldBe(Ms(800));
        (await Acquire(limits, Alice, cost: 3)).Decision.Remaining.ShouldBe(0);
    }

    [Fact]
    public async Task Refund_SlidingWindowCounter_TakesFromThisWindowFirst()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 8, 1_000));
        await Acquire(limits, Alice, cost: 8);
        Time.Elapsed = Ms(1_500);
        await Acquire(limits, Alice, cost: 3);

        await Refund(limits, Alice, cost: 5); // 3 of this window, then 2 of the 8 before, of which a half counts

        Answer answer = await Peek(limits, Alice, cost: 6);
        answer.Decision.Remaining.ShouldBe(5);
        answer.States[0].ResetAfter.ShouldBe(Ms(500));
        answer.Decision.RetryAfter.ShouldBe(RoundedUp(500m / 3)); // 6·share = 2
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, 1_000)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 1_000)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 1_500)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 1_000)]
    public async Task Charge_BeyondZero_DelaysTheNextCall(RateLimitAlgorithm algorithm, int retryMs)
    {
        ApplicableLimits limits = PerUser(Of(algorithm, 10, 1_000));
        await Acquire(limits, Alice, cost: 5);

        await Charge(limits, Alice, cost: 10); // 15 of 10 used

        Answer answer = await Acquire(limits, Alice, cost: 5);
        answer.Decision.Outcome.ShouldBe(RateLimitOutcome.Denied);
        answer.Decision.Remaining.ShouldBe(0);
        if (algorithm == RateLimitAlgorithm.SlidingWindowCounter)
        {
            answer.Decision.RetryAfter.ShouldBe(RoundedUp(1_000 + (10_000m / 15))); // 15·share = 5
        }
        else
        {
            answer.Decision.RetryAfter.ShouldBe(Ms(retryMs));
        }
    }

    [Fact]
    public async Task Charge_TokenBucketBeyondItsCapacity_IsPaidBackAtTheRate()
    {
        ApplicableLimits limits = PerUser(new Rate(10, TimeSpan.FromSeconds(1)));

        await Charge(limits, Alice, cost: 1_000);

        Answer answer = await Acquire(limits, Alice);
        answer.Decision.RetryAfter.ShouldBe(Ms(99_100));
        answer.States[0].ResetAfter.ShouldBe(Ms(100_000));
        Time.Elapsed = Ms(99_100);
        (await Acquire(limits, Alice)).Decision.IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Charge_FixedWindowBeyondItsSize_DoesNotOutliveTheWindow()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.FixedWindow, 10, 1_000));

        await Charge(limits, Alice, cost: 1_000);

        (await Acquire(limits, Alice)).Decision.RetryAfter.ShouldBe(Ms(1_000));
        Time.Elapsed = Ms(1_000);
        (await Acquire(limits, Alice, cost: 10)).Decision.IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Charge_SlidingWindowBeyondItsSize_LastsOnePeriod()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.SlidingWindow, 10, 1_000));
        await Charge(limits, Alice, cost: 1_000);
        Time.Elapsed = Ms(400);
        await Charge(limits, Alice, cost: 4);

        (await Acquire(limits, Alice, cost: 6)).Decision.RetryAfter.ShouldBe(Ms(600));
        (await Acquire(limits, Alice, cost: 7)).Decision.RetryAfter.ShouldBe(Ms(1_000));
    }

    [Fact]
    public virtual async Task Charge_AgainAndAgain_NeverOverflowsIntoCredit()
    {
        foreach (RateLimitAlgorithm algorithm in PeriodAlgorithms.All)
        {
            ApplicableLimits limits = Limits(policy => policy
                .PerUser(Of(algorithm, 10, (long)Rate.MaxRefillPeriod.TotalMilliseconds)).PerClient("100/1s"));
            for (int i = 0; i < 40; i++)
            {
                await Charge(limits, Alice, int.MaxValue);
                Answer answer = await Acquire(limits, Alice);
                answer.Decision.Outcome.ShouldBe(RateLimitOutcome.Denied, $"{algorithm}, charge {i + 1}");
                answer.Remaining.ShouldBe([0, 0], $"{algorithm}, charge {i + 1}");
                answer.Decision.RetryAfter.ShouldBeGreaterThan(TimeSpan.FromDays(1), $"{algorithm}, charge {i + 1}");
            }

            await Reset(limits, Alice);
        }
    }

    [Fact]
    public async Task Charge_CostAboveTheBucket_IsChargedAllTheSame()
    {
        ApplicableLimits limits = PerUser(new Rate(2, TimeSpan.FromSeconds(1)));

        await Charge(limits, Alice, cost: 6);

        (await Acquire(limits, Alice)).Decision.RetryAfter.ShouldBe(Ms(2_500));
    }

    [Fact]
    public async Task Reset_OneCaller_LeavesTheOthersAlone()
    {
        ApplicableLimits limits = PerUser(new Rate(3, TimeSpan.FromSeconds(1)));
        await Drain(limits, Alice);
        await Drain(limits, Bob);

        await Reset(limits, Alice);

        (await Acquire(limits, Alice)).Decision.Remaining.ShouldBe(2);
        (await Acquire(limits, Bob)).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Reset_SomeLimits_LeavesTheOthersAlone()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits
            .Shared("9/1s")
            .PerTenant(Of(RateLimitAlgorithm.SlidingWindow, 9, 1_000))
            .PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 9, 1_000))
            .PerClient(Of(RateLimitAlgorithm.FixedWindow, 9, 1_000)));
        ApplicableLimits limits = Search(policy);
        await Charge(limits, Alice, cost: 20);

        await Store.ResetAsync(new[] { limits[1], limits[2] }, Alice, default);
        (await Peek(limits, Alice)).Remaining.ShouldBe([0, 9, 9, 0]); // a rejection: nothing is taken from those that would admit
        await Store.ResetAsync(new[] { limits[0], limits[3] }, Alice, default);

        (await Acquire(limits, Alice)).Remaining.ShouldBe([8, 8, 8, 8]);
    }

    [Fact]
    public async Task Reset_BucketsNeverUsedOrNone_ChangesNothing()
    {
        ApplicableLimits limits = PerUser(new Rate(3, TimeSpan.FromSeconds(1)));

        await Reset(limits, Alice);
        await Store.ResetAsync(ReadOnlyMemory<RateLimit>.Empty, Alice, default);

        (await Acquire(limits, Alice)).Decision.Remaining.ShouldBe(2);
    }
}
