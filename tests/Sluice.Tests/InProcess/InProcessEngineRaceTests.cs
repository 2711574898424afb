using static Sluice.CommitStep;

namespace Sluice.Tests;

/// <summary>Decisions while another thread writes what they read, or holds its lock.</summary>
public class InProcessEngineRaceTests : EngineScene
{
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
        decision.RetryAfter.ShouldBe(TimeSpan.FromMinutes(3)); // Of the token that is gone, and of the two charged since.
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

    [Theory]
    [InlineData(1, 2, 0)]
    [InlineData(2, 3, 0)]
    [InlineData(3, 3, 1)]
    public void Peek_ChangedDuringTheLook_LooksThreeTimesAndThenLocks(int changes, int looks, int locks)
    {
        ApplicableLimits limits = Of("perUser", "10/1m");
        Acquire(limits);
        RateLimitDecision decision = Peek(limits);

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

    // A thread that locked a set and wrote nothing changes no version: no other thread has to look again.
    [Theory]
    [MemberData(nameof(Undisturbing))]
    public void Peek_LockedWithoutAWrite_LooksOnce(string what)
    {
        ApplicableLimits one = Of("perUser", "2/1m");
        ApplicableLimits two = Limits(of => of.PerUser("2/1m").Tool("search", tool => tool.PerUser("2/1m")));
        ApplicableLimits oneOther = Of("perUser", "1/1m");
        ApplicableLimits twoOther = Limits(of => of.PerUser("1/1m").Tool("search", tool => tool.PerUser("1/1m")));
        ApplicableLimits log = Limits(of => of.PerUser("2/1m").Tool(
            "search", tool => tool.PerUser(new Rate(1, TimeSpan.FromMinutes(1), RateLimitAlgorithm.SlidingWindow, burst: null, align: false))));
        Acquire(two).IsAllowed.ShouldBeTrue();
        Acquire(two).IsAllowed.ShouldBeTrue();
        bool isAllowed = Peek(one).IsAllowed;

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
    public void Peek_WrittenDuringTheLook_TellsWhatIsThere(string what)
    {
        ApplicableLimits one = Of("perUser", "9/1m");
        ApplicableLimits two = Limits(of => of.PerUser("9/1m").Tool("search", tool => tool.PerUser("9/1m")));
        Acquire(two, cost: 3);
        RateLimitDecision seen = Peek(one);

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
                    Reset(one[0]);
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

    // A thread that finds a lock held waits for what its holder writes.
    [Fact]
    public void Acquire_SetHeldByAnotherThread_WaitsForIt()
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
}
