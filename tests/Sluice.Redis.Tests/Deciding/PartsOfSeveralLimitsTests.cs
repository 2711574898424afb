namespace Sluice.Redis.Tests;

/// <summary>Calls with several limits of every kind, decided by parts: all or nothing, and each limit as if it were alone.</summary>
public sealed class PartsOfSeveralLimitsTests
{
    private const int Rounds = 1_500;
    private static readonly CallerIdentity[] Callers =
        [.. Enumerable.Range(0, 3).Select(user => new CallerIdentity("https://issuer.example", $"user-{user}", "acme", null))];

    private readonly ManualTimeProvider _time = new();
    private readonly KeyLayout _keys = new("sluice");

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(3, 2)]
    [InlineData(5, 1)]
    public void Decide_RandomCalls_AreAdmittedIfEachEnforcedLimitAloneAdmits(int count, int rank)
    {
        Random random = new(Seeds.Announce((100 * count) + rank));
        ApplicableLimits limits = Limits();
        RedisLimits together = new(limits, _keys, new ServerClock(_time));
        RedisLimits[] alone = [.. limits.Limits.ToArray().Select(limit => new RedisLimits(new ApplicableLimits([limit], cost: 1), _keys, new ServerClock(_time)))];
        LocalBuckets process = Process(count, rank);
        LocalBuckets[] processes = [.. alone.Select(_ => Process(count, rank))];
        int admitted = 0;
        for (int round = 0; round < Rounds; round++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(random.Next(random.Next(10) == 0 ? 60_000 : 900)));
            CallerKeys caller = new(Callers[random.Next(Callers.Length)]);
            int cost = random.Next(6) == 0 ? random.Next(1, 12) : 1;
            bool charges = random.Next(8) != 0;
            LimitState[] states = new LimitState[alone.Length];

            RateLimitDecision decision = process.Decide(together, new RateLimitRequest(limits, caller.Caller, cost), states, charges, caller, call: null);

            RateLimitDecision[] looks = [.. alone.Select((one, i) => Ask(processes[i], one, caller, cost, charges: false).Decision)];
            bool isAdmitted = Array.TrueForAll(looks, look => look.IsAllowed);
            decision.IsAllowed.ShouldBe(isAdmitted, $"round {round}");
            admitted += isAdmitted ? 1 : 0;
            if (!isAdmitted && Array.Exists(looks, look => look.Source == DecisionSource.OnStoreFailure))
            {
                decision.Source.ShouldBe(DecisionSource.OnStoreFailure);
                continue;
            }

            (RateLimitDecision Decision, LimitState State)[] singles =
                [.. alone.Select((one, i) => Ask(processes[i], one, caller, cost, charges && isAdmitted))];
            states.ShouldBe(singles.Select(single => single.State));
            decision.RetryAfter.ShouldBe(HardestWait(looks));
            decision.Limit?.Name.ShouldBe(looks.First(look => !look.IsAllowed && look.RetryAfter == decision.RetryAfter).Limit!.Name);
        }

        admitted.ShouldBeInRange(Rounds / 10, Rounds * 9 / 10);
        foreach (CallerKeys caller in Callers.Select(caller => new CallerKeys(caller)))
        {
            for (int i = 0; i < alone.Length; i++)
            {
                process.TakeDrawn(together, i, caller, isSpread: false)?.Cost
                    .ShouldBe(processes[i].TakeDrawn(alone[i], 0, caller, isSpread: false)!.Cost);
            }
        }
    }

    [Fact]
    public void Decide_PermissiveLimitWithoutTokens_IsNotCharged()
    {
        LocalBuckets process = Process(3, 0);
        RedisLimits limits = new(
            Policy(policy => policy.PerUser("30/1m").Mode(LimitMode.Permissive)), _keys, new ServerClock(_time));
        CallerKeys caller = new(Callers[0]);
        for (int call = 0; call < 15; call++)
        {
            Ask(process, limits, caller, cost: 1, charges: true).State.Outcome
                .ShouldBe(call < 10 ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied);
        }

        process.TakeDrawn(limits, 0, caller, isSpread: false)!.Cost.ShouldBe(10UL);
        _time.Advance(TimeSpan.FromMinutes(1));
        Ask(process, limits, caller, cost: 1, charges: false).State.Remaining.ShouldBe(10);
    }

    [Fact]
    public void Decide_FourLimitsOfPartsThatAreKnown_AllocatesNothing()
    {
        LocalBuckets process = Process(3, 0);
        ApplicableLimits limits = Policy(policy => policy.Shared("900000/1d").PerUser("900000/1d")
            .Tool("search", tool => tool.Shared("900000/1d").PerUser("900000/1d")));
        RedisLimits known = new(limits, _keys, new ServerClock(_time));
        CallerKeys caller = new(Callers[0]);
        LimitState[] states = new LimitState[4];

        Allocations.Least(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                process.Decide(known, new RateLimitRequest(limits, caller.Caller), states, charges: true, caller, call: null).IsAllowed.ShouldBeTrue();
            }
        }).ShouldBe(0);
    }

    private static TimeSpan HardestWait(RateLimitDecision[] looks)
    {
        RateLimitDecision[] rejections = [.. looks.Where(look => !look.IsAllowed)];
        return Array.Exists(rejections, look => look.Outcome == RateLimitOutcome.Unsatisfiable) ? Timeout.InfiniteTimeSpan
            : rejections.Length == 0 ? TimeSpan.Zero
            : rejections.Max(look => look.RetryAfter);
    }

    private static (RateLimitDecision Decision, LimitState State) Ask(LocalBuckets process, RedisLimits limits, CallerKeys caller, int cost, bool charges)
    {
        LimitState[] states = new LimitState[1];
        RateLimitRequest request = new(limits.Applicable, caller.Caller, cost);
        return (process.Decide(limits, request, states, charges, caller, call: null), states[0]);
    }

    private static ApplicableLimits Limits() => Policy(policy => policy
        .Shared(new Rate(31, TimeSpan.FromSeconds(20), RateLimitAlgorithm.SlidingWindow, burst: null, align: false))
        .PerTenant(new Rate(60, TimeSpan.FromMinutes(1), RateLimitAlgorithm.FixedWindow, burst: null, align: false))
        .PerUser(
        [
            new Rate(25, TimeSpan.FromSeconds(30), RateLimitAlgorithm.TokenBucket, burst: null, align: false),
            new Rate(40, TimeSpan.FromMinutes(1), RateLimitAlgorithm.SlidingWindowCounter, burst: null, align: false),
        ])
        .Tool("search", tool => tool.PerUser("6/20s").Mode(LimitMode.Permissive)));

    private static ApplicableLimits Policy(Action<RateLimitsBuilder> configure) =>
        RateLimitPolicy.Build("files", configure).Select("tools/call", "search", Callers[0]);

    private LocalBuckets Process(int count, int rank)
    {
        Membership members = new(count, rank, IsKnown: true);
        return new(
            new InProcessStore(new InProcessStoreOptions { MaxKeys = 1_024 }, _time), () => members, new DrawnTokens(1_024, _time));
    }
}
