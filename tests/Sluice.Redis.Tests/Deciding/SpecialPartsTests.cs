namespace Sluice.Redis.Tests;

/// <summary>Parts of windows of a calendar, and of limits whose override admits nothing, while Redis is away.</summary>
public sealed class SpecialPartsTests
{
    private const int Count = 3;
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 3, 28, 22, 30, 0, TimeSpan.Zero)); // 23:30 in Berlin.
    private readonly Lazy<LocalBuckets[]> _processes;

    public SpecialPartsTests() => _processes = new(() =>
    [
        .. Enumerable.Range(0, Count).Select(rank => new LocalBuckets(
            new InProcessStore(new InProcessStoreOptions { MaxKeys = 1_024 }, _time),
            () => new Membership(Count, rank, IsKnown: true),
            new DrawnTokens(1_024, _time))),
    ]);

    // The day has 23 hours: clocks go forward at its second hour.
    [Fact]
    public void Decide_WindowOfACalendar_AllPartsAdmitTheLimitInEachWindow()
    {
        RedisLimits limits = Limits(policy => policy.PerUser(Rate.Calendar(8, CalendarUnit.Day, "Europe/Berlin")));
        foreach (double hours in (double[])[0.5, 23, 24])
        {
            int[] admitted = [.. _processes.Value.Select(process => Flood(process, limits))];
            admitted.ShouldBe([3, 3, 2]);

            _time.Advance(TimeSpan.FromHours(hours) - Tick); // To the last tick of the window.
            _processes.Value.Sum(process => Flood(process, limits)).ShouldBe(0);
            RateLimitDecision decision = Ask(_processes.Value[1], limits);
            (decision.Source, decision.Outcome, decision.RetryAfter).ShouldBe((DecisionSource.Local, RateLimitOutcome.Denied, Tick));
            _time.Advance(Tick);
        }
    }

    [Fact]
    public void TakeDrawn_WindowOfACalendarIsOver_IsNothing()
    {
        RedisLimits limits = Limits(policy => policy.PerUser(Rate.Calendar(9, CalendarUnit.Day, "Europe/Berlin")));
        LocalBuckets process = _processes.Value[0];
        Flood(process, limits).ShouldBe(3);
        _time.Advance(TimeSpan.FromMinutes(30) - Tick);
        PendingCall charge = process.TakeDrawn(limits, 0, new CallerKeys(StoreScene.Alice), isSpread: false)!;
        charge.Cost.ShouldBe(3UL);
        charge.Fate = CallFate.NotCharged;
        process.NoteEnd(charge);

        _time.Advance(Tick); // What was used belongs to the window that is over.

        process.TakeDrawn(limits, 0, new CallerKeys(StoreScene.Alice), isSpread: false).ShouldBeNull();
        Flood(process, limits).ShouldBe(3);
    }

    // Also the parts of 1 token that ranks 1 and 2 do not have: the answer is that of the override, and not that of a part of 0.
    [Fact]
    public void Decide_OverrideAdmitsNothing_IsUnsatisfiableInEveryProcess()
    {
        RedisLimits nothing = Of(StoreScene.Alice.WithClaim("tier", "none"));
        foreach (LocalBuckets process in _processes.Value)
        {
            RateLimitDecision decision = Ask(process, nothing);

            decision.Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
            decision.Source.ShouldBe(DecisionSource.Local);
            decision.Limit!.Name.ShouldBe("perUser");
        }
    }

    [Fact]
    public void TakeDrawn_OverrideAdmitsNothing_KeepsTheTokensForOtherNumbers()
    {
        LocalBuckets process = _processes.Value[0];
        RedisLimits some = Of(StoreScene.Alice);
        Flood(process, some).ShouldBe(1);

        process.TakeDrawn(Of(StoreScene.Alice.WithClaim("tier", "none")), 0, new CallerKeys(StoreScene.Alice), isSpread: false).ShouldBeNull();

        process.TakeDrawn(some, 0, new CallerKeys(StoreScene.Alice), isSpread: false)!.Cost.ShouldBe(1UL);
    }

    private static RedisLimits Of(CallerIdentity caller) => Limits(
        policy => policy.PerUser("1/1h").Override(when => when.Claim("tier", "none"), numbers => numbers.PerUser("0")), caller);

    private static RedisLimits Limits(Action<RateLimitsBuilder> configure, CallerIdentity? caller = null) => new(
        RateLimitPolicy.Build("files", configure).Select("tools/call", "search", caller ?? StoreScene.Alice),
        new KeyLayout("sluice"),
        new ServerClock(TimeProvider.System));

    private static int Flood(LocalBuckets process, RedisLimits limits)
    {
        int admitted = 0;
        while (Ask(process, limits).IsAllowed)
        {
            admitted++;
        }

        return admitted;
    }

    private static RateLimitDecision Ask(LocalBuckets process, RedisLimits limits) => process.Decide(
        limits, new RateLimitRequest(limits.Applicable, StoreScene.Alice), default, charges: true, new CallerKeys(StoreScene.Alice), call: null);
}
