namespace Sluice.Redis.Tests;

/// <summary>What several processes decide by their parts, each with buckets of its own, by one clock that the test moves.</summary>
public sealed class LocalPartsTests
{
    private static readonly CallerIdentity Alice = new("https://issuer.example", "alice", null, null);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static TheoryData<RateLimitAlgorithm, int, int> Cases()
    {
        TheoryData<RateLimitAlgorithm, int, int> cases = [];
        foreach (RateLimitAlgorithm algorithm in (RateLimitAlgorithm[])[RateLimitAlgorithm.TokenBucket, RateLimitAlgorithm.SlidingWindow, RateLimitAlgorithm.SlidingWindowCounter, RateLimitAlgorithm.FixedWindow])
        {
            foreach ((int tokens, int count) in ((int, int)[])[(30, 3), (31, 3), (32, 3), (7, 5), (2, 5), (30, 1), (100, 7)])
            {
                cases.Add(algorithm, tokens, count);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decide_AllPartsOfANewBucket_AdmitExactlyTheCapacityAtOneInstant(RateLimitAlgorithm algorithm, int tokens, int count)
    {
        ManualTimeProvider time = new();
        LocalBuckets[] processes = Processes(time, count);
        RedisLimits limits = Limits(algorithm, tokens);

        int[] admitted = [.. processes.Select(process => Flood(process, limits))];

        admitted.Sum().ShouldBe(tokens);
        admitted.ShouldBe(Enumerable.Range(0, count).Select(rank => (tokens / count) + (rank < tokens % count ? 1 : 0)));
    }

    // Over every interval, all parts admit at most what the limit admits: a bucket and its rate, or two windows for each period.
    [Theory]
    [MemberData(nameof(Cases))]
    public void Decide_AllPartsForTenPeriods_AdmitWhatTheLimitAdmits(RateLimitAlgorithm algorithm, int tokens, int count)
    {
        ManualTimeProvider time = new();
        LocalBuckets[] processes = Processes(time, count);
        RedisLimits limits = Limits(algorithm, tokens);
        List<TimeSpan> admitted = [];
        Random random = new(tokens + count);
        while (time.Elapsed < 10 * Minute)
        {
            time.Advance(TimeSpan.FromMilliseconds(random.Next(2_000)));
            LocalBuckets process = processes[random.Next(count)];
            admitted.AddRange(Enumerable.Repeat(time.Elapsed, Flood(process, limits)));
        }

        for (int first = 0; first < admitted.Count; first++)
        {
            for (int last = first; last < admitted.Count; last++)
            {
                double periods = (admitted[last] - admitted[first]) / Minute;
                double most = algorithm == RateLimitAlgorithm.TokenBucket ? tokens * (1 + periods) : tokens * (2 + Math.Floor(periods));
                (last - first + 1).ShouldBeLessThanOrEqualTo((int)Math.Floor(most + 1e-6));
            }
        }

        // And not much less, since the parts add up. Where there are more processes than tokens, the rates of parts of 0 are lost.
        int share = Math.Min(tokens, count);
        (admitted.Count * count / share).ShouldBeGreaterThanOrEqualTo((algorithm == RateLimitAlgorithm.TokenBucket ? 10 : 8) * tokens * 3 / 5);
    }

    [Fact]
    public void Decide_PartOfZeroTokens_AnswersAsDeny()
    {
        LocalBuckets[] processes = Processes(new ManualTimeProvider(), 3);
        RedisLimits limits = Limits(RateLimitAlgorithm.TokenBucket, 2);

        RateLimitDecision decision = Ask(processes[2], limits);

        decision.Outcome.ShouldBe(RateLimitOutcome.Denied);
        decision.Source.ShouldBe(DecisionSource.OnStoreFailure);
        decision.Limit.ShouldBeNull();
        Ask(processes[1], limits).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Decide_CostAboveThePartButNotAboveTheLimit_AnswersAsDeny()
    {
        LocalBuckets process = Processes(new ManualTimeProvider(), 3)[0];
        RedisLimits limits = Limits(RateLimitAlgorithm.TokenBucket, 30);

        Ask(process, limits, cost: 11).Source.ShouldBe(DecisionSource.OnStoreFailure);
        Ask(process, limits, cost: 31).Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
        Ask(process, limits, cost: 10).IsAllowed.ShouldBeTrue();
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public void Decide_Denied_AdmitsAfterExactlyTheWait(RateLimitAlgorithm algorithm)
    {
        ManualTimeProvider time = new();
        LocalBuckets process = Processes(time, 3)[1];
        RedisLimits limits = Limits(algorithm, 30);
        Flood(process, limits).ShouldBe(10);

        RateLimitDecision denied = Ask(process, limits);
        denied.Source.ShouldBe(DecisionSource.Local);
        denied.Limit!.Name.ShouldBe("perUser");
        denied.RetryAfter.ShouldBeGreaterThan(TimeSpan.Zero);

        time.Advance(denied.RetryAfter - TimeSpan.FromTicks(1));
        Ask(process, limits).IsAllowed.ShouldBeFalse();
        time.Advance(TimeSpan.FromTicks(1));
        Ask(process, limits).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void TakeDrawn_AfterALongOutage_IsWhatIsUsedAndNotAllThatWasAdmitted()
    {
        ManualTimeProvider time = new();
        LocalBuckets process = Processes(time, 3)[0];
        RedisLimits limits = Limits(RateLimitAlgorithm.TokenBucket, 30);
        for (int i = 0; i < 10; i++)
        {
            Flood(process, limits).ShouldBe(10);
            time.Advance(Minute);
        }

        Flood(process, limits).ShouldBe(10);
        time.Advance(Minute / 2); // Five of the ten are back.

        process.HasDrawn.ShouldBeTrue();
        PendingCall charge = Taken(process, limits)!;
        charge.Cost.ShouldBe(5UL);
        Taken(process, limits).ShouldBeNull();
        charge.Fate = CallFate.Charged;
        process.NoteEnd(charge);
        process.HasDrawn.ShouldBeFalse();
    }

    [Fact]
    public void TakeDrawn_ChargeFails_TakesTheTokensAgain()
    {
        LocalBuckets process = Processes(new ManualTimeProvider(), 3)[0];
        RedisLimits limits = Limits(RateLimitAlgorithm.TokenBucket, 30);
        Flood(process, limits);
        PendingCall charge = Taken(process, limits)!;

        charge.Fate = CallFate.NotCharged;
        process.NoteEnd(charge);

        Taken(process, limits)!.Cost.ShouldBe(10UL);
    }

    // The call was decided by the part, and Redis charged it too: it gets the token of the part back, since Redis has its own.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NoteEnd_CallThatWasDecidedHere_IsChargedOnce(bool isAnsweredFirst)
    {
        LocalBuckets process = Processes(new ManualTimeProvider(), 3)[0];
        RedisLimits limits = Limits(RateLimitAlgorithm.TokenBucket, 30);
        PendingCall call = new(ScriptVerb.Acquire, limits, new CallerKeys(Alice), cost: 4)
        {
            IsAllowed = true,
            Fate = isAnsweredFirst ? CallFate.Charged : CallFate.OnItsWay,
        };
        process.Decide(limits, Request(limits, 4), default, charges: true, call.Caller, call).IsAllowed.ShouldBeTrue();
        Taken(process, limits).ShouldBeNull(); // It is not known yet.
        call.Fate = CallFate.Charged;
        process.NoteEnd(call);

        process.HasDrawn.ShouldBeFalse();
        Flood(process, limits).ShouldBe(8); // A third of the 26 that are left in Redis.
    }

    [Fact]
    public void Change_RefundWhileAlone_GivesTheTokenOfThePartBack()
    {
        LocalBuckets process = Processes(new ManualTimeProvider(), 3)[0];
        RedisLimits limits = Limits(RateLimitAlgorithm.TokenBucket, 30);
        Flood(process, limits).ShouldBe(10);

        process.Change(limits, Request(limits, 2), isRefund: true, new CallerKeys(Alice), isAlone: true);

        Flood(process, limits).ShouldBe(2);
        Taken(process, limits)!.Cost.ShouldBe(8UL + 2UL);
    }

    private static PendingCall? Taken(LocalBuckets process, RedisLimits limits) =>
        process.TakeDrawn(limits, 0, new CallerKeys(Alice), isSpread: false);

    private static int Flood(LocalBuckets process, RedisLimits limits)
    {
        int admitted = 0;
        while (Ask(process, limits).IsAllowed)
        {
            admitted++;
        }

        return admitted;
    }

    private static RateLimitDecision Ask(LocalBuckets process, RedisLimits limits, int cost = 1) =>
        process.Decide(limits, Request(limits, cost), default, charges: true, new CallerKeys(Alice), call: null);

    private static RateLimitRequest Request(RedisLimits limits, int cost) => new(limits.Applicable, Alice, cost);

    private static LocalBuckets[] Processes(TimeProvider time, int count) =>
    [
        .. Enumerable.Range(0, count).Select(rank => new LocalBuckets(
            new InProcessStore(new InProcessStoreOptions { MaxKeys = 1_024 }, time),
            () => new Membership(count, rank, IsKnown: true),
            new DrawnTokens(1_024, time))),
    ];

    private static RedisLimits Limits(RateLimitAlgorithm algorithm, int tokens) => new(
        RateLimitPolicy.Build("files", policy => policy.PerUser(new Rate(tokens, Minute, algorithm, burst: null, align: false)))
            .Select("tools/call", "search", Alice),
        new KeyLayout("sluice"),
        new ServerClock(TimeProvider.System));
}
