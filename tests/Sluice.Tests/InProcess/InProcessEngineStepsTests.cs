using Sluice.Conformance;
using static Sluice.CommitStep;

namespace Sluice.Tests;

/// <summary>What decisions cost in steps: locks, readings of the clock, copies and writes.</summary>
public class InProcessEngineStepsTests
{
    private static readonly CallerIdentity Caller = new("https://issuer.example", "alice", "acme", "agent");
    private readonly ManualTimeProvider _time = new();
    private readonly InProcessEngine<RecordedSteps> _engine;

    public InProcessEngineStepsTests() => _engine = new InProcessEngine<RecordedSteps>(1_000, _time);

    public static TheoryData<string> OneLimit => ["shared", "perUser"];

    [Theory]
    [MemberData(nameof(OneLimit))]
    public void Acquire_OneLimit_LocksOnceReadsTheClockOnceWritesOnce(string scope)
    {
        ApplicableLimits limits = Of(scope, "10/1m");
        Acquire(limits).IsAllowed.ShouldBeTrue();

        StepsOf(limits).ShouldBe([Locking, Reading, Writing, Unlocking]);
    }

    [Theory]
    [MemberData(nameof(OneLimit))]
    public void Acquire_OneLimitRefusedBefore_TakesNoLock(string scope)
    {
        ApplicableLimits limits = Of(scope, "1/1m");
        Acquire(limits).IsAllowed.ShouldBeTrue();
        Acquire(limits).IsAllowed.ShouldBeFalse();

        StepsOf(limits).ShouldBe([Locking, Reading, Copying, Validating]);
    }

    [Theory]
    [MemberData(nameof(OneLimit))]
    public void Acquire_OneLimitFullAgain_TakesTheShortWay(string scope)
    {
        ApplicableLimits limits = Of(scope, "10/1m");
        Acquire(limits);
        _time.Elapsed = TimeSpan.FromHours(1);

        StepsOf(limits).ShouldBe([Locking, Reading, Writing, Unlocking]);
    }

    [Fact]
    public void Acquire_OneLimitAdmittedAfterARefusal_TakesTheShortWayFromThenOn()
    {
        ApplicableLimits limits = Of("perUser", "2/1m");
        Acquire(limits);
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();
        _time.Elapsed = TimeSpan.FromMinutes(1);
        Acquire(limits).IsAllowed.ShouldBeTrue();

        StepsOf(limits).ShouldBe([Locking, Reading, Writing, Unlocking]);
    }

    [Fact]
    public void Acquire_OneLimitChangedWhileItIsLookedAt_IsDecidedUnderTheLock()
    {
        ApplicableLimits limits = Of("perUser", "1/1m");
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();
        RateLimitDecision decision = default;

        List<CommitStep> steps = RecordedSteps.Of(
            () => decision = Acquire(limits), Validating, 2, () => Change(limits, 1));

        steps.ShouldBe(
        [
            Locking, Reading, Copying, Validating, Locking, Reading, Copying, Validating, Locking, Reading, Unlocking,
        ]);
        decision.RetryAfter.ShouldBe(TimeSpan.FromMinutes(3)); // Of the token that is gone, and of the two charged meanwhile.
    }

    [Fact]
    public void Acquire_OneLimitGivenBackWhileItIsLookedAt_IsAdmitted()
    {
        ApplicableLimits limits = Of("perUser", "1/1m");
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();
        RateLimitDecision decision = default;

        _ = RecordedSteps.Of(() => decision = Acquire(limits), Validating, 1, () => Change(limits, -1));

        decision.IsAllowed.ShouldBeTrue();
        Acquire(limits).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void Acquire_LimitsInFourPlaces_LocksEachOnceAndReadsTheClockOnce()
    {
        ApplicableLimits limits = Limits(of => of.Shared("10/1m").PerTenant("10/1m").PerUser("10/1m").PerClient("10/1m"));
        Acquire(limits).IsAllowed.ShouldBeTrue();

        StepsOf(limits).ShouldBe(
        [
            Locking, Locking, Locking, Locking,
            Reading,
            Writing, Writing, Writing, Writing,
            Unlocking, Unlocking, Unlocking, Unlocking,
        ]);
    }

    [Fact]
    public void Acquire_LimitsOfOneCaller_ShareALock()
    {
        ApplicableLimits limits = Limits(of => of.PerUser("10/1m").Tool("search", tool => tool.PerUser("5/1m")));
        Acquire(limits).IsAllowed.ShouldBeTrue();

        StepsOf(limits).ShouldBe([Locking, Reading, Writing, Writing, Unlocking]);
    }

    [Fact]
    public void Acquire_LimitsInTwoPlacesRefusedBefore_TakesNoLock()
    {
        ApplicableLimits limits = Limits(of => of.Shared("10/1m").PerUser("1/1m"));
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();

        StepsOf(limits).ShouldBe([Locking, Locking, Reading, Copying, Copying, Validating]);
    }

    [Fact]
    public void Acquire_LimitsInTwoPlacesAdmittedAfterARefusal_TakesTheShortWayFromThenOn()
    {
        ApplicableLimits limits = Limits(of => of.Shared("10/1m").PerUser("2/1m"));
        Acquire(limits);
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();
        _time.Elapsed = TimeSpan.FromMinutes(1);
        Acquire(limits).IsAllowed.ShouldBeTrue();

        StepsOf(limits).ShouldBe([Locking, Locking, Reading, Writing, Writing, Unlocking, Unlocking]);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    public void Acquire_AnyAlgorithmRefusedBefore_TakesNoLock(RateLimitAlgorithm algorithm)
    {
        ApplicableLimits limits = Limits(of => of.PerUser(new Rate(4, TimeSpan.FromMinutes(1), algorithm, burst: null, align: false)));
        Acquire(limits, cost: 3).IsAllowed.ShouldBeTrue();
        Acquire(limits, cost: 3).IsAllowed.ShouldBeFalse();

        StepsOf(limits, cost: 3).ShouldBe([Locking, Reading, Copying, Validating]);
    }

    // A log may lie in many pieces, which cannot be read while somebody writes them.
    [Fact]
    public void AcquireAndPeek_SlidingWindow_AreDecidedUnderTheLock()
    {
        ApplicableLimits limits = Limits(of => of.PerUser(new Rate(1, TimeSpan.FromMinutes(1), RateLimitAlgorithm.SlidingWindow, burst: null, align: false)));
        Acquire(limits).IsAllowed.ShouldBeTrue();
        Acquire(limits).IsAllowed.ShouldBeFalse();

        StepsOf(limits).ShouldBe([Locking, Reading, Unlocking]);
        RecordedSteps.Of(() => Peek(limits)).ShouldBe([Locking, Reading, Unlocking]);
    }

    [Fact]
    public void Peek_TwoSlidingWindows_IsDecidedUnderTheLock()
    {
        Rate log = new(1, TimeSpan.FromMinutes(1), RateLimitAlgorithm.SlidingWindow, burst: null, align: false);
        ApplicableLimits limits = Limits(of => of.PerUser(log).Tool("search", tool => tool.PerUser(log)));

        RecordedSteps.Of(() => Peek(limits)).ShouldBe([Locking, Reading, Unlocking]);
    }

    [Fact]
    public void Acquire_LimitsChangedWhileTheyAreLookedAt_AreDecidedUnderTheLock()
    {
        ApplicableLimits limits = Limits(of => of.Shared("10/1m").PerUser("1/1m"));
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();
        RateLimitDecision decision = default;

        List<CommitStep> steps = RecordedSteps.Of(
            () => decision = Acquire(limits), Validating, 1, () => Change(limits, 1));

        steps.ShouldBe(
        [
            Locking, Locking, Reading, Copying, Copying, Validating, Locking, Locking, Reading, Unlocking, Unlocking,
        ]);
        decision.RetryAfter.ShouldBe(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public void Peek_Undisturbed_TakesNoLock()
    {
        ApplicableLimits limits = Limits(of => of.Shared("10/1m").PerUser("10/1m"));
        Acquire(limits);

        RecordedSteps.Of(() => Peek(limits)).ShouldBe([Locking, Locking, Reading, Copying, Copying, Validating]);
    }

    [Theory]
    [InlineData(1, 2, 0)]
    [InlineData(2, 3, 0)]
    [InlineData(3, 3, 1)]
    public void Peek_ChangedMeanwhile_LooksThreeTimesAndThenLocks(int changes, int looks, int locks)
    {
        ApplicableLimits limits = Of("perUser", "10/1m");
        Acquire(limits);
        RateLimitDecision decision = default;

        List<CommitStep> steps = RecordedSteps.Of(
            () => decision = Peek(limits), Validating, changes, () => Change(limits, 1));

        steps.Count(step => step == Validating).ShouldBe(looks);
        steps.Count(step => step == Unlocking).ShouldBe(locks);
        decision.Remaining.ShouldBe(9 - changes);
    }

    public static TheoryData<string> Undisturbing =>
    [
        "acquire refused", "acquire two refused", "acquire by new numbers refused", "acquire two by new numbers refused", "peek by a lock",
    ];

    // Who was in a set and wrote nothing leaves no trace there: nobody has to look again because of it.
    [Theory]
    [MemberData(nameof(Undisturbing))]
    public void Peek_SomebodyWasThereAndWroteNothing_LooksOnce(string what)
    {
        ApplicableLimits one = Of("perUser", "2/1m");
        ApplicableLimits two = Limits(of => of.PerUser("2/1m").Tool("search", tool => tool.PerUser("2/1m")));
        ApplicableLimits oneOther = Of("perUser", "1/1m");
        ApplicableLimits twoOther = Limits(of => of.PerUser("1/1m").Tool("search", tool => tool.PerUser("1/1m")));
        ApplicableLimits log = Limits(of => of.PerUser("2/1m").Tool(
            "search", tool => tool.PerUser(new Rate(1, TimeSpan.FromMinutes(1), RateLimitAlgorithm.SlidingWindow, burst: null, align: false))));
        Acquire(two).IsAllowed.ShouldBeTrue();
        Acquire(two).IsAllowed.ShouldBeTrue();
        bool isAllowed = false;

        List<CommitStep> steps = RecordedSteps.Of(() => Peek(one), Validating, 1, () => isAllowed = what switch
        {
            "acquire refused" => Acquire(one).IsAllowed,
            "acquire two refused" => Acquire(two).IsAllowed,
            "acquire by new numbers refused" => Acquire(oneOther).IsAllowed,
            "acquire two by new numbers refused" => Acquire(twoOther).IsAllowed,
            _ => Peek(log).IsAllowed,
        });

        isAllowed.ShouldBeFalse();
        steps.ShouldBe([Locking, Reading, Copying, Validating]);
    }

    public static TheoryData<string> Disturbing => ["acquire", "acquire two", "acquire at a cost", "charge", "refund", "reset"];

    [Theory]
    [MemberData(nameof(Disturbing))]
    public void Peek_SomebodyWroteMeanwhile_TellsWhatIsThere(string what)
    {
        ApplicableLimits one = Of("perUser", "9/1m");
        ApplicableLimits two = Limits(of => of.PerUser("9/1m").Tool("search", tool => tool.PerUser("9/1m")));
        Acquire(two, cost: 3);
        RateLimitDecision seen = default;

        List<CommitStep> steps = RecordedSteps.Of(() => seen = Peek(one), Validating, 1, () =>
        {
            switch (what)
            {
                case "acquire":
                    Acquire(one);
                    break;
                case "acquire two":
                    Acquire(two);
                    break;
                case "acquire at a cost":
                    Acquire(two, cost: 2);
                    break;
                case "reset":
                    _engine.Reset(one[0], Caller);
                    break;
                default:
                    Change(one, what == "charge" ? 1 : -1);
                    break;
            }
        });

        steps.ShouldBe([Locking, Reading, Copying, Validating, Locking, Reading, Copying, Validating]);
        seen.Remaining.ShouldBe(what switch
        {
            "refund" => 7,
            "reset" => 9,
            "acquire at a cost" => 4,
            _ => 5,
        });
    }

    // Whoever finds a lock held cannot look past it, and waits for what its holder writes.
    [Fact]
    public void Acquire_SetHeldBySomebodyElse_WaitsForIt()
    {
        ApplicableLimits shared = Of("shared", "1/1m");
        Acquire(shared);
        Acquire(shared).IsAllowed.ShouldBeFalse();
        using ManualResetEventSlim waits = new();
        Thread holder = Hold(shared, waits);
        RateLimitDecision refused = default;

        List<CommitStep> steps = RecordedSteps.Of(() => refused = Acquire(shared), Waiting, 1, () =>
        {
            waits.Set();
            holder.Join();
        });

        steps[..6].ShouldBe([Locking, Reading, Copying, Locking, Locking, Waiting]);
        steps[6..].ShouldBe([Locking, Reading, Unlocking]);
        refused.RetryAfter.ShouldBe(TimeSpan.FromMinutes(2));
    }

    // What everybody shares is locked first, wherever it lies: who waits for it must not keep others from what is not shared.
    [Fact]
    public void Acquire_WaitsForWhatIsShared_HoldsNothingElse()
    {
        ApplicableLimits shared = Of("shared", "9/1m");
        ApplicableLimits all = Limits(of => of.Shared("9/1m").PerTenant("9/1m").PerUser("9/1m").PerClient("9/1m"));
        Acquire(all);
        using ManualResetEventSlim mayGo = new();
        Thread holder = Hold(shared, mayGo);

        List<CommitStep> steps = RecordedSteps.Of(() => Acquire(all).Remaining.ShouldBe(6), Waiting, 1, () =>
        {
            mayGo.Set();
            holder.Join();
        });

        steps[..2].ShouldBe([Locking, Waiting]); // Its first lock.
    }

    [Fact]
    public void Acquire_SetHeldForLong_GivesUpTheProcessorAtEverySixteenthWait()
    {
        ApplicableLimits shared = Of("shared", "9/1m");
        Acquire(shared);
        using ManualResetEventSlim mayGo = new();
        Thread holder = Hold(shared, mayGo);
        int waits = 0;

        List<CommitStep> steps = RecordedSteps.Of(() => Acquire(shared).Remaining.ShouldBe(6), Waiting, 33, () =>
        {
            waits++;
            if (waits == 33)
            {
                mayGo.Set();
                holder.Join();
            }
        });

        CommitStep[] waiting = [.. steps.Where(step => step is Waiting or Yielding)];
        CommitStep[] sixteen = [.. Enumerable.Repeat(Waiting, 16), Yielding];
        waiting.ShouldBe(Environment.ProcessorCount == 1
            ? [.. Enumerable.Repeat<CommitStep[]>([Waiting, Yielding], 33).SelectMany(each => each)]
            : [.. sixteen, .. sixteen, Waiting]);
    }

    [Fact]
    public void Acquire_ManyLimitsOfAllScopes_LocksEachSetOnce()
    {
        InProcessEngine<RecordedSteps> engine = new(9, _time); // One set for all callers.
        ApplicableLimits limits = Limits(of => of
            .Shared("9/1m").PerTenant("9/1m").PerUser("9/1m").PerClient("9/1m")
            .Tool("search", tool => tool.Shared("9/1m").PerTenant("9/1m").PerUser("9/1m").PerClient("9/1m")));
        for (int i = 0; i < 3; i++)
        {
            List<CommitStep> steps = RecordedSteps.Of(
                () => engine.Acquire(new RateLimitRequest(limits, Caller), []).Remaining.ShouldBe(8 - i));

            steps.Count(step => step == Unlocking).ShouldBe(i == 0 ? 6 : 3); // At first it is not there, which ends the short way.
        }
    }

    [Fact]
    public void AnyMember_LimitsInTwoPlaces_AsksTheClockOnce()
    {
        CountingTime time = new();
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 10 }, time);
        RateLimitRequest request = new(Limits(of => of.Shared("9/1m").PerUser("9/1m").Tool("search", tool => tool.PerUser("3/1m"))), Caller);
        int before = time.Readings;

        for (int i = 0; i < 5; i++)
        {
            _ = store.Acquire(request, []);
        }

        time.Readings.ShouldBe(before + 5);
        _ = store.Peek(request, []);
        store.Refund(request);
        store.Charge(request);
        store.Reset(request.Limits.Limits, Caller);
        time.Readings.ShouldBe(before + 8 + request.Limits.Count); // A reset is of one limit after another.
    }

    private static ApplicableLimits Of(string scope, string rate) =>
        Limits(of => _ = scope == "shared" ? of.Shared(rate) : of.PerUser(rate));

    private static ApplicableLimits Limits(Action<RateLimitsBuilder> configure) => StoreFixture.Limits(configure, Caller);

    private RateLimitDecision Acquire(ApplicableLimits limits, int cost = 1) =>
        _engine.Acquire(new RateLimitRequest(limits, Caller, cost), []);

    private RateLimitDecision Peek(ApplicableLimits limits) => _engine.Peek(new RateLimitRequest(limits, Caller), []);

    /// <summary>Takes a token from every limit, or gives one back.</summary>
    private void Change(ApplicableLimits limits, int tokens)
    {
        if (tokens > 0)
        {
            _engine.Charge(new RateLimitRequest(limits, Caller));
        }
        else
        {
            _engine.Refund(new RateLimitRequest(limits, Caller));
        }
    }

    /// <summary>Another thread that takes a token from every limit, and holds their locks until it may go.</summary>
    private Thread Hold(ApplicableLimits limits, ManualResetEventSlim mayGo)
    {
        using ManualResetEventSlim held = new();
        Thread holder = new(() => RecordedSteps.Of(() => Change(limits, 1), Writing, 1, () =>
        {
            held.Set();
            mayGo.Wait();
        }));
        holder.Start();
        held.Wait();
        return holder;
    }

    private List<CommitStep> StepsOf(ApplicableLimits limits, int cost = 1) => RecordedSteps.Of(() => Acquire(limits, cost));

    /// <summary>A clock that stands, and counts who looks at it.</summary>
    private sealed class CountingTime : TimeProvider
    {
        internal int Readings { get; private set; }

        public override long GetTimestamp()
        {
            Readings++;
            return 7;
        }
    }
}
