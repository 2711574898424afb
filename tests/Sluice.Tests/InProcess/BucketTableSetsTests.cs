using static Sluice.CommitStep;

namespace Sluice.Tests;

/// <summary>Room that is made in other sets than the one where it is wanted.</summary>
public class BucketTableSetsTests
{
    private static readonly Rate Second = new(1, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst: 100, align: false);
    private readonly ManualTimeProvider _time = new();
    private readonly ApplicableLimits _limits = StoreFixture.PerUser(Second);
    private readonly HashSet<CallerIdentity> _taken = [];
    private InProcessEngine<RecordedSteps> _engine = new(1, TimeProvider.System);
    private int _sets;

    [Fact]
    public void Insert_BucketsFullAgainElsewhere_GoBeforeAnythingOwed()
    {
        Begin(maxKeys: 18, sets: 2);
        Fill(set: 0, count: 9, tokens: 100);
        Fill(set: 1, count: 9, tokens: 1);
        _time.Elapsed = TimeSpan.FromSeconds(1);

        Fill(set: 0, count: 6, tokens: 100);
        ShouldHave(count: 18, folds: 0);
        Fill(set: 1, count: 3, tokens: 100);
        ShouldHave(count: 18, folds: 0);

        // All eighteen owe now, so that the next cannot come for nothing.
        Fill(set: 1, count: 1, tokens: 100);
        ShouldHave(count: 18, folds: 1);
    }

    [Fact]
    public void Insert_BucketFullAgainInItsOwnSet_LeavesOtherSetsAlone()
    {
        Begin(maxKeys: 18, sets: 2);
        Acquire(UserIn(set: 0, home: 0), 1);
        Fill(set: 0, count: 8, tokens: 1);
        Fill(set: 1, count: 9, tokens: 1);
        _time.Elapsed = TimeSpan.FromSeconds(1);

        Fill(set: 0, count: 9, tokens: 100);
        Fill(set: 1, count: 9, tokens: 100);
        ShouldHave(count: 18, folds: 0);
        Fill(set: 1, count: 1, tokens: 100);
        ShouldHave(count: 18, folds: 1);
    }

    [Fact]
    public void Insert_NothingInItsOwnSet_FoldsInAnother()
    {
        Begin(maxKeys: 10, sets: 2);
        CallerIdentity[] callers = [.. Enumerable.Range(1, 10).Select(tokens => Acquire(UserIn(set: 1), 10 * tokens))];

        Fill(set: 0, count: 1, tokens: 7);

        ShouldHave(count: 10, folds: 1);
        callers.Select(Owed).ShouldBe([20, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
        Owed(UserIn(set: 1)).ShouldBe(20);
        Owed(UserIn(set: 0)).ShouldBe(0);
    }

    [Fact]
    public void Insert_NoRoomNearby_LooksAtFourOtherSetsAndFoldsInItsOwn()
    {
        Begin(maxKeys: 72, sets: 8);
        for (int set = 0; set < 8; set++)
        {
            Fill(set, count: 9, tokens: 100);
        }

        List<CommitStep> steps = RecordedSteps.Of(() => Fill(set: 5, count: 1, tokens: 1));

        steps.ShouldBe(
        [
            Locking, Unlocking, // It is not there, so the short way ends here.
            Locking, Reading, Writing,
            Locking, Unlocking, Locking, Locking, Unlocking, Locking, Unlocking, // Sets 4 to 7, of which 5 is its own.
            Unlocking,
        ]);
        ShouldHave(count: 72, folds: 1);
        Owed(UserIn(set: 5)).ShouldBe(100);
        Owed(UserIn(set: 4)).ShouldBe(0);
    }

    // Behind the sets nearby, which have not two buckets to fold, lies one that is full of buckets that can be dropped.
    [Fact]
    public void Insert_NothingNearby_LooksEverywhereAndTakesWhatOwesNothing()
    {
        Begin(maxKeys: 64, sets: 8);
        Fill(set: 0, count: 15, tokens: 1);
        Fill(set: 1, count: 15, tokens: 100);
        Fill(set: 2, count: 15, tokens: 100);
        Fill(set: 3, count: 15, tokens: 100);
        for (int set = 4; set < 8; set++)
        {
            Fill(set, count: 1, tokens: 100);
        }

        _time.Elapsed = TimeSpan.FromSeconds(1);
        CallerIdentity watched = UserIn(set: 0);
        _ = Owed(watched); // From then on others may look without the lock.
        List<CommitStep> steps = RecordedSteps.Of(() => Owed(watched), Validating, 1, () => Fill(set: 4, count: 1, tokens: 1));

        ShouldHave(count: 64, folds: 0);
        steps.Count(step => step == Validating).ShouldBe(2); // A reader during the change has to look again.
    }

    [Fact]
    public void Insert_FoldInAnotherSet_IsSeenByWhoLooksThere()
    {
        Begin(maxKeys: 10, sets: 2);
        CallerIdentity[] callers = [.. Enumerable.Range(1, 10).Select(tokens => Acquire(UserIn(set: 1), 10 * tokens))];
        int seen = Owed(callers[0]);

        List<CommitStep> steps = RecordedSteps.Of(
            () => seen = Owed(callers[0]), Validating, 1, () => Fill(set: 0, count: 1, tokens: 7));

        seen.ShouldBe(20);
        steps.Count(step => step == Unlocking).ShouldBe(1); // Folds are read under the lock only.
    }

    [Fact]
    public void Insert_SetOnlyVisited_IsUnchangedForWhoLooksThere()
    {
        Begin(maxKeys: 18, sets: 2);
        Fill(set: 0, count: 9, tokens: 50);
        CallerIdentity caller = Acquire(UserIn(set: 1), 30);
        Fill(set: 1, count: 8, tokens: 50);
        _ = Owed(caller);

        List<CommitStep> steps = RecordedSteps.Of(
            () => Owed(caller), Validating, 1, () => Fill(set: 0, count: 1, tokens: 7));

        steps.ShouldBe([Locking, Reading, Copying, Validating]);
        _engine.Table.EvictionsWithDebt.ShouldBe(1);
    }

    // A place in one set says nothing about the place of that number in another.
    [Fact]
    public void Insert_CallHoldsThatPlaceInAnotherSet_MayTakeIt()
    {
        ApplicableLimits both = StoreFixture.Limits(of => of.PerTenant(Second).PerUser(Second));
        ApplicableLimits tenantOnly = StoreFixture.Limits(of => of.PerTenant(Second));
        Begin(maxKeys: 18, sets: 2);
        _ = _engine.Peek(new RateLimitRequest(tenantOnly, CallerIdentity.None), []);
        CallerIdentity expired = Acquire(UserIn(set: 1), 1);
        int place = Places.HomeOf(_limits, expired);
        Fill(set: 1, count: 14, tokens: 100);
        CallerIdentity user = UserIn(set: 1);
        CallerIdentity caller = Enumerable.Range(0, int.MaxValue)
            .Select(tenant => new CallerIdentity(user.Issuer, user.Part(RateLimitScope.PerUser), $"tenant-{tenant}", null))
            .First(caller => Places.SetOf(tenantOnly, caller, _sets) == 0
                && Places.HomeOf(tenantOnly, caller) == place
                && Places.SetOf(_limits, caller, _sets) == 1);
        _time.Elapsed = TimeSpan.FromSeconds(1);

        _engine.Acquire(new RateLimitRequest(both, caller), []).IsAllowed.ShouldBeTrue();

        ShouldHave(count: 16, folds: 0);
    }

    private void Begin(int maxKeys, int sets)
    {
        _engine = new InProcessEngine<RecordedSteps>(maxKeys, _time);
        _sets = sets;
        _ = _engine.Peek(new RateLimitRequest(_limits, CallerIdentity.None), []); // So that it knows the limit.
    }

    /// <summary>A user whose bucket lies in a set, and at a place there if it is free; another user each time.</summary>
    private CallerIdentity UserIn(int set, int? home = null) => Enumerable.Range(0, int.MaxValue)
        .Select(StoreFixture.User)
        .First(user => Places.SetOf(_limits, user, _sets) == set
            && (home is null || Places.HomeOf(_limits, user) == home)
            && _taken.Add(user));

    private CallerIdentity Acquire(CallerIdentity caller, int tokens)
    {
        _ = _engine.Acquire(new RateLimitRequest(_limits, caller, tokens), []);
        return caller;
    }

    private void Fill(int set, int count, int tokens)
    {
        for (int i = 0; i < count; i++)
        {
            Acquire(UserIn(set), tokens);
        }
    }

    private void ShouldHave(long count, long folds) => (_engine.Table.Count, _engine.Table.EvictionsWithDebt).ShouldBe((count, folds));

    /// <summary>How many tokens a caller's bucket lacks.</summary>
    private int Owed(CallerIdentity caller) => 100 - _engine.Peek(new RateLimitRequest(_limits, caller), []).Remaining;
}
