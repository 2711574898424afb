namespace Sluice.StoreContracts;

/// <summary>Calls that are admitted now for a later instant.</summary>
public abstract class ReservationContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, new[] { 0, 0, 500, 1_000, 1_500 })]
    [InlineData(RateLimitAlgorithm.SlidingWindow, new[] { 0, 0, 1_000, 1_000, 2_000 })]
    [InlineData(RateLimitAlgorithm.FixedWindow, new[] { 0, 0, 1_000, 1_000, 2_000 })]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, new[] { 0, 0, 1_500, 2_000, 3_000 })]
    public async Task Reserve_NoTokensLeft_GivesTheInstantsAtWhichTheyComeInOrder(RateLimitAlgorithm algorithm, int[] instantsMs)
    {
        ApplicableLimits limits = PerUser(Of(algorithm, 2, 1_000));

        foreach (int instantMs in instantsMs)
        {
            RateLimitReservation reservation = await Reserve(limits, Alice);

            reservation.Decision.Outcome.ShouldBe(RateLimitOutcome.Allowed);
            reservation.Delay.ShouldBe(Ms(instantMs));
            (reservation.Id != 0).ShouldBe(instantMs != 0);
        }
    }

    [Fact]
    public async Task Reserve_WaitIsLongerThanAllowed_IsDeniedWithThatWaitAndChargesNothing()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 1_000));
        await Reserve(limits, Alice);
        await Reserve(limits, Alice, maxWait: Ms(1_000));

        RateLimitReservation tooLate = await Reserve(limits, Alice, maxWait: Ms(2_000) - Step);
        RateLimitReservation inTime = await Reserve(limits, Alice, maxWait: Ms(2_000));

        tooLate.Decision.Outcome.ShouldBe(RateLimitOutcome.Denied);
        tooLate.Decision.RetryAfter.ShouldBe(Ms(2_000));
        tooLate.Decision.Limit!.Name.ShouldBe("perUser");
        tooLate.Delay.ShouldBe(TimeSpan.Zero);
        tooLate.Id.ShouldBe(0);
        inTime.Delay.ShouldBe(Ms(2_000));
    }

    [Fact]
    public async Task Reserve_CostAboveTheCapacity_IsUnsatisfiable()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.TokenBucket, 3, 1_000));

        RateLimitReservation reservation = await Reserve(limits, Alice, cost: 4);

        reservation.Decision.Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
        reservation.Decision.RetryAfter.ShouldBe(Timeout.InfiniteTimeSpan);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Reserve_OverrideAdmitsNothing_LeavesNothingRemaining(RateLimitAlgorithm algorithm)
    {
        CallerIdentity suspended = Alice.WithClaim("suspended", "true");
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits
            .PerUser(Of(algorithm, 10, 60_000))
            .Tool("search", tool => tool.Shared("5/1m"))
            .Override(when => when.Claim("suspended", "true"), rates => rates.PerUser("0"))
            .Wait(TimeSpan.FromSeconds(30)));
        ApplicableLimits nothing = policy.Select("tools/call", "search", suspended);
        await Reserve(Search(policy), Alice, cost: 2);
        LimitState[] states = new LimitState[2];

        RateLimitReservation reserved = await Store.ReserveAsync(new RateLimitRequest(nothing, suspended), Minute, states, default);

        Answer[] answers = [new(reserved.Decision, states), await Acquire(nothing, suspended), await Peek(nothing, suspended)];
        answers.ShouldAllBe(answer => answer.Decision.Outcome == RateLimitOutcome.Unsatisfiable && answer.Decision.Remaining == 0);
        answers.ShouldAllBe(answer => answer.Limit == "perUser" && answer.Remaining.SequenceEqual(new[] { 3, 0 }));
        (await Peek(Search(policy), Alice)).Remaining.ShouldBe([3, 8]);
    }

    [Fact]
    public async Task Acquire_CallsWait_IsDeniedUntilTheirTokensAreUsedUp()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 1_000));
        await Reserve(limits, Alice);
        await Reserve(limits, Alice);

        Answer early = await Acquire(limits, Alice);
        Time.Elapsed = Ms(1_000);
        Answer atTheInstant = await Acquire(limits, Alice);
        Time.Elapsed = Ms(2_000) - Step;
        Answer aStepBefore = await Acquire(limits, Alice);
        Time.Elapsed = Ms(2_000);
        Answer after = await Acquire(limits, Alice);

        early.Decision.RetryAfter.ShouldBe(Ms(2_000));
        atTheInstant.Decision.RetryAfter.ShouldBe(Ms(1_000));
        aStepBefore.Decision.RetryAfter.ShouldBe(Step);
        after.Decision.IsAllowed.ShouldBeTrue();
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, 4)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 4)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 4)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 3)] // Half of the first call still counts.
    public async Task Reserve_AnotherLimitCouldAdmitAtOnce_ThatLimitAdmitsNoMoreThanItsTokensAtTheInstant(
        RateLimitAlgorithm algorithm, int beside)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits
            .Shared(Of(algorithm, 5, 1_000))
            .Tool("search", tool => tool.PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 1_500))));
        ApplicableLimits others = policy.Select("tools/call", "other", Bob);
        await Reserve(Search(policy), Alice);
        RateLimitReservation held = await Reserve(Search(policy), Alice);

        Time.Elapsed = Ms(1_500);
        int taken = await Drain(others, Bob);

        held.Delay.ShouldBe(Ms(1_500));
        taken.ShouldBe(beside); // And the held call makes one more.
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    public async Task Reserve_AnotherLimitCouldAdmitAtOnce_ThatLimitRejectsNoCallBeforeTheInstant(RateLimitAlgorithm algorithm)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits
            .Shared(Of(algorithm, 1, 100))
            .Tool("search", tool => tool.PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 60_000))));
        ApplicableLimits others = policy.Select("tools/call", "other", Bob);
        await Reserve(Search(policy), Alice);
        RateLimitReservation held = await Reserve(Search(policy), Alice);

        int admitted = 0;
        for (int ms = 300; ms < 59_000; ms += 300)
        {
            Time.Elapsed = Ms(ms);
            admitted += (await Acquire(others, Bob)).Decision.IsAllowed ? 1 : 0;
        }

        held.Delay.ShouldBe(Ms(60_000));
        admitted.ShouldBe(196);
    }

    [Fact]
    public async Task Reserve_SeveralLimitsDelayTheCall_GoesAtTheLatestInstant()
    {
        ApplicableLimits limits = Limits(of => of
            .Shared(Of(RateLimitAlgorithm.TokenBucket, 1, 700))
            .PerUser(RateList.Create(Of(RateLimitAlgorithm.TokenBucket, 1, 300), Of(RateLimitAlgorithm.FixedWindow, 2, 10_000))));

        TimeSpan[] delays = [(await Reserve(limits, Alice)).Delay, (await Reserve(limits, Alice)).Delay, (await Reserve(limits, Alice)).Delay];

        delays.ShouldBe([TimeSpan.Zero, Ms(700), Ms(10_000)]);
    }

    [Fact]
    public async Task Cancel_OnlyReservation_LeavesEverythingAsItWas()
    {
        ApplicableLimits limits = Limits(of => of
            .Shared(RateList.Create([.. PeriodAlgorithms.All.Select((by, i) => Of(by, 5, 10_000 + i))]))
            .PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 1_000)));
        await Reserve(limits, Alice);
        Answer before = await Peek(limits, Alice);
        RateLimitReservation held = await Reserve(limits, Alice);

        await Store.CancelAsync(new RateLimitRequest(limits, Alice), held, default);

        (await Peek(limits, Alice)).States.ShouldBe(before.States);
        (await Reserve(limits, Alice)).Delay.ShouldBe(held.Delay);
    }

    [Fact]
    public async Task Cancel_AfterTheInstant_GivesTheTokensBack()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 1_000));
        await Reserve(limits, Alice);
        RateLimitReservation held = await Reserve(limits, Alice);
        Time.Elapsed = Ms(1_200);
        (await Acquire(limits, Alice)).Decision.IsAllowed.ShouldBeFalse();

        await Store.CancelAsync(new RateLimitRequest(limits, Alice), held, default);

        (await Acquire(limits, Alice)).Decision.IsAllowed.ShouldBeTrue();
        (await Acquire(limits, Alice)).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Cancel_CallInTheMiddle_NewCallThatWaitsGoesAfterThoseThatWaitAlready()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 1_000));
        await Reserve(limits, Alice);
        RateLimitReservation first = await Reserve(limits, Alice);
        RateLimitReservation second = await Reserve(limits, Alice);

        await Store.CancelAsync(new RateLimitRequest(limits, Alice), first, default);
        RateLimitReservation third = await Reserve(limits, Alice);

        second.Delay.ShouldBe(Ms(2_000));
        third.Delay.ShouldBe(Ms(3_000));
    }

    [Fact]
    public async Task Reserve_PermissiveLimitHasNoTokensAtTheInstant_IsHeldForTheOthersOnly()
    {
        ApplicableLimits limits = Limits(of => of
            .PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 1_000))
            .Tool("search", tool => tool.Shared(Of(RateLimitAlgorithm.FixedWindow, 1, 60_000)).Mode(LimitMode.Permissive)));
        await Reserve(limits, Alice);
        LimitState[] states = new LimitState[2];

        RateLimitReservation held = await Store.ReserveAsync(new RateLimitRequest(limits, Alice), Minute, states, default);

        held.Delay.ShouldBe(Ms(1_000));
        states[limits.Limits.ToArray().ToList().FindIndex(limit => limit.Mode == LimitMode.Permissive)].Outcome.ShouldBe(RateLimitOutcome.Denied);
    }

    [Fact]
    public async Task Reserve_NumbersChangeWhileCallsWait_CountsTheirTokensUnderTheNewOnes()
    {
        ApplicableLimits before = PerUser(Of(RateLimitAlgorithm.TokenBucket, 2, 1_000));
        ApplicableLimits after = PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 1_000));
        for (int i = 0; i < 4; i++)
        {
            await Reserve(before, Alice); // 0, 0, 500 and 1,000 ms.
        }

        RateLimitReservation next = await Reserve(after, Alice);

        next.Delay.ShouldBeGreaterThan(Ms(1_000));
        next.Delay.ShouldBeLessThanOrEqualTo(Ms(4_000));
    }

    [Fact]
    public async Task Charge_DebtWhileCallsWait_DelaysTheNextCall()
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.TokenBucket, 1, 1_000));
        await Reserve(limits, Alice);
        await Reserve(limits, Alice);

        await Charge(limits, Alice);

        (await Reserve(limits, Alice)).Delay.ShouldBe(Ms(3_000));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Reserve_ManyCallersLimitsAndCancellations_InstantsKeepThePromiseOfEveryLimit(int seed)
    {
        Random random = new(Seeds.Announce(20_261_128 + seed));
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits
            .Shared(RateList.Create(Of(RateLimitAlgorithm.TokenBucket, 50, 1_000, burst: 7), Of(RateLimitAlgorithm.SlidingWindow, 180, 3_000)))
            .PerUser(RateList.Create(Of(RateLimitAlgorithm.TokenBucket, 20, 1_000, burst: 5), Of(RateLimitAlgorithm.FixedWindow, 60, 2_500)))
            .Tool("search", tool => tool.PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 15, 1_000)).PerTenant(Of(RateLimitAlgorithm.SlidingWindow, 40, 1_000)))
            .Tool("other", tool => tool.PerUser(Of(RateLimitAlgorithm.SlidingWindow, 9, 700))));
        ForwardedCalls forwarded = new();
        List<(RateLimitRequest Request, RateLimitReservation Reservation, TimeSpan At)> held = [];
        for (int i = 0; i < CallsPerRun; i++)
        {
            Time.Elapsed += random.Next(4) switch { 0 => TimeSpan.Zero, 1 => Step, 2 => Ms(random.Next(60)), _ => random.Next(1_200_000) * Step };
            held.RemoveAll(call => call.At <= Time.Elapsed);
            CallerIdentity caller = random.Next(2) == 0 ? Alice : Bob;
            RateLimitRequest request = new(policy.Select("tools/call", random.Next(2) == 0 ? "search" : "other", caller), caller, random.Next(1, 4));
            if (held.Count > 0 && random.Next(6) == 0)
            {
                int index = random.Next(held.Count);
                await Store.CancelAsync(held[index].Request, held[index].Reservation, default);
                forwarded.Remove(held[index].Reservation.Id);
                held.RemoveAt(index);
            }
            else if (random.Next(4) == 0)
            {
                if ((await Store.AcquireAsync(request, default, default)).IsAllowed)
                {
                    forwarded.Add(request, Time.Elapsed, 0);
                }
            }
            else if (await Store.ReserveAsync(request, Ms(random.Next(1_500)), default, default) is { Decision.IsAllowed: true } reservation)
            {
                forwarded.Add(request, Time.Elapsed + reservation.Delay, reservation.Id);
                if (reservation.Id != 0)
                {
                    held.Add((request, reservation, Time.Elapsed + reservation.Delay));
                }
            }
        }

        forwarded.HeldCount.ShouldBeGreaterThan(CallsPerRun / 10);
        forwarded.ShouldKeepThePromises<TStore>();
    }

    /// <summary>How many calls the random run makes; fewer where each costs a journey to another process.</summary>
    protected virtual int CallsPerRun => 10_000;

    private async Task<RateLimitReservation> Reserve(ApplicableLimits limits, CallerIdentity caller, int cost = 1, TimeSpan? maxWait = null) =>
        await Store.ReserveAsync(new RateLimitRequest(limits, caller, cost), maxWait ?? Minute, default, default);
}
