namespace Sluice.StoreContracts;

/// <summary>One decision looks at every limit at one instant, and charges all of them or none.</summary>
public abstract class AllOrNothingContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Fact]
    public async Task Acquire_NoLimits_AllowsWithoutEnd()
    {
        Answer answer = await Acquire(ApplicableLimits.None, Alice, int.MaxValue);

        answer.Decision.ShouldBe(new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = int.MaxValue });
    }

    [Fact]
    public async Task Acquire_Allowed_ChargesEveryLimitAndTellsTheFewestLeft()
    {
        ApplicableLimits limits = Limits(policy => policy
            .Shared("10/1s").PerTenant("7/1s").PerUser("5/1s").PerClient("9/1s"));

        Answer answer = await Acquire(limits, Alice, cost: 2);

        answer.Remaining.ShouldBe([8, 5, 3, 7]);
        answer.Outcomes.ShouldAllBe(outcome => outcome == RateLimitOutcome.Allowed);
        answer.Decision.ShouldBe(new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = 3 });
        answer.States[1].ResetAfter.ShouldBe(RoundedUp(2_000m / 7));
    }

    [Fact]
    public async Task Acquire_LastLimitRefuses_ChargesNoneOfTheOthers()
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("10/1s").PerTenant("10/1s").PerUser("10/1s").PerClient("2/1s"));
        await Drain(limits, Alice);

        Answer refused = await Acquire(limits, Alice);

        refused.Limit.ShouldBe("perClient");
        refused.Remaining.ShouldBe([8, 8, 8, 0]);
        refused.Outcomes.ShouldBe(
            [RateLimitOutcome.Allowed, RateLimitOutcome.Allowed, RateLimitOutcome.Allowed, RateLimitOutcome.Denied]);
        refused.States[0].RetryAfter.ShouldBe(TimeSpan.Zero);
        (await Peek(limits, Alice)).Remaining.ShouldBe([8, 8, 8, 0]);
    }

    [Fact]
    public async Task Acquire_FirstLimitRefuses_ChargesNoneOfTheOthers()
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("2/1s").PerTenant("10/1s").PerUser("10/1s").PerClient("10/1s"));
        await Drain(limits, Alice);

        Answer refused = await Acquire(limits, Alice);

        refused.Limit.ShouldBe("shared");
        refused.Remaining.ShouldBe([0, 8, 8, 8]);
    }

    [Theory]
    [InlineData("1/1s", "1/3s", "1/2s", "perUser", 3_000)]
    [InlineData("1/3s", "1/1s", "1/2s", "shared", 3_000)]
    [InlineData("1/1s", "1/2s", "1/3s", "search/perUser", 3_000)]
    [InlineData("1/2s", "1/2s", "1/2s", "shared", 2_000)] // equal waits: the first in the policy's order
    [InlineData("1/1s", "1/2s", "1/2s", "perUser", 2_000)]
    [InlineData("5/1s", "1/2s", "1/2s", "perUser", 2_000)]
    public async Task Acquire_SeveralRefuse_NamesTheLongestWaitAndOfEqualsTheFirst(
        string shared, string perUser, string search, string refusing, int retryMs)
    {
        ApplicableLimits limits = Limits(policy => policy
            .Shared(shared).PerUser(perUser).Tool("search", tool => tool.PerUser(search)));
        await Acquire(limits, Alice);

        Answer answer = await Acquire(limits, Alice);

        answer.Limit.ShouldBe(refusing);
        answer.Decision.Outcome.ShouldBe(RateLimitOutcome.Denied);
        answer.Decision.RetryAfter.ShouldBe(Ms(retryMs));
        answer.Decision.Remaining.ShouldBe(0);
    }

    [Fact]
    public async Task Acquire_WaitsThatNoTimeSpanHolds_AreTheLongestThereIsAndEqual()
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("1/1h").PerUser("1/61m"));
        await Charge(limits, Alice, cost: 300_000_000); // 34,000 and 35,000 years; a TimeSpan ends at 29,000

        Answer answer = await Acquire(limits, Alice);

        answer.Limit.ShouldBe("shared");
        answer.States.ShouldAllBe(state => state.RetryAfter == TimeSpan.MaxValue && state.ResetAfter == TimeSpan.MaxValue);
        answer.Decision.RetryAfter.ShouldBe(TimeSpan.MaxValue);
    }

    [Fact]
    public async Task Acquire_LongestWaitIsNotTheFewestLeft_TellsWhatTheRefusingLimitHas()
    {
        ApplicableLimits limits = Limits(policy => policy
            .Shared(new Rate(4, TimeSpan.FromSeconds(1))).PerUser(new Rate(8, TimeSpan.FromMinutes(1))));
        await Acquire(limits, Alice, cost: 4);

        Answer answer = await Acquire(limits, Alice, cost: 4);
        Answer dearer = await Acquire(limits, Alice, cost: 3);

        answer.Limit.ShouldBe("shared");
        answer.Decision.RetryAfter.ShouldBe(Ms(1_000));
        dearer.Limit.ShouldBe("shared");
        dearer.Decision.RetryAfter.ShouldBe(Ms(750));
        dearer.Remaining.ShouldBe([0, 4]);
    }

    [Fact]
    public async Task Acquire_EveryAlgorithmTogether_ChargesAllOrNone()
    {
        ApplicableLimits limits = Limits(policy => policy
            .Shared(Of(RateLimitAlgorithm.TokenBucket, 6, 1_000))
            .PerTenant(Of(RateLimitAlgorithm.SlidingWindow, 5, 1_000))
            .PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 4, 1_000))
            .PerClient(Of(RateLimitAlgorithm.FixedWindow, 3, 1_000)));

        (await Acquire(limits, Alice, cost: 3)).Remaining.ShouldBe([3, 2, 1, 0]);
        Answer refused = await Acquire(limits, Alice, cost: 2);

        refused.Remaining.ShouldBe([3, 2, 1, 0]);
        refused.Limit.ShouldBe("perUser");
        refused.Decision.RetryAfter.ShouldBe(RoundedUp(1_000 + (1_000m / 3)));
        refused.States[3].RetryAfter.ShouldBe(Ms(1_000));
    }

    [Fact]
    public async Task Acquire_CostAboveTheBucket_IsUnsatisfiableWhateverTheState()
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("10/1h").PerUser("3/1s").PerClient("2/1s"));
        await Acquire(limits, Alice, cost: 2);

        Answer answer = await Acquire(limits, Alice, cost: 4);

        answer.Decision.Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
        answer.Limit.ShouldBe("perUser"); // the first that never will, not the one that waits longest
        answer.Decision.RetryAfter.ShouldBe(Timeout.InfiniteTimeSpan);
        answer.Decision.Remaining.ShouldBe(1);
        answer.Outcomes.ShouldBe([RateLimitOutcome.Allowed, RateLimitOutcome.Unsatisfiable, RateLimitOutcome.Unsatisfiable]);
        answer.Remaining.ShouldBe([8, 1, 0]);
    }

    [Fact]
    public async Task Acquire_OneDeniesAndOneNeverWill_IsUnsatisfiable()
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("10/1h").PerUser("3/1s"));
        await Charge(limits, Alice, cost: 9);

        Answer answer = await Acquire(limits, Alice, cost: 4);

        answer.Limit.ShouldBe("perUser");
        answer.Outcomes.ShouldBe([RateLimitOutcome.Denied, RateLimitOutcome.Unsatisfiable]);
        answer.States[0].RetryAfter.ShouldBe(TimeSpan.FromMinutes(18));
        answer.States[1].RetryAfter.ShouldBe(Timeout.InfiniteTimeSpan);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_CostOfTheWholeBucket_IsAllowedAndOneMoreIsUnsatisfiable(RateLimitAlgorithm algorithm)
    {
        ApplicableLimits limits = PerUser(Of(algorithm, 5, 1_000));

        (await Acquire(limits, Alice, cost: 6)).Decision.Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
        (await Acquire(limits, Alice, cost: int.MaxValue)).Decision.Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
        (await Acquire(limits, Alice, cost: 5)).Decision.Outcome.ShouldBe(RateLimitOutcome.Allowed);
    }

    [Fact]
    public async Task Acquire_StatesThatAreNotRead_AreNotAskedFor()
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("2/1s").PerUser("2/1s"));

        RateLimitDecision decision = await Store.AcquireAsync(new RateLimitRequest(limits, Alice), default, default);

        decision.Remaining.ShouldBe(1);
    }

    [Fact]
    public async Task Acquire_TooFewStates_ThrowsAndChargesNothing()
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("2/1s").PerUser("2/1s"));
        RateLimitRequest request = new(limits, Alice);

        await Should.ThrowAsync<ArgumentException>(async () => await Store.AcquireAsync(request, new LimitState[1], default));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.PeekAsync(request, new LimitState[1], default));

        (await Acquire(limits, Alice)).Remaining.ShouldBe([1, 1]);
    }

    [Fact]
    public async Task Acquire_MoreStatesThanLimits_LeavesTheRestAlone()
    {
        LimitState untouched = new() { Remaining = 77 };
        LimitState[] states = [untouched, untouched];

        await Store.AcquireAsync(new RateLimitRequest(PerUser(new Rate(3, TimeSpan.FromSeconds(1))), Alice), states, default);

        states[0].Remaining.ShouldBe(2);
        states[1].ShouldBe(untouched);
    }
}
