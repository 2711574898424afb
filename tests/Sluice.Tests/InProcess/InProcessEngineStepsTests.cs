using static Sluice.CommitStep;

namespace Sluice.Tests;

/// <summary>What decisions cost in steps: locks, readings of the clock, copies and writes.</summary>
public class InProcessEngineStepsTests : EngineScene
{
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
        Time.Elapsed = TimeSpan.FromHours(1);

        StepsOf(limits).ShouldBe([Locking, Reading, Writing, Unlocking]);
    }

    [Fact]
    public void Acquire_OneLimitAdmittedAfterARejection_TakesTheShortWayFromThenOn()
    {
        ApplicableLimits limits = Of("perUser", "2/1m");
        Acquire(limits);
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();
        Time.Elapsed = TimeSpan.FromMinutes(1);
        Acquire(limits).IsAllowed.ShouldBeTrue();

        StepsOf(limits).ShouldBe([Locking, Reading, Writing, Unlocking]);
    }

    [Fact]
    public void Acquire_LimitsInFourPlaces_LocksEachOnceAndReadsTheClockOnce()
    {
        // The places are random. In a table of this size, two of them are the same once in 80,000 runs; with 1,000 keys it was once in 80.
        InProcessEngine<RecordedSteps> engine = new(1_000_000, Time);
        ApplicableLimits limits = Limits(of => of.Shared("10/1m").PerTenant("10/1m").PerUser("10/1m").PerClient("10/1m"));
        engine.Acquire(new RateLimitRequest(limits, Caller), []).IsAllowed.ShouldBeTrue();

        RecordedSteps.Of(() => engine.Acquire(new RateLimitRequest(limits, Caller), [])).ShouldBe(
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
    public void Acquire_LimitsInTwoPlacesAdmittedAfterARejection_TakesTheShortWayFromThenOn()
    {
        ApplicableLimits limits = Limits(of => of.Shared("10/1m").PerUser("2/1m"));
        Acquire(limits);
        Acquire(limits);
        Acquire(limits).IsAllowed.ShouldBeFalse();
        Time.Elapsed = TimeSpan.FromMinutes(1);
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

    // A log may lie in many pieces, which cannot be read while another thread writes them.
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

    // Who looks without a lock leaves no stamp, so those who write must know that there are such.
    [Fact]
    public void Peek_Undisturbed_TakesLocksAtFirstAndThenNone()
    {
        ApplicableLimits limits = Limits(of => of.Shared("10/1m").PerUser("10/1m"));
        Acquire(limits);

        RecordedSteps.Of(() => Peek(limits)).ShouldBe([Locking, Locking, Reading, Unlocking, Unlocking]);
        RecordedSteps.Of(() => Peek(limits)).ShouldBe([Locking, Locking, Reading, Copying, Copying, Validating]);
    }

    [Fact]
    public void Acquire_ManyLimitsOfAllScopes_LocksEachSetOnce()
    {
        InProcessEngine<RecordedSteps> engine = new(9, Time); // One set for all callers.
        ApplicableLimits limits = Limits(of => of
            .Shared("9/1m").PerTenant("9/1m").PerUser("9/1m").PerClient("9/1m")
            .Tool("search", tool => tool.Shared("9/1m").PerTenant("9/1m").PerUser("9/1m").PerClient("9/1m")));
        for (int i = 0; i < 3; i++)
        {
            List<CommitStep> steps = RecordedSteps.Of(
                () => engine.Acquire(new RateLimitRequest(limits, Caller), []).Remaining.ShouldBe(8 - i));

            steps.Count(step => step == Unlocking).ShouldBe(i == 0 ? 4 : 2); // Shared buckets have one lock. At first it is not there, which ends the short way.
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

    // The wall clock is read when the store is made, and then once for each call that meets a window of a calendar.
    [Fact]
    public void AnyMember_WithAndWithoutACalendar_AsksTheWallClockOnlyForTheCalendar()
    {
        CountingTime time = new();
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 10 }, time);
        RateLimitRequest plain = new(Limits(of => of.Shared("9/1m").PerUser(new Rate(9, TimeSpan.FromMinutes(1), RateLimitAlgorithm.FixedWindow, null, align: true))), Caller);
        RateLimitRequest calendar = new(Limits(of => of.Shared("9/1m").Tool("search", tool => tool
            .PerUser([Rate.Calendar(3, CalendarUnit.Day), Rate.Calendar(9, CalendarUnit.Month)]))), Caller);
        int before = time.WallReadings;

        DoAll(plain);
        time.WallReadings.ShouldBe(before);
        DoAll(calendar);
        time.WallReadings.ShouldBe(before + 6);
        DoAll(plain);
        time.WallReadings.ShouldBe(before + 6);

        void DoAll(in RateLimitRequest request)
        {
            _ = store.Acquire(request, []);
            _ = store.Peek(request, []);
            store.Refund(request);
            store.Charge(request);
            store.Reset(request.Limits.Limits, Caller); // Of one limit after another; one of three has no calendar.
        }
    }

    /// <summary>A clock that stands, and counts who looks at it.</summary>
    private sealed class CountingTime : TimeProvider
    {
        internal int Readings { get; private set; }

        internal int WallReadings { get; private set; }

        public override DateTimeOffset GetUtcNow()
        {
            WallReadings++;
            return new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
        }

        public override long GetTimestamp()
        {
            Readings++;
            return 7;
        }
    }
}
