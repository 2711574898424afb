using static Sluice.CommitStep;

namespace Sluice.Tests;

/// <summary>By a clock like the system's, a call reads the clock first, and again under its locks only where that reading is too old.</summary>
public class EarlyReadingTests
{
    private const int CallsAfterALook = 64;
    private static readonly CallerIdentity Caller = new("https://issuer.example", "alice", "acme", "agent");
    private readonly SharedSystemTime _time = new();
    private readonly InProcessEngine<RecordedSteps> _engine;

    public EarlyReadingTests() => _engine = new InProcessEngine<RecordedSteps>(1_000, _time);

    [Fact]
    public void Acquire_NobodyElse_ReadsTheClockFirst()
    {
        ApplicableLimits one = Limits(of => of.PerUser("10/1m"));
        ApplicableLimits two = Limits(of => of.Shared("10/1m").PerUser("10/1m"));
        Acquire(two).IsAllowed.ShouldBeTrue();

        StepsOf(one).ShouldBe([Reading, Locking, Copying, Validating, Writing, Unlocking]);
        StepsOf(two).ShouldBe([Reading, Locking, Locking, Writing, Writing, Unlocking, Unlocking]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Acquire_AnotherHasALaterInstant_ReadsTheClockAgain(int limits)
    {
        ApplicableLimits mine = Limits(of => _ = limits == 1 ? of.PerUser("10/1s") : of.Shared("10/1s").PerUser("10/1s"));
        Acquire(mine).IsAllowed.ShouldBeTrue();
        RateLimitDecision decision = default;

        List<CommitStep> steps = RecordedSteps.Of(() => decision = Acquire(mine), Locking, 1, () =>
        {
            _time.Advance(TimeSpan.TicksPerMillisecond * 250);
            Acquire(mine);
        });

        steps.Where(step => step is Reading or Locking).ShouldBe([Reading, Locking, Locking, Reading]); // The one looks before it locks.
        decision.Remaining.ShouldBe(8); // The first token has come back, and the other two are gone.
    }

    [Fact]
    public void Acquire_AnotherHasTheSameInstant_KeepsItsReading()
    {
        ApplicableLimits limits = Limits(of => of.PerUser("10/1m"));
        Acquire(limits);
        RateLimitDecision decision = default;

        List<CommitStep> steps = RecordedSteps.Of(() => decision = Acquire(limits), Locking, 1, () => Acquire(limits));

        steps.ShouldBe([Reading, Locking, Copying, Validating, Writing, Unlocking]);
        decision.Remaining.ShouldBe(7);
    }

    // What was worked out before the lock holds only for the version that it was read from.
    [Fact]
    public void Acquire_AnotherIsAdmittedAfterTheLook_CountsItsToken()
    {
        ApplicableLimits limits = Limits(of => of.PerUser("10/1m"));
        Acquire(limits);
        RateLimitDecision decision = default;

        List<CommitStep> steps = RecordedSteps.Of(() => decision = Acquire(limits), Validating, 1, () => Acquire(limits));

        steps.ShouldBe([Reading, Locking, Copying, Validating, Locking, Writing, Unlocking]);
        decision.Remaining.ShouldBe(7);
        Acquire(limits).Remaining.ShouldBe(6);
    }

    // The look sets the mark and changes no bucket. Those who look next leave no stamp, so the charge must not be before them.
    [Fact]
    public void Acquire_AnotherLooksAfterTheLook_ReadsTheClockUnderTheLock()
    {
        ApplicableLimits limits = Limits(of => of.PerUser("10/1m"));
        Acquire(limits);
        RateLimitDecision decision = default;
        RateLimitDecision seen = default;

        List<CommitStep> steps = RecordedSteps.Of(() => decision = Acquire(limits), Validating, 1, () =>
        {
            _ = _engine.Peek(new RateLimitRequest(limits, Caller), []);
            _time.Advance(TimeSpan.TicksPerSecond * 6);
            seen = _engine.Peek(new RateLimitRequest(limits, Caller), []);
        });

        seen.Remaining.ShouldBe(10);
        decision.Remaining.ShouldBe(9); // At the instant of its reading it would have been 8.
        steps.ShouldBe([Reading, Locking, Copying, Validating, Locking, Reading, Writing, Unlocking]);
    }

    // Those who look leave no stamp. So whoever writes where others look takes an instant that is later than theirs.
    [Fact]
    public void Acquire_WhereOthersLook_ReadsTheClockUnderTheLockForAWhile()
    {
        ApplicableLimits limits = Limits(of => of.PerUser("1000/1m"));
        Acquire(limits);
        _ = _engine.Peek(new RateLimitRequest(limits, Caller), []);

        StepsOf(limits).ShouldBe([Reading, Locking, Copying, Locking, Reading, Writing, Unlocking]);
        for (int call = 1; call < CallsAfterALook; call++)
        {
            StepsOf(limits).ShouldBe([Locking, Reading, Writing, Unlocking]);
        }

        StepsOf(limits).ShouldBe([Locking, Reading, Writing, Unlocking]); // It cannot know that nobody looks any more.
        StepsOf(limits).ShouldBe([Reading, Locking, Copying, Validating, Writing, Unlocking]);
    }

    [Fact]
    public void Acquire_RefusedBefore_TakesTheEarlyReading()
    {
        ApplicableLimits limits = Limits(of => of.PerUser("1/1m"));
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();

        StepsOf(limits).ShouldBe([Reading, Locking, Copying, Validating]);
    }

    [Fact]
    public void Acquire_RefusedAndChargedMeanwhile_AnswersForALaterInstant()
    {
        ApplicableLimits limits = Limits(of => of.PerUser("1/1m"));
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();
        RateLimitDecision decision = default;

        List<CommitStep> steps = RecordedSteps.Of(() => decision = Acquire(limits), Locking, 1, () =>
        {
            _time.Advance(TimeSpan.TicksPerSecond);
            _engine.Charge(new RateLimitRequest(limits, Caller));
        });

        steps.ShouldBe([Reading, Locking, Copying, Locking, Reading, Copying, Validating]);
        decision.RetryAfter.ShouldBe(TimeSpan.FromSeconds(119));
    }

    // A slot is released without a reading of the clock, so a call with slots must not come before what it sees.
    [Fact]
    public void Acquire_WithSlots_ReadsTheClockUnderItsLocks()
    {
        ApplicableLimits limits = Limits(of => of.PerUser("10/1m").Concurrency(new() { PerUser = 8 }));
        for (int call = 0; call < 2; call++)
        {
            _engine.Acquire(new RateLimitRequest(limits, Caller) { Slots = new HeldSlots() }, []).IsAllowed.ShouldBeTrue();
        }

        RecordedSteps.Of(() => _engine.Acquire(new RateLimitRequest(limits, Caller) { Slots = new HeldSlots() }, []))
            .ShouldBe([Locking, Reading, Writing, Writing, Unlocking]);
    }

    private static ApplicableLimits Limits(Action<RateLimitsBuilder> configure) => StoreFixture.Limits(configure, Caller);

    private RateLimitDecision Acquire(ApplicableLimits limits) => _engine.Acquire(new RateLimitRequest(limits, Caller), []);

    private List<CommitStep> StepsOf(ApplicableLimits limits) => RecordedSteps.Of(() => Acquire(limits).Remaining.ShouldBeGreaterThanOrEqualTo(0));
}
