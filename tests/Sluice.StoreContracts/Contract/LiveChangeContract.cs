namespace Sluice.StoreContracts;

/// <summary>Limits that change while buckets are in use: what was used is kept, as far as the new numbers go.</summary>
public abstract class LiveChangeContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Fact]
    public async Task Acquire_SmallerTokenBucket_KeepsWhatWasUsed()
    {
        await Acquire(PerUser(new Rate(100, TimeSpan.FromSeconds(100))), Alice, cost: 30);

        Answer answer = await Acquire(PerUser(new Rate(50, TimeSpan.FromSeconds(100))), Alice);

        answer.Decision.Remaining.ShouldBe(19);
        answer.States[0].ResetAfter.ShouldBe(Ms(62_000));
    }

    [Fact]
    public virtual async Task Acquire_LargerTokenBucket_KeepsWhatWasUsed()
    {
        await Acquire(PerUser(new Rate(10, TimeSpan.FromSeconds(1))), Alice, cost: 10);

        (await Acquire(PerUser(new Rate(100, TimeSpan.FromSeconds(1))), Alice)).Decision.Remaining.ShouldBe(89);
    }

    [Fact]
    public async Task Acquire_TokenBucketWithLessThanWasUsed_LocksOutNoLongerThanOneNewPeriod()
    {
        await Acquire(PerUser(new Rate(100, TimeSpan.FromHours(1))), Alice, cost: 100);

        Answer answer = await Acquire(PerUser(new Rate(5, TimeSpan.FromSeconds(1))), Alice);

        answer.Decision.RetryAfter.ShouldBe(Ms(200));
        answer.States[0].ResetAfter.ShouldBe(Ms(1_000));
    }

    [Fact]
    public async Task Acquire_TokenBucketConverted_RunsByTheOldRateUntilThenAndByTheNewOneAfter()
    {
        await Acquire(PerUser(new Rate(10, TimeSpan.FromSeconds(10))), Alice, cost: 10);
        Time.Elapsed = Ms(3_000);
        ApplicableLimits faster = PerUser(new Rate(10, TimeSpan.FromSeconds(1)));

        (await Acquire(faster, Alice, cost: 2)).Decision.Remaining.ShouldBe(1);
        Time.Elapsed = Ms(3_500);

        (await Acquire(faster, Alice)).Decision.Remaining.ShouldBe(5);
    }

    [Fact]
    public async Task Acquire_RefusedUnderNewNumbers_LeavesTheBucketUnderTheOldOnes()
    {
        ApplicableLimits slow = PerUser(new Rate(10, TimeSpan.FromSeconds(10)));
        ApplicableLimits fast = PerUser(new Rate(5, TimeSpan.FromSeconds(1)));
        await Acquire(slow, Alice, cost: 10);

        (await Acquire(fast, Alice)).Decision.RetryAfter.ShouldBe(Ms(200)); // 10 used are 5 of 5
        Time.Elapsed = Ms(1_000);

        // Nothing was written: a second of the old rate brought one token, and 9 used are still 5 of 5.
        (await Acquire(fast, Alice)).Decision.RetryAfter.ShouldBe(Ms(200));
        (await Peek(fast, Alice)).Decision.IsAllowed.ShouldBeFalse();
        (await Acquire(slow, Alice)).Decision.Remaining.ShouldBe(0);
    }

    [Fact]
    public async Task Acquire_TokenBucketOfAnotherFraction_RoundsWhatWasUsedUp()
    {
        await Acquire(PerUser(new Rate(3, TimeSpan.FromMilliseconds(1))), Alice, cost: 1);
        Time.Elapsed = TimeSpan.FromMicroseconds(100); // 0.7 of a token is still used

        Answer answer = await Peek(PerUser(Of(RateLimitAlgorithm.TokenBucket, 10_000, 1, burst: 3)), Alice);

        // One token a tick, so a token has no parts any more: 0.7 became 1.
        answer.Decision.Remaining.ShouldBe(2);
        answer.States[0].ResetAfter.ShouldBe(RoundedUp(0.000_1m));
    }

    [Fact]
    public async Task Acquire_DebtOverTheNewCapacity_IsClampedToIt()
    {
        await Charge(PerUser(new Rate(10, TimeSpan.FromSeconds(1))), Alice, cost: 500);

        (await Acquire(PerUser(new Rate(20, TimeSpan.FromSeconds(1))), Alice)).Decision.RetryAfter.ShouldBe(Ms(50));
    }

    [Fact]
    public async Task Acquire_SmallerSlidingWindow_DropsTheOldestCalls()
    {
        ApplicableLimits wide = PerUser(Of(RateLimitAlgorithm.SlidingWindow, 10, 1_000));
        ApplicableLimits narrow = PerUser(Of(RateLimitAlgorithm.SlidingWindow, 4, 1_000));
        foreach (int atMs in (int[])[0, 100, 200])
        {
            Time.Elapsed = Ms(atMs);
            await Acquire(wide, Alice, cost: 3);
        }

        // 3, 3 and 3 become 1 of 100 ms and 3 of 200 ms.
        (await Acquire(narrow, Alice, cost: 1)).Decision.RetryAfter.ShouldBe(Ms(900));
        (await Acquire(narrow, Alice, cost: 2)).Decision.RetryAfter.ShouldBe(Ms(1_000));
        Time.Elapsed = Ms(1_100);
        (await Acquire(narrow, Alice, cost: 1)).Decision.Remaining.ShouldBe(0);
    }

    [Fact]
    public async Task Acquire_ShorterSlidingWindow_ForgetsWhatIsOlderThanThat()
    {
        await Acquire(PerUser(Of(RateLimitAlgorithm.SlidingWindow, 10, 1_000)), Alice, cost: 4);
        Time.Elapsed = Ms(300);
        await Acquire(PerUser(Of(RateLimitAlgorithm.SlidingWindow, 10, 1_000)), Alice, cost: 5);
        Time.Elapsed = Ms(500);
        ApplicableLimits shorter = PerUser(Of(RateLimitAlgorithm.SlidingWindow, 10, 500));

        (await Acquire(shorter, Alice)).Decision.Remaining.ShouldBe(4);
        Time.Elapsed = Ms(800);

        (await Acquire(shorter, Alice)).Decision.Remaining.ShouldBe(8);
    }

    [Fact]
    public async Task Acquire_LongerSlidingWindow_RemembersOnlyWhatStillCounted()
    {
        ApplicableLimits shorter = PerUser(Of(RateLimitAlgorithm.SlidingWindow, 10, 500));
        await Acquire(shorter, Alice, cost: 4);
        Time.Elapsed = Ms(300);
        await Acquire(shorter, Alice, cost: 5);
        Time.Elapsed = Ms(500);

        Answer answer = await Acquire(PerUser(Of(RateLimitAlgorithm.SlidingWindow, 10, 1_000)), Alice, cost: 6);

        answer.Decision.Remaining.ShouldBe(5);
        answer.Decision.RetryAfter.ShouldBe(Ms(800));
    }

    [Fact]
    public async Task Peek_LongerSlidingWindowAfterTheOldOneEmptied_IsNew()
    {
        await Acquire(PerUser(Of(RateLimitAlgorithm.SlidingWindow, 10, 500)), Alice, cost: 4);
        Time.Elapsed = Ms(600);

        Answer answer = await Peek(PerUser(Of(RateLimitAlgorithm.SlidingWindow, 10, 1_000)), Alice);

        answer.Decision.Remaining.ShouldBe(10);
        answer.States[0].ResetAfter.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Acquire_CounterWithOtherNumbers_StartsAWindowWithWhatWasUsedBehindIt()
    {
        await Acquire(PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 10, 1_000)), Alice, cost: 9);
        Time.Elapsed = Ms(1_500); // 4.5 used, rounded up: 5
        ApplicableLimits larger = PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 20, 2_000));

        Answer answer = await Acquire(larger, Alice, cost: 1);

        answer.Decision.Remaining.ShouldBe(14);
        answer.States[0].ResetAfter.ShouldBe(Ms(4_000));
        Time.Elapsed = Ms(2_500);
        (await Acquire(larger, Alice, cost: 1)).Decision.Remaining.ShouldBe(15); // 20 - 2.5 - 2
    }

    [Fact]
    public async Task Acquire_CounterWithLessThanWasUsed_IsClamped()
    {
        await Acquire(PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 10, 1_000)), Alice, cost: 9);

        Answer answer = await Acquire(PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 4, 1_000)), Alice);

        answer.Decision.RetryAfter.ShouldBe(Ms(250));
        answer.States[0].ResetAfter.ShouldBe(Ms(1_000));
    }

    [Fact]
    public async Task Acquire_FixedWindowWithOtherNumbers_KeepsItsStartAndWhatWasUsed()
    {
        Time.Elapsed = Ms(100);
        await Acquire(PerUser(Of(RateLimitAlgorithm.FixedWindow, 10, 1_000)), Alice, cost: 6);
        Time.Elapsed = Ms(400);

        Answer smaller = await Acquire(PerUser(Of(RateLimitAlgorithm.FixedWindow, 4, 2_000)), Alice);
        Answer larger = await Acquire(PerUser(Of(RateLimitAlgorithm.FixedWindow, 20, 2_000)), Alice);
        Answer over = await Acquire(PerUser(Of(RateLimitAlgorithm.FixedWindow, 20, 300)), Alice);

        smaller.Decision.RetryAfter.ShouldBe(Ms(1_700));
        larger.Decision.Remaining.ShouldBe(13);
        larger.States[0].ResetAfter.ShouldBe(Ms(1_700));
        over.Decision.Remaining.ShouldBe(19);
        over.States[0].ResetAfter.ShouldBe(Ms(300));
    }

    [Fact]
    public async Task Acquire_FixedWindowThatBecomesAligned_GoesOnInTheGridsWindow()
    {
        Time.Wall = new DateTimeOffset(2026, 3, 4, 5, 6, 7, 400, TimeSpan.Zero);
        await Acquire(PerUser(Of(RateLimitAlgorithm.FixedWindow, 10, 60_000)), Alice, cost: 6);
        Time.Elapsed = Ms(100);

        Answer answer = await Acquire(PerUser(Of(RateLimitAlgorithm.FixedWindow, 10, 1_000, align: true)), Alice);

        answer.Decision.Remaining.ShouldBe(3);
        answer.States[0].ResetAfter.ShouldBe(Ms(500));
    }

    [Fact]
    public async Task Acquire_AnotherAlgorithm_StartsWithNewBuckets()
    {
        RateLimitAlgorithm[] algorithms = PeriodAlgorithms.All;
        foreach (RateLimitAlgorithm before in algorithms)
        {
            foreach (RateLimitAlgorithm after in algorithms.Where(other => other != before))
            {
                await Drain(PerUser(Of(before, 5, 10_000)), Alice);

                (await Acquire(PerUser(Of(after, 5, 10_000)), Alice)).Decision.Remaining.ShouldBe(4, $"{before} to {after}");
                await Reset(PerUser(Of(after, 5, 10_000)), Alice);
            }
        }
    }

    [Fact]
    public async Task Peek_AnotherAlgorithm_LeavesTheBucketAsItWas()
    {
        ApplicableLimits before = PerUser(Of(RateLimitAlgorithm.TokenBucket, 5, 10_000));
        await Drain(before, Alice);

        (await Peek(PerUser(Of(RateLimitAlgorithm.SlidingWindow, 5, 10_000)), Alice)).Decision.Remaining.ShouldBe(5);

        (await Acquire(before, Alice)).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Refund_UnderNewNumbers_ConvertsTheBucket()
    {
        await Drain(PerUser(new Rate(10, TimeSpan.FromHours(1))), Alice);
        ApplicableLimits faster = PerUser(new Rate(4, TimeSpan.FromSeconds(1)));

        await Refund(faster, Alice, cost: 1); // 10 used are 4 of 4, less 1
        Time.Elapsed = Ms(500);

        (await Acquire(faster, Alice)).Decision.Remaining.ShouldBe(2);
    }

    [Fact]
    public async Task Acquire_ModeChanged_KeepsTheBucket()
    {
        await Acquire(Limits(policy => policy.Mode(LimitMode.Permissive).PerUser("3/1h")), Alice, cost: 3);

        (await Acquire(Limits(policy => policy.PerUser("3/1h")), Alice)).Decision.IsAllowed.ShouldBeFalse();
    }
}
