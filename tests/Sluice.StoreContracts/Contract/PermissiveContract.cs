namespace Sluice.StoreContracts;

/// <summary>Permissive limits decide and are charged, and refuse no call.</summary>
public abstract class PermissiveContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Fact]
    public async Task Acquire_PermissiveHasNoTokens_AllowsAndSaysThatItWouldRefuse()
    {
        ApplicableLimits limits = Limits(policy => policy.Mode(LimitMode.Permissive).PerUser("1/1s"));
        await Acquire(limits, Alice);

        Answer answer = await Acquire(limits, Alice);

        answer.Decision.ShouldBe(new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = int.MaxValue });
        answer.States[0].ShouldBe(new LimitState
        {
            Outcome = RateLimitOutcome.Denied,
            Remaining = 0,
            RetryAfter = Ms(1_000),
            ResetAfter = Ms(1_000),
        });
    }

    [Fact]
    public async Task Acquire_PermissiveWouldRefuse_IsNotChargedAndTheEnforcedIs()
    {
        ApplicableLimits limits = PermissiveMethodAndEnforcedTool("2/1s", "5/1s");
        await Acquire(limits, Alice, cost: 1);

        Answer answer = await Acquire(limits, Alice, cost: 2);

        answer.Decision.Outcome.ShouldBe(RateLimitOutcome.Allowed);
        answer.Decision.Remaining.ShouldBe(2); // of the enforced limit; the permissive one has fewer
        answer.Outcomes.ShouldBe([RateLimitOutcome.Denied, RateLimitOutcome.Allowed]);
        answer.Remaining.ShouldBe([1, 2]);
        answer.States[0].RetryAfter.ShouldBe(Ms(500));
    }

    [Fact]
    public async Task Acquire_EnforcedRefuses_ChargesThePermissiveNothing()
    {
        ApplicableLimits limits = PermissiveMethodAndEnforcedTool("9/1s", "2/1s");
        await Drain(limits, Alice);

        Answer answer = await Acquire(limits, Alice);

        answer.Limit.ShouldBe("search/perUser");
        answer.Outcomes.ShouldBe([RateLimitOutcome.Allowed, RateLimitOutcome.Denied]);
        answer.Remaining.ShouldBe([7, 0]);
    }

    [Fact]
    public async Task Acquire_PermissiveWaitsLonger_IsNotTheLimitThatRefused()
    {
        ApplicableLimits limits = PermissiveMethodAndEnforcedTool("1/1h", "1/1s");
        await Acquire(limits, Alice);

        Answer answer = await Acquire(limits, Alice);

        answer.Limit.ShouldBe("search/perUser");
        answer.Decision.RetryAfter.ShouldBe(Ms(1_000));
        answer.States[0].RetryAfter.ShouldBe(TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task Acquire_CostAboveThePermissiveBucket_IsAllowed()
    {
        ApplicableLimits limits = PermissiveMethodAndEnforcedTool("2/1s", "5/1s");

        Answer answer = await Acquire(limits, Alice, cost: 3);

        answer.Decision.Outcome.ShouldBe(RateLimitOutcome.Allowed);
        answer.Outcomes.ShouldBe([RateLimitOutcome.Unsatisfiable, RateLimitOutcome.Allowed]);
        answer.States[0].RetryAfter.ShouldBe(Timeout.InfiniteTimeSpan);
        answer.Remaining.ShouldBe([2, 2]);
    }

    [Fact]
    public async Task ChargeAndRefund_Permissive_ReachItToo()
    {
        ApplicableLimits limits = PermissiveMethodAndEnforcedTool("9/1s", "9/1s");

        await Charge(limits, Alice, cost: 4);
        (await Acquire(limits, Alice)).Remaining.ShouldBe([4, 4]);
        await Refund(limits, Alice, cost: 2);
        (await Acquire(limits, Alice)).Remaining.ShouldBe([5, 5]);
    }

    private static ApplicableLimits PermissiveMethodAndEnforcedTool(string permissive, string enforced) => Limits(policy => policy
        .Method("tools/call", method => method.PerUser(permissive).Mode(LimitMode.Permissive))
        .Tool("search", tool => tool.PerUser(enforced)));
}
