namespace Sluice.StoreContracts;

/// <summary>Several rates for one scope: each has a bucket, all must admit, and a list that changes keeps what was used.</summary>
public abstract class RateListContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private static readonly Rate PerSecond = new(2, TimeSpan.FromSeconds(1));
    private static readonly Rate PerMinute = new(3, TimeSpan.FromMinutes(1));

    [Fact]
    public async Task Acquire_TwoRates_MustMeetBoth()
    {
        ApplicableLimits limits = PerUser([PerSecond, PerMinute]);

        (await Drain(limits, Alice)).ShouldBe(2);
        (await Acquire(limits, Alice)).Decision.Limit!.Name.ShouldBe("perUser/1s");
        Time.Elapsed = Ms(1_000);
        (await Drain(limits, Alice)).ShouldBe(1);

        Answer answer = await Acquire(limits, Alice);
        answer.Decision.Limit!.Name.ShouldBe("perUser/1m");
        answer.Decision.RetryAfter.ShouldBe(Ms(19_000));
        answer.States.Select(state => state.Outcome).ShouldBe([RateLimitOutcome.Allowed, RateLimitOutcome.Denied]);
    }

    [Fact]
    public async Task Acquire_BothReject_ReportsTheLongestWait()
    {
        ApplicableLimits limits = PerUser([new Rate(1, TimeSpan.FromSeconds(1)), new Rate(1, TimeSpan.FromHours(1))]);
        await Acquire(limits, Alice);

        Answer answer = await Acquire(limits, Alice);

        answer.Decision.Limit!.Name.ShouldBe("perUser/1h");
        answer.Decision.RetryAfter.ShouldBe(TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task Acquire_OneRateRejects_ChargesNone()
    {
        ApplicableLimits limits = PerUser([PerSecond, PerMinute]);
        await Drain(limits, Alice);

        for (int i = 0; i < 10; i++)
        {
            await Acquire(limits, Alice);
        }

        (await Peek(limits, Alice)).States.Select(state => state.Remaining).ShouldBe([0, 1]);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_RateGetsCompany_KeepsWhatWasUsed(RateLimitAlgorithm algorithm)
    {
        Rate alone = Of(algorithm, 10, 60_000);
        await Acquire(PerUser([alone]), Alice, cost: 7);

        (await Remaining(PerUser([alone, Of(algorithm, 100, 3_600_000)]), Alice)).ShouldBe([3, 100]);
        (await Remaining(PerUser([Of(algorithm, 5, 1_000), alone]), Alice)).ShouldBe([5, 3]);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_ListIsReordered_KeepsWhatWasUsed(RateLimitAlgorithm algorithm)
    {
        Rate first = Of(algorithm, 10, 60_000);
        Rate second = Of(RateLimitAlgorithm.TokenBucket, 100, 3_600_000);
        Rate third = Of(RateLimitAlgorithm.TokenBucket, 50, 7_200_000);
        await Acquire(PerUser([first, second, third]), Alice, cost: 4);

        (await Remaining(PerUser([third, second, first]), Alice)).ShouldBe([46, 96, 6]);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_RateLosesCompany_KeepsWhatWasUsed(RateLimitAlgorithm algorithm)
    {
        Rate kept = Of(algorithm, 10, 60_000);
        await Acquire(PerUser([Of(RateLimitAlgorithm.TokenBucket, 5, 1_000), kept]), Alice, cost: 4);

        (await Remaining(PerUser([kept]), Alice)).ShouldBe([6]);
    }

    [Fact]
    public async Task Acquire_PeriodOfAnEntryChanges_KeepsWhatWasUsed()
    {
        await Acquire(PerUser([PerSecond, new Rate(10, TimeSpan.FromHours(1))]), Alice, cost: 2);

        (await Remaining(PerUser([PerSecond, new Rate(10, TimeSpan.FromDays(1))]), Alice)).ShouldBe([0, 8]);
    }

    [Fact]
    public async Task Reset_OneRate_LeavesTheOthers()
    {
        ApplicableLimits limits = PerUser([PerSecond, PerMinute]);
        await Acquire(limits, Alice, cost: 2);

        await Store.ResetAsync(new[] { limits[1] }, Alice, default);

        (await Remaining(limits, Alice)).ShouldBe([0, 3]);
    }

    [Fact]
    public async Task Reset_RateThatWasNeverCharged_TakesNoOther()
    {
        await Acquire(PerUser([PerMinute]), Alice, cost: 2);
        ApplicableLimits limits = PerUser([PerMinute, new Rate(9, TimeSpan.FromHours(1))]);

        await Store.ResetAsync(new[] { limits[1] }, Alice, default);

        (await Remaining(limits, Alice)).ShouldBe([1, 9]);
    }

    [Fact]
    public async Task RefundAndCharge_List_ChangeEveryRate()
    {
        ApplicableLimits limits = PerUser([PerSecond, PerMinute]);
        await Charge(limits, Alice, cost: 2);
        (await Remaining(limits, Alice)).ShouldBe([0, 1]);

        await Refund(limits, Alice);

        (await Remaining(limits, Alice)).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Acquire_MostLimits_ChargesAllOrNone()
    {
        RateList server = RateList.Parse("90/1m", "91/2m", "92/3m", "93/4m");
        RateList tool = RateList.Parse("40/1m", "5/2m", "42/3m", "43/4m");
        ApplicableLimits limits = Limits(policy => policy
            .Shared(server).PerTenant(server).PerUser(server).PerClient(server)
            .Tool("search", search => search.Shared(tool).PerTenant(tool).PerUser(tool).PerClient(tool)));
        limits.Count.ShouldBe(ApplicableLimits.MaxCount);

        (await Drain(limits, Alice)).ShouldBe(5);
        (await Acquire(limits, Bob)).Decision.IsAllowed.ShouldBeFalse(); // What Alice used of the shared limits.

        Answer answer = await Peek(limits, Alice);
        answer.Decision.Limit!.Name.ShouldBe("search/shared/2m");
        answer.States.Select(state => state.Remaining).ShouldBe(
            limits.Limits.ToArray().Select(limit => limit.Rate.MaxTokens - 5));
    }

    private static ApplicableLimits PerUser(RateList rates) => Limits(limits => limits.PerUser(rates));

    private async Task<int[]> Remaining(ApplicableLimits limits, CallerIdentity caller) =>
        [.. (await Peek(limits, caller)).States.Select(state => state.Remaining)];
}
