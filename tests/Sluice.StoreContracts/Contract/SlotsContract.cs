namespace Sluice.StoreContracts;

/// <summary>Limits on concurrency: a call holds a slot of each until it is released.</summary>
public abstract class SlotsContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private static readonly LimitState Full = new() { Outcome = RateLimitOutcome.Denied, RetryAfter = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task Acquire_AllSlotsHeld_IsRejectedWithTheRunningCalls()
    {
        ApplicableLimits limits = Limits(policy => policy.Concurrency(new() { PerUser = 2 }));
        await Begin(limits, Alice);
        await Begin(limits, Alice);

        (RateLimitRequest rejected, Answer answer) = await Begin(limits, Alice);

        answer.Decision.ShouldBe(new RateLimitDecision
        {
            Outcome = RateLimitOutcome.Denied,
            Limit = limits[0],
            Running = 2,
            RetryAfter = TimeSpan.FromSeconds(1),
        });
        answer.States.ShouldBe([Full]);
        rejected.Slots!.IsHeld.ShouldBeFalse();
        limits[0].Name.ShouldBe("perUser/concurrency");
    }

    [Fact]
    public async Task Release_ACallEnded_FreesItsSlot()
    {
        ApplicableLimits limits = Limits(policy => policy.Concurrency(new() { PerUser = 1 }));
        (RateLimitRequest first, _) = await Begin(limits, Alice);

        await Store.ReleaseAsync(first, default);

        (await Begin(limits, Alice)).Answer.Decision.IsAllowed.ShouldBeTrue();
        (await Begin(limits, Alice)).Answer.Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Release_Twice_FreesOneSlot()
    {
        ApplicableLimits limits = Limits(policy => policy.Concurrency(new() { Shared = 2 }));
        (RateLimitRequest first, _) = await Begin(limits, Alice);
        await Begin(limits, Bob);

        await Store.ReleaseAsync(first, default);
        await Store.ReleaseAsync(first, default);

        (await Peek(limits, Alice)).Remaining.ShouldBe([1]);
    }

    [Fact]
    public async Task Release_ARejectedCall_FreesNothing()
    {
        ApplicableLimits limits = Limits(policy => policy.Concurrency(new() { Shared = 1 }));
        await Begin(limits, Alice);
        (RateLimitRequest rejected, _) = await Begin(limits, Bob);

        await Store.ReleaseAsync(rejected, default);

        (await Peek(limits, Alice)).Remaining.ShouldBe([0]);
    }

    [Fact]
    public async Task Acquire_NoSlot_ChargesNoToken()
    {
        ApplicableLimits limits = Limits(policy => policy.PerUser("5/1h").Concurrency(new() { PerUser = 1 }));
        await Begin(limits, Alice);

        (_, Answer answer) = await Begin(limits, Alice);

        answer.Limit.ShouldBe("perUser/concurrency");
        answer.Remaining.ShouldBe([4, 0]);
        (await Peek(limits, Alice)).Remaining.ShouldBe([4, 0]);
    }

    [Fact]
    public async Task Acquire_NoTokens_TakesNoSlot()
    {
        ApplicableLimits limits = Limits(policy => policy.PerUser("1/1h").Concurrency(new() { Shared = 3 }));
        (RateLimitRequest first, _) = await Begin(limits, Alice);

        (_, Answer answer) = await Begin(limits, Alice);

        answer.Limit.ShouldBe("perUser");
        answer.Remaining.ShouldBe([2, 0]);
        await Store.ReleaseAsync(first, default);
        (await Peek(limits, Alice)).Remaining.ShouldBe([3, 0]);
    }

    [Fact]
    public async Task Acquire_SeveralScopes_HoldsASlotOfEachUntilTheRelease()
    {
        ApplicableLimits limits = Limits(policy => policy
            .Concurrency(new() { Shared = 9, PerTenant = 8, PerUser = 7, PerClient = 6 })
            .Tool("search", tool => tool.Concurrency(new() { Shared = 5, PerUser = 4 })));
        (RateLimitRequest first, Answer answer) = await Begin(limits, Alice);
        answer.Remaining.ShouldBe([8, 4, 7, 6, 3, 5]);
        (await Begin(limits, Bob)).Answer.Remaining.ShouldBe([7, 3, 6, 6, 3, 4]);

        await Store.ReleaseAsync(first, default);

        (await Peek(limits, Alice)).Remaining.ShouldBe([8, 4, 7, 7, 4, 5]);
    }

    [Fact]
    public async Task Acquire_ACostlyCall_TakesOneSlot()
    {
        ApplicableLimits limits = Limits(policy => policy.PerUser("100/1h").Concurrency(new() { PerUser = 2 }));

        (_, Answer answer) = await Begin(limits, Alice, cost: 50);

        answer.Decision.IsAllowed.ShouldBeTrue();
        answer.Decision.Remaining.ShouldBe(50); // Tokens only.
        answer.Remaining.ShouldBe([50, 1]);
    }

    [Fact]
    public async Task Acquire_PermissiveIsFull_AllowsCountsAndReports()
    {
        ApplicableLimits limits = Limits(policy => policy.Mode(LimitMode.Permissive).Concurrency(new() { PerUser = 1 }));
        (RateLimitRequest first, _) = await Begin(limits, Alice);

        (RateLimitRequest second, Answer answer) = await Begin(limits, Alice);

        answer.Decision.ShouldBe(new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = int.MaxValue });
        answer.States.ShouldBe([Full]);
        await Store.ReleaseAsync(first, default);
        (await Peek(limits, Alice)).States.ShouldBe([Full]); // The second still runs.
        await Store.ReleaseAsync(second, default);
        (await Peek(limits, Alice)).Remaining.ShouldBe([1]);
    }

    [Fact]
    public async Task Acquire_TheNumberIsLowered_KeepsTheRunningCalls()
    {
        ApplicableLimits ten = Limits(policy => policy.Concurrency(new() { PerUser = 10 }));
        ApplicableLimits two = Limits(policy => policy.Concurrency(new() { PerUser = 2 }));
        List<RateLimitRequest> running = [];
        for (int i = 0; i < 4; i++)
        {
            running.Add((await Begin(ten, Alice)).Request);
        }

        Answer full = (await Begin(two, Alice)).Answer;

        full.Decision.Running.ShouldBe(4);
        foreach (RateLimitRequest call in running)
        {
            await Store.ReleaseAsync(call, default); // Acquired under ten, released where it was acquired.
        }

        (await Begin(two, Alice)).Answer.Remaining.ShouldBe([1]);
        (await Peek(ten, Alice)).Remaining.ShouldBe([9]);
    }

    [Fact]
    public async Task RefundChargeAndReset_RunningCalls_KeepTheirSlots()
    {
        ApplicableLimits limits = Limits(policy => policy.PerUser("9/1h").Concurrency(new() { PerUser = 2 }));
        (RateLimitRequest first, _) = await Begin(limits, Alice);

        await Charge(limits, Alice, cost: 3);
        await Refund(limits, Alice, cost: 1);
        (await Peek(limits, Alice)).Remaining.ShouldBe([6, 1]);
        await Reset(limits, Alice);
        (await Peek(limits, Alice)).Remaining.ShouldBe([9, 1]);
        await Store.ReleaseAsync(first, default);
        (await Peek(limits, Alice)).Remaining.ShouldBe([9, 2]);
    }

    [Fact]
    public async Task Acquire_TimePasses_SlotsStayHeld()
    {
        ApplicableLimits limits = Limits(policy => policy.Concurrency(new() { PerUser = 1 }));
        await Begin(limits, Alice);
        Time.Elapsed = TimeSpan.FromMinutes(59);

        (await Begin(limits, Alice)).Answer.Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Acquire_WithoutHeldSlots_IsAnArgumentException()
    {
        ApplicableLimits limits = Limits(policy => policy.Concurrency(new() { PerUser = 1 }));
        (RateLimitRequest held, _) = await Begin(limits, Alice);

        await Should.ThrowAsync<ArgumentException>(async () => await Store.AcquireAsync(new RateLimitRequest(limits, Alice), default, default));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.AcquireAsync(held, default, default));
    }

    [Fact]
    public async Task Acquire_TwoServers_CountApart()
    {
        ApplicableLimits files = Limits(policy => policy.Concurrency(new() { Shared = 1 }));
        ApplicableLimits mail = Search(RateLimitPolicy.Build("mail", policy => policy.Concurrency(new() { Shared = 1 })));
        await Begin(files, Alice);

        (await Begin(mail, Alice)).Answer.Decision.IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Acquire_ManyCallsOfOneCaller_NeverRunsMoreThanTheLimit()
    {
        ApplicableLimits limits = Limits(policy => policy.Concurrency(new() { PerUser = 5, Shared = 7 }));
        Queue<RateLimitRequest> running = [];
        int allowed = 0;
        for (int i = 0; i < 200; i++)
        {
            (RateLimitRequest request, Answer answer) = await Begin(limits, i % 3 == 0 ? Bob : Alice);
            if (answer.Decision.IsAllowed)
            {
                running.Enqueue(request);
                allowed++;
            }

            running.Count.ShouldBeLessThanOrEqualTo(7);
            running.Count(call => call.Caller == Alice).ShouldBeLessThanOrEqualTo(5);
            if (i % 4 == 3)
            {
                await Store.ReleaseAsync(running.Dequeue(), default);
            }
        }

        allowed.ShouldBe(running.Count + 50);
        while (running.TryDequeue(out RateLimitRequest call))
        {
            await Store.ReleaseAsync(call, default);
        }

        (await Peek(limits, Alice)).Remaining.ShouldBe([7, 5]);
    }

    [Fact]
    public async Task Acquire_EntryOfLimits_CountsTheRunningCallsOfItsKey()
    {
        ApplicableLimits limits = Limits(policy => policy.Limit("renders", limit => limit.Per("claim:team").Concurrency(2)));
        CallerIdentity alice = Alice.WithClaim("team", "search", "ads");
        CallerIdentity bob = Bob.WithClaim("team", "ads", "search");
        await Begin(limits, alice);
        (RateLimitRequest second, Answer answer) = await Begin(limits, bob);
        answer.Remaining.ShouldBe([0]);

        (_, Answer rejected) = await Begin(limits, alice);

        (rejected.Limit, rejected.Decision.Running).ShouldBe(("renders", 2));
        (await Begin(limits, Alice.WithClaim("team", "search"))).Answer.Remaining.ShouldBe([1]);
        await Store.ReleaseAsync(second, default);
        (await Begin(limits, alice)).Answer.Decision.IsAllowed.ShouldBeTrue();
    }

    // The first call was admitted before the caller's tier changed; it ends after that.
    [Fact]
    public async Task Acquire_OverrideOfAnEntryChanges_KeepsTheRunningCalls()
    {
        CallerIdentity pro = Alice.WithClaim("tier", "pro");
        CallerIdentity staff = Alice.WithClaim("tier", "staff");
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits.Limit("renders", limit => limit
            .Per("user")
            .Concurrency(1)
            .Override(when => when.Claim("tier", "pro"), 3)
            .Override(when => when.Claim("tier", "staff"), "unlimited")));
        (RateLimitRequest first, _) = await Begin(For(Alice), Alice);
        (await Begin(For(pro), pro)).Answer.Remaining.ShouldBe([1]);
        (await Begin(For(staff), staff)).Answer.States.ShouldBeEmpty();
        (await Begin(For(Alice), Alice)).Answer.Decision.Running.ShouldBe(2);

        await Store.ReleaseAsync(first, default);

        (await Begin(For(Alice), Alice)).Answer.Decision.Running.ShouldBe(1);
        (await Peek(For(pro), pro)).Remaining.ShouldBe([2]);

        ApplicableLimits For(CallerIdentity caller) => policy.Select("tools/call", "search", caller);
    }

    private async Task<(RateLimitRequest Request, Answer Answer)> Begin(ApplicableLimits limits, CallerIdentity caller, int cost = 1)
    {
        RateLimitRequest request = new(limits, caller, cost) { Slots = new HeldSlots() };
        return (request, await Ask(Store.AcquireAsync, request));
    }
}
