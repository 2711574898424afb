namespace Sluice.StoreContracts;

/// <summary>Overrides: the same bucket under other numbers, so that a caller whose override changes keeps what it has used.</summary>
public abstract class OverrideContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private static readonly CallerIdentity Pro = Alice.WithClaim("tier", "pro");

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_TierChanges_KeepsWhatWasUsed(RateLimitAlgorithm algorithm)
    {
        RateLimitPolicy policy = Policy(Of(algorithm, 10, 60_000), (RateOverride)Of(algorithm, 100, 60_000));

        await Acquire(For(policy, Alice), Alice, cost: 7);
        (await Peek(For(policy, Pro), Pro)).Remaining.ShouldBe([93]);
        await Acquire(For(policy, Pro), Pro, cost: 30);
        (await Peek(For(policy, Alice), Alice)).Remaining.ShouldBe([0]); // Used beyond the capacity is cut to it.
        (await Acquire(For(policy, Alice), Alice)).Decision.RetryAfter.ShouldBeGreaterThan(TimeSpan.Zero);
        (await Peek(For(policy, Pro), Pro)).Remaining.ShouldBe([63]);
    }

    [Fact]
    public async Task Acquire_OverrideOfAnotherPeriod_IsTheSameBucket()
    {
        RateLimitPolicy policy = Policy(new Rate(10, TimeSpan.FromMinutes(1)), (RateOverride)new Rate(100, TimeSpan.FromHours(1)));

        await Acquire(For(policy, Alice), Alice, cost: 7);
        await Acquire(For(policy, Pro), Pro, cost: 1);

        (await Peek(For(policy, Pro), Pro)).Remaining.ShouldBe([92]);
        (await Peek(For(policy, Alice), Alice)).Remaining.ShouldBe([2]);
    }

    [Fact]
    public async Task Acquire_OverrideWithAList_SharesTheRateThatIsInBoth()
    {
        RateLimitPolicy policy = Policy(
            new Rate(10, TimeSpan.FromMinutes(1)),
            (RateOverride)RateList.Create(new Rate(500, TimeSpan.FromDays(1)), new Rate(100, TimeSpan.FromMinutes(1))));

        await Acquire(For(policy, Alice), Alice, cost: 7);
        Answer pro = await Acquire(For(policy, Pro), Pro, cost: 20);
        pro.Remaining.ShouldBe([480, 73]);
        (await Peek(For(policy, Alice), Alice)).Remaining.ShouldBe([0]);
        (await Peek(For(policy, Pro), Pro)).Remaining.ShouldBe([480, 73]);
    }

    [Fact]
    public async Task Acquire_Unlimited_ChargesNothingAndForgetsNothing()
    {
        RateLimitPolicy policy = Policy(new Rate(10, TimeSpan.FromMinutes(1)), RateOverride.Unlimited);

        await Acquire(For(policy, Alice), Alice, cost: 7);
        For(policy, Pro).Count.ShouldBe(0);
        (await Acquire(For(policy, Pro), Pro, cost: 1_000)).Decision.IsAllowed.ShouldBeTrue();

        (await Peek(For(policy, Alice), Alice)).Remaining.ShouldBe([3]);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_Nothing_IsUnsatisfiableAndLeavesTheBucket(RateLimitAlgorithm algorithm)
    {
        RateLimitPolicy policy = Policy(Of(algorithm, 10, 60_000), RateOverride.Nothing);
        ApplicableLimits nothing = For(policy, Pro);
        await Acquire(For(policy, Alice), Alice, cost: 2);

        foreach (Answer answer in new[] { await Peek(nothing, Pro), await Acquire(nothing, Pro), await Acquire(nothing, Pro) })
        {
            answer.Decision.Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
            answer.Decision.RetryAfter.ShouldBe(Timeout.InfiniteTimeSpan);
            answer.Decision.Limit!.AdmitsNothing.ShouldBeTrue();
            answer.Limit.ShouldBe("perUser");
            answer.Remaining.ShouldBe([0]);
            answer.Outcomes.ShouldBe([RateLimitOutcome.Unsatisfiable]);
        }

        (await Peek(For(policy, Alice), Alice)).Remaining.ShouldBe([8]);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task ChargeAndRefund_Nothing_CountTheirTokensAndNoMore(RateLimitAlgorithm algorithm)
    {
        RateLimitPolicy policy = Policy(Of(algorithm, 10, 60_000), RateOverride.Nothing);

        await Charge(For(policy, Pro), Pro, cost: 5);
        await Refund(For(policy, Pro), Pro, cost: 2);

        (await Peek(For(policy, Alice), Alice)).Remaining.ShouldBe([7]);
    }

    [Fact]
    public async Task Acquire_NothingBesideOtherLimits_ChargesNone()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits
            .Shared("5/1m")
            .PerUser("4/1m")
            .Override(when => when.Claim("tier", "pro"), rates => rates.PerUser("0")));

        (await Acquire(For(policy, Pro), Pro)).Remaining.ShouldBe([5, 0]);
        (await Acquire(For(policy, Bob), Bob)).Remaining.ShouldBe([4, 3]);
    }

    [Fact]
    public async Task Acquire_PermissiveNothing_RejectsNoCall()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits
            .Shared("5/1m")
            .Tool("search", tool => tool
                .PerUser("4/1m").Mode(LimitMode.Permissive).Override(when => when.Claim("tier", "pro"), rates => rates.PerUser("0"))));

        Answer answer = await Acquire(For(policy, Pro), Pro);

        answer.Decision.IsAllowed.ShouldBeTrue();
        answer.Outcomes.ShouldBe([RateLimitOutcome.Allowed, RateLimitOutcome.Unsatisfiable]);
        (await Peek(For(policy, Alice), Alice)).Remaining.ShouldBe([4, 4]);
    }

    [Fact]
    public async Task Acquire_NamedLimitWithOverride_KeepsItsBucketAndName()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits
            .Limit("by-user", limit => limit.Per("user").Rate("5/1m").Override(when => when.Claim("tier", "pro"), "9/1m", "20/1d")));

        await Acquire(For(policy, Alice), Alice, cost: 4);

        Answer answer = await Acquire(For(policy, Pro), Pro, cost: 6);
        answer.Limit.ShouldBe("by-user/1m");
        answer.Remaining.ShouldBe([5, 20]);
    }

    private static RateLimitPolicy Policy(Rate rate, RateOverride pro) => RateLimitPolicy.Build("files", limits => limits
        .PerUser(rate)
        .Override(when => when.Claim("tier", "pro"), rates => rates.PerUser(pro)));

    private static ApplicableLimits For(RateLimitPolicy policy, CallerIdentity caller) => policy.Select("tools/call", "search", caller);
}
