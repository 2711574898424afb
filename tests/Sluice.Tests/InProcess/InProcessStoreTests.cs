namespace Sluice.Tests;

public class InProcessStoreTests
{
    private static readonly CallerIdentity Alice = StoreFixture.User(1);

    [Fact]
    public void MaxKeys_ByDefault_IsAMillion() => new InProcessStoreOptions().MaxKeys.ShouldBe(1_000_000);

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(134_217_729)]
    [InlineData(int.MaxValue)]
    public void Constructor_MaxKeysOutOfRange_Throws(int maxKeys) =>
        Should.Throw<ArgumentOutOfRangeException>(
            () => new InProcessStore(new InProcessStoreOptions { MaxKeys = maxKeys }, TimeProvider.System));

    [Fact]
    public void Constructor_MaxKeysOutOfRange_SaysTheRange() =>
        Should.Throw<ArgumentOutOfRangeException>(
            () => new InProcessStore(new InProcessStoreOptions { MaxKeys = 0 }, TimeProvider.System))
            .Message.ShouldContain("MaxKeys is outside 1 to 134217728.");

    [Fact]
    public void Constructor_MostKeys_ReservesMemoryForThem()
    {
        // Eight gigabytes that are not touched. A system that promises no more than it has may refuse.
        Exception? exception = Record.Exception(
            () => new InProcessStore(new InProcessStoreOptions { MaxKeys = 134_217_728 }, TimeProvider.System));

        (exception is null or OutOfMemoryException).ShouldBeTrue($"{exception}");
    }

    [Fact]
    public void Constructor_Null_Throws()
    {
        Should.Throw<ArgumentNullException>(() => new InProcessStore(null!, TimeProvider.System)).ParamName.ShouldBe("options");
        Should.Throw<ArgumentNullException>(() => new InProcessStore(new InProcessStoreOptions(), null!)).ParamName.ShouldBe("time");
    }

    [Fact]
    public void Reset_NoCaller_Throws() => Should.Throw<ArgumentNullException>(
        () => new StoreFixture().Store.Reset(StoreFixture.PerUser(new Rate(1, TimeSpan.FromSeconds(1))).Limits, null!))
        .ParamName.ShouldBe("caller");

    [Fact]
    public void Acquire_NoLimits_Allows()
    {
        StoreFixture fixture = new();

        RateLimitDecision decision = fixture.Acquire(ApplicableLimits.None, Alice);

        decision.IsAllowed.ShouldBeTrue();
        decision.Remaining.ShouldBe(int.MaxValue);
        decision.Limit.ShouldBeNull();
    }

    [Fact]
    public void Acquire_StatesTooShort_Throws()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared("10/1s").PerUser("10/1s"));

        ArgumentException exception = Should.Throw<ArgumentException>(
            () => fixture.Store.Acquire(new RateLimitRequest(limits, Alice), new LimitState[1]));
        exception.Message.ShouldStartWith("There is room for 1 states, but 2 limits apply. Pass none, or room for all.");
        exception.ParamName.ShouldBe("states");
        Should.Throw<ArgumentException>(() => fixture.Store.Peek(new RateLimitRequest(limits, Alice), new LimitState[1]))
            .ParamName.ShouldBe("states");
    }

    [Fact]
    public void Acquire_BurstSpent_DeniesOneTickBeforeTheWaitAndAdmitsAtIt()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(7, TimeSpan.FromSeconds(1)));
        for (int i = 0; i < 7; i++)
        {
            fixture.Acquire(limits, Alice).Remaining.ShouldBe(6 - i);
        }

        RateLimitDecision denied = fixture.Acquire(limits, Alice);

        denied.Outcome.ShouldBe(RateLimitOutcome.Denied);
        denied.Limit.ShouldBeSameAs(limits[0]);
        denied.RetryAfter.ShouldBe(TimeSpan.FromTicks(1_428_572)); // A seventh of a second is 1,428,571.43 ticks.
        fixture.Ticks = 1_428_571;
        fixture.Acquire(limits, Alice).RetryAfter.ShouldBe(TimeSpan.FromTicks(1));
        fixture.Ticks = 1_428_572;
        fixture.Acquire(limits, Alice).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Acquire_OneLimitRefuses_ChargesNone()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared("10/1m").PerUser("5/1m").Tool("search", t => t.PerUser("1/1m")));
        fixture.Acquire(limits, Alice).IsAllowed.ShouldBeTrue();

        RateLimitDecision denied = fixture.Acquire(limits, Alice);
        LimitState[] states = fixture.PeekStates(limits, Alice);

        denied.Limit!.Name.ShouldBe("search/perUser");
        states.Select(state => state.Remaining).ShouldBe([9, 4, 0]);
        states.Select(state => state.Outcome)
            .ShouldBe([RateLimitOutcome.Allowed, RateLimitOutcome.Allowed, RateLimitOutcome.Denied]);
    }

    [Fact]
    public void Acquire_SeveralRefuse_TellsTheLongestWait()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared("1/1s").PerUser("1/1m").PerTenant("1/1m"));
        fixture.Acquire(limits, Alice).IsAllowed.ShouldBeTrue();

        RateLimitDecision denied = fixture.Acquire(limits, Alice);

        denied.Limit!.Name.ShouldBe("perTenant"); // Before perUser, which has as long to wait.
        denied.RetryAfter.ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Acquire_CostAboveCapacity_IsUnsatisfiable()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared("1/1m").PerUser("5/1m"));
        fixture.Acquire(limits, Alice).IsAllowed.ShouldBeTrue();

        RateLimitDecision decision = fixture.Acquire(limits, Alice, cost: 6);

        decision.Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
        decision.Limit!.Name.ShouldBe("shared");
        decision.RetryAfter.ShouldBe(Timeout.InfiniteTimeSpan);
        decision.Remaining.ShouldBe(0);
        fixture.Acquire(limits, Alice, cost: 2).Limit!.Name.ShouldBe("shared");
    }

    [Fact]
    public void Acquire_PermissiveLimitSpent_AllowsAndReportsIt()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(
            of => of.PerUser("3/1m").Tool("search", t => t.PerUser("1/1m").Mode(LimitMode.Permissive)));
        fixture.Acquire(limits, Alice).Remaining.ShouldBe(2);

        LimitState[] states = fixture.AcquireStates(limits, Alice);

        states[0].Outcome.ShouldBe(RateLimitOutcome.Allowed);
        states[0].Remaining.ShouldBe(1);
        states[1].Outcome.ShouldBe(RateLimitOutcome.Denied);
        states[1].RetryAfter.ShouldBe(TimeSpan.FromMinutes(1));
        fixture.Acquire(limits, Alice).IsAllowed.ShouldBeTrue();
        fixture.Acquire(limits, Alice).Limit!.Name.ShouldBe("perUser");
    }

    [Fact]
    public void Acquire_OtherCaller_HasABucketOfItsOwn()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.PerUser("1/1m"));

        fixture.Acquire(limits, Alice).IsAllowed.ShouldBeTrue();
        fixture.Acquire(limits, StoreFixture.User(2)).IsAllowed.ShouldBeTrue();
        fixture.Acquire(limits, StoreFixture.User(1)).IsAllowed.ShouldBeFalse();
        fixture.Store.Count.ShouldBe(2);
    }

    [Fact]
    public void Acquire_CallersWithoutIdentity_ShareABucket()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.PerUser("1/1m"));

        fixture.Acquire(limits, CallerIdentity.None).IsAllowed.ShouldBeTrue();
        fixture.Acquire(limits, new CallerIdentity("i", null, "t", null)).IsAllowed.ShouldBeFalse();
        fixture.Acquire(limits, new CallerIdentity("", "anonymous", null, null)).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Acquire_TwelveLimits_ChargesThemAll()
    {
        StoreFixture fixture = new();
        static void All(OperationLimitsBuilder of) => of.Shared("9/1m").PerTenant("8/1m").PerUser("7/1m").PerClient("6/1m");
        CallerIdentity caller = new("issuer", "user", "tenant", "client");
        ApplicableLimits limits = StoreFixture.Limits(
            of => of.Shared("9/1m").PerTenant("8/1m").PerUser("7/1m").PerClient("6/1m")
                .Method("tools/call", All).Tool("search", All),
            caller);

        fixture.AcquireStates(limits, caller).Select(state => state.Remaining)
            .ShouldBe([8, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5]);
        fixture.AcquireStates(limits, caller, cost: 6).Select(state => state.Remaining)
            .ShouldBe([8, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5]);
        fixture.AcquireStates(limits, caller, cost: 5).Select(state => state.Remaining)
            .ShouldBe([3, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0]);
    }

    [Fact]
    public void Peek_TokensThere_ChargesNothing()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared("2/1m").PerUser("2/1m"));

        RateLimitDecision seen = fixture.Store.Peek(new RateLimitRequest(limits, Alice, 2), []);

        seen.IsAllowed.ShouldBeTrue();
        seen.Remaining.ShouldBe(2);
        fixture.Store.Count.ShouldBe(0);
        fixture.Acquire(limits, Alice, cost: 2).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Refund_PartOfWhatWasCharged_IsThereAgain()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared("10/1m").PerUser("10/1m"));
        _ = fixture.Acquire(limits, Alice, cost: 6);

        fixture.Store.Refund(new RateLimitRequest(limits, Alice, 2));

        fixture.PeekStates(limits, Alice).Select(state => state.Remaining).ShouldBe([6, 6]);
    }

    [Fact]
    public void Refund_MoreThanWasCharged_MakesTheBucketNew()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.PerUser("10/1m"));
        _ = fixture.Acquire(limits, Alice, cost: 6);

        fixture.Store.Refund(new RateLimitRequest(limits, Alice, 7));

        fixture.PeekStates(limits, Alice)[0].ShouldBe(
            new LimitState { Outcome = RateLimitOutcome.Allowed, Remaining = 10 });
        fixture.Store.Count.ShouldBe(0);
    }

    [Fact]
    public void Charge_BeyondZero_DelaysTheNextCall()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(1, TimeSpan.FromSeconds(1)));

        fixture.Store.Charge(new RateLimitRequest(limits, Alice, 5));

        LimitState state = fixture.PeekStates(limits, Alice)[0];
        state.Remaining.ShouldBe(0);
        state.RetryAfter.ShouldBe(TimeSpan.FromSeconds(5));
        state.ResetAfter.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Reset_OneCaller_LeavesOthers()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared("9/1m").PerUser("1/1m"));
        _ = fixture.Acquire(limits, Alice);
        _ = fixture.Acquire(limits, StoreFixture.User(2));

        fixture.Store.Reset(limits.Limits[1..], Alice);

        fixture.PeekStates(limits, Alice).Select(state => state.Remaining).ShouldBe([7, 1]);
        fixture.PeekStates(limits, StoreFixture.User(2)).Select(state => state.Remaining).ShouldBe([7, 0]);
        fixture.Store.Reset(limits.Limits, Alice);
        fixture.PeekStates(limits, Alice).Select(state => state.Remaining).ShouldBe([9, 1]);
    }

    [Fact]
    public async Task AcquireAsync_Always_HasCompleted()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.PerUser("5/1m"));
        RateLimitRequest request = new(limits, Alice);
        LimitState[] states = new LimitState[1];

        ValueTask<RateLimitDecision> acquired = fixture.Store.AcquireAsync(request, states, CancellationToken.None);
        acquired.IsCompletedSuccessfully.ShouldBeTrue();
        (await acquired).Remaining.ShouldBe(4);
        await fixture.Store.ChargeAsync(request, CancellationToken.None);
        await fixture.Store.ChargeAsync(request, CancellationToken.None);
        (await fixture.Store.PeekAsync(request, states, CancellationToken.None)).Remaining.ShouldBe(2);
        await fixture.Store.RefundAsync(request, CancellationToken.None);
        (await fixture.Store.PeekAsync(request, states, CancellationToken.None)).Remaining.ShouldBe(3);
        await fixture.Store.ResetAsync(limits.Limits.ToArray(), Alice, CancellationToken.None);
        (await fixture.Store.PeekAsync(request, states, CancellationToken.None)).Remaining.ShouldBe(5);
    }

    [Fact]
    public async Task EveryMember_Cancelled_DoesNothing()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.PerUser("5/1m"));
        RateLimitRequest request = new(limits, Alice);
        CancellationToken cancelled = new(canceled: true);
        _ = fixture.Acquire(limits, Alice);

        await Should.ThrowAsync<OperationCanceledException>(async () => await fixture.Store.AcquireAsync(request, default, cancelled));
        await Should.ThrowAsync<OperationCanceledException>(async () => await fixture.Store.PeekAsync(request, default, cancelled));
        await Should.ThrowAsync<OperationCanceledException>(async () => await fixture.Store.ChargeAsync(request, cancelled));
        await Should.ThrowAsync<OperationCanceledException>(async () => await fixture.Store.RefundAsync(request, cancelled));
        await Should.ThrowAsync<OperationCanceledException>(
            async () => await fixture.Store.ResetAsync(limits.Limits.ToArray(), Alice, cancelled));

        fixture.PeekStates(limits, Alice)[0].Remaining.ShouldBe(4);
    }

    [Fact]
    public void Acquire_OnePolicyInTwoStores_CountsApart()
    {
        StoreFixture one = new();
        StoreFixture other = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared("2/1m").PerUser("2/1m"));

        one.Acquire(limits, Alice).Remaining.ShouldBe(1);
        other.Acquire(limits, Alice).Remaining.ShouldBe(1);
        one.Acquire(limits, Alice).Remaining.ShouldBe(0);
        other.Acquire(limits, Alice).Remaining.ShouldBe(0);
        one.Acquire(limits, Alice).IsAllowed.ShouldBeFalse();
    }
}
