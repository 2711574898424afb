namespace Sluice.Tests;

/// <summary>What makes room for what, and what it leaves behind. A table of up to nine keys is one set, where all meet.</summary>
public class BucketTableTests
{
    private const int Burst = 100;
    private static readonly Rate Second = new(1, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, Burst, align: false);
    private static readonly Rate Tight = new(1, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst: 5, align: false);
    private static readonly Rate Slow = new(1, TimeSpan.FromSeconds(10), RateLimitAlgorithm.TokenBucket, Burst, align: false);
    private static readonly Rate Log = new(Burst, TimeSpan.FromSeconds(100), RateLimitAlgorithm.SlidingWindow, burst: null, align: false);
    private readonly Dictionary<string, ApplicableLimits> _limits = [];
    private StoreFixture _fixture = new(maxKeys: 9);

    [Fact]
    public void Insert_NoRoom_FoldsTheTwoOfALimitThatOweTheLeast()
    {
        Begin(maxKeys: 9);
        int[] debts = [40, 10, 90, 20, 70, 60, 30, 80, 50];
        foreach (int debt in debts)
        {
            Owe("a", user: debt, debt);
        }

        Owe("a", user: 1, 5);

        Owed("a", [10, 20, 30, 40, 50, 60, 70, 80, 90, 1]).ShouldBe([20, 20, 30, 40, 50, 60, 70, 80, 90, 5]);
        Newcomer("a").ShouldBe(20);
        Newcomer("b").ShouldBe(0);
        (_fixture.Store.Count, _fixture.Store.DebtFolds, _fixture.Store.ShortStarts).ShouldBe((9, 1, 0));
    }

    [Fact]
    public void Insert_NoRoom_LeavesOfTwoThatOweAlikeTheWholeDebt()
    {
        Begin(maxKeys: 2);
        Owe("a", user: 1, 7);
        Owe("a", user: 2, 7);

        Owe("a", user: 3, 1);

        Newcomer("a").ShouldBe(7);
    }

    [Fact]
    public void Insert_FoldOfTheSameLimitThere_ChoosesItBeforeABucketThatOwesLess()
    {
        Begin(maxKeys: 5);
        Owe("a", 1, 50).Owe("a", 2, 60).Owe("b", 3, 70).Owe("c", 4, 80).Owe("d", 5, 90);
        Owe("a", user: 6, 1); // 1 and 2 are folded.
        Reset("b", 3).Reset("c", 4);
        Owe("a", user: 7, 1).Owe("a", user: 8, 1); // They start with a debt of 60, where the others have been.
        Refund("a", 7, 59).Refund("a", 8, 58);
        _fixture.Store.DebtFolds.ShouldBe(1);

        Owe("e", user: 9, 1);

        Owed("a", [6, 7, 8]).ShouldBe([60, 2, 3]);
        Owed("d", [5]).ShouldBe([90]);
        Owed("e", [9]).ShouldBe([1]);
        _fixture.Store.DebtFolds.ShouldBe(2);
        _fixture.Store.ShortStarts.ShouldBe(2);
    }

    [Fact]
    public void Insert_FoldOwesMoreThanTwoBuckets_LeavesItAndFoldsThem()
    {
        Begin(maxKeys: 5);
        Owe("a", 1, 50).Owe("a", 2, 60).Owe("b", 3, 70).Owe("b", 4, 80).Owe("c", 5, 90);
        Owe("a", user: 6, 39); // 1 and 2 are folded; he owes 39.
        Refund("b", 3, 65);

        Owe("d", user: 7, 1);

        Owed("a", [1, 6]).ShouldBe([60, 39]);
        Owed("b", [3, 4]).ShouldBe([80, 80]);
        Owed("c", [5]).ShouldBe([90]);
    }

    [Fact]
    public void Insert_FoldOwesLessThanAnyBucket_LeavesItAndFoldsTwoBuckets()
    {
        Begin(maxKeys: 5);
        Owe("a", 1, 10).Owe("a", 2, 20).Owe("b", 3, 70).Owe("b", 4, 80).Owe("c", 5, 90);
        Owe("a", user: 6, 95); // 1 and 2 are folded.

        Owe("d", user: 7, 1);

        Newcomer("a").ShouldBe(20);
        Owed("b", [3, 4]).ShouldBe([80, 80]);
        Owed("a", [6]).ShouldBe([95]);
        Owed("c", [5]).ShouldBe([90]);
    }

    [Fact]
    public void Insert_AnotherBucketOfTheSameLimit_ChoosesItBeforeOneThatOwesLess()
    {
        Begin(maxKeys: 3);
        Owe("a", 1, 1).Owe("a", 2, 90).Owe("b", 3, 2);

        Owe("c", user: 4, 1);

        Newcomer("a").ShouldBe(90);
        Newcomer("b").ShouldBe(0);
        Owed("b", [3]).ShouldBe([2]);
    }

    [Fact]
    public void Insert_BucketsOfDifferentLimits_FoldsTheTwoThatOweTheLeastForAllLimits()
    {
        Begin(maxKeys: 4);
        Owe("a", 1, 10).Owe("b", 2, 30).Owe("c", 3, 20).Owe("d", 4, 40);

        Owe("e", user: 5, 1);

        Owed("b", [2]).ShouldBe([30]);
        Owed("d", [4]).ShouldBe([40]);
        (Newcomer("a"), Newcomer("b"), Newcomer("e")).ShouldBe((20, 20, 20));
    }

    [Fact]
    public void Insert_FoldOfAllLimitsThere_ChoosesItBeforeABucketOfAnotherLimit()
    {
        Begin(maxKeys: 4);
        Owe("a", 1, 90).Owe("b", 2, 95).Owe("c", 3, 97).Owe("d", 4, 98);
        Owe("e", user: 5, 99); // 1 and 2 are folded.
        Refund("c", 3, 67).Refund("d", 4, 58);

        Owe("f", user: 6, 1);

        Owed("d", [4]).ShouldBe([40]);
        Owed("e", [5]).ShouldBe([99]);
        Owed("c", [3]).ShouldBe([95]);
        _fixture.Store.DebtFolds.ShouldBe(2);
    }

    // A bucket lies where it is looked for first, if that place is empty. Of three that owe alike the two in the first places go,
    // wherever a window was used, so that the one which is still as it was lies in the last.
    [Fact]
    public void Insert_HomeEmpty_IsTaken()
    {
        Begin(maxKeys: 3);
        Rate window = new(10, TimeSpan.FromSeconds(10), RateLimitAlgorithm.FixedWindow, burst: null, align: false);
        (string Tool, int Home)[] buckets = [("a", 12), ("b", 7), ("c", 3)];
        int[] users = [.. buckets.Select(bucket => AcquireAt(bucket.Tool, bucket.Home))];

        Owe("d", user: -7, 1);

        _fixture.PeekStates(Of("a", window), StoreFixture.User(users[0]))[0].Remaining.ShouldBe(9);
        _fixture.PeekStates(Of("b", window), StoreFixture.User(users[1]))[0].Remaining.ShouldBe(0);
        _fixture.PeekStates(Of("c", window), StoreFixture.User(users[2]))[0].Remaining.ShouldBe(0);

        int AcquireAt(string tool, int home)
        {
            ApplicableLimits limits = Of(tool, window);
            _ = _fixture.PeekStates(limits, StoreFixture.User(0));
            int user = Enumerable.Range(0, 10_000).First(user => Places.HomeOf(limits, StoreFixture.User(user)) == home);
            _fixture.Acquire(limits, StoreFixture.User(user)).IsAllowed.ShouldBeTrue();
            return user;
        }
    }

    // What one call needs cannot make room for itself: in the end there are only folds, and then nothing.
    [Fact]
    public void Insert_OnlyFoldsLeft_FoldsThem()
    {
        Begin(maxKeys: 4);
        Owe("a", 1, 10).Owe("a", 2, 20).Owe("b", 3, 30).Owe("b", 4, 40);
        ApplicableLimits three = StoreFixture.Limits(of => of.PerUser(Second).Tool("search", t => t.PerUser(Second).PerTenant(Second)));

        _fixture.Acquire(three, StoreFixture.User(5)).IsAllowed.ShouldBeTrue();

        (_fixture.Store.Count, _fixture.Store.DebtFolds).ShouldBe((4, 3));
        _fixture.PeekStates(three, StoreFixture.User(5)).Select(state => state.Remaining).ShouldBe([99, 99, 99]);
        Newcomer("a").ShouldBe(40);
        Newcomer("b").ShouldBe(40);
    }

    [Fact]
    public void Insert_NothingLeftButTheCallItself_GrowsByWhatItNeeds()
    {
        Begin(maxKeys: 1);
        ApplicableLimits two = StoreFixture.Limits(of => of.PerUser("1/1m").Tool("search", t => t.PerUser("5/1m")));

        _fixture.Acquire(two, StoreFixture.User(1)).IsAllowed.ShouldBeTrue();

        _fixture.PeekStates(two, StoreFixture.User(1)).Select(state => state.Remaining).ShouldBe([0, 4]);
        (_fixture.Store.Count, _fixture.Store.DebtFolds).ShouldBe((2, 0));
    }

    [Fact]
    public void Refund_BucketThatIsNotThere_TakesNobodysPlace()
    {
        Begin(maxKeys: 2);
        Owe("a", 1, 10).Owe("b", 2, 20);

        Refund("a", user: 3, 1);

        (_fixture.Store.Count, _fixture.Store.DebtFolds).ShouldBe((2, 0));
        Newcomer("a").ShouldBe(0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    public void Insert_BucketFullAtThatInstant_ReplacesIt(long ticks, int folds)
    {
        Begin(maxKeys: 2);
        Owe("a", 1, 5).Owe("a", 2, 9);
        _fixture.Ticks = (5 * TimeSpan.TicksPerSecond) + ticks;

        Owe("a", user: 3, 1);

        _fixture.Store.DebtFolds.ShouldBe(folds);
        _fixture.Store.Count.ShouldBe(2);
    }

    [Fact]
    public void Insert_FoldsPaidOff_MakeRoomAndOweNothing()
    {
        Begin(maxKeys: 3);
        Owe("a", 1, 5).Owe("a", 2, 6).Owe("b", 3, 90);
        Owe("b", user: 4, 80);
        _fixture.Store.DebtFolds.ShouldBe(1);
        _fixture.Ticks = 6 * TimeSpan.TicksPerSecond;

        Newcomer("a").ShouldBe(0);
        Owe("a", user: 5, 1);

        _fixture.Store.DebtFolds.ShouldBe(1);
        _fixture.Store.ShortStarts.ShouldBe(0);
        Owed("b", [3, 4]).ShouldBe([84, 74]);
    }

    [Fact]
    public void Insert_BucketWithALog_GivesItsMemoryBack()
    {
        Begin(maxKeys: 1);
        Spread("a", user: 1, Log);
        _fixture.Store.LogChunksInUse.ShouldBe(1);
        _fixture.Ticks += Log.RefillPeriod.Ticks;

        Owe("b", user: 2, 1);

        _fixture.Store.LogChunksInUse.ShouldBe(0);
        _fixture.Store.Count.ShouldBe(1);
    }

    [Fact]
    public void Insert_LogsFolded_KeepsTheirTokensAndGivesTheirMemoryBack()
    {
        Begin(maxKeys: 2);
        Spread("a", user: 1, Log);
        Spread("a", user: 2, Log);
        _fixture.Store.LogChunksInUse.ShouldBe(2);

        Owe("b", user: 3, 1);

        _fixture.Store.LogChunksInUse.ShouldBe(0);
        Owed("a", [1, 2, 9], Log).ShouldBe([4, 4, 4]);
        Newcomer("b").ShouldBe(0);
    }

    // Who comes in the place of an overdrawn bucket owes as much; who comes in the place of others, no more than a bucket holds.
    [Fact]
    public void Insert_OneOverdrawn_StaysOverdrawn()
    {
        Begin(maxKeys: 2);
        Charge("a", user: 1, 10).Charge("b", user: 2, 150);

        Owe("c", user: 3, 1);

        ResetAfter("a", Second).ShouldBe(TimeSpan.FromSeconds(150));
        ResetAfter("d", Tight).ShouldBe(TimeSpan.FromSeconds(150));
    }

    [Fact]
    public void Insert_NoneOverdrawn_OwesNoMoreThanABucketHolds()
    {
        Begin(maxKeys: 2);
        Charge("a", user: 1, 10).Charge("b", user: 2, 100);

        Owe("c", user: 3, 1);

        ResetAfter("d", Second).ShouldBe(TimeSpan.FromSeconds(100));
        ResetAfter("e", Tight).ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Insert_TwoOverdrawnOfOneLimit_StayOverdrawn()
    {
        Begin(maxKeys: 2);
        Charge("a", user: 1, 150).Charge("a", user: 2, 160);

        Owe("b", user: 3, 1);

        ResetAfter("a", Second).ShouldBe(TimeSpan.FromSeconds(160));
        Newcomer("b").ShouldBe(0);
    }

    [Theory]
    [InlineData(140, 150, 150)]
    [InlineData(150, 140, 150)]
    [InlineData(90, 80, 5)]
    public void Insert_FoldOfAllLimitsThere_KeepsWhetherItIsOverdrawn(int first, int second, int seconds)
    {
        Begin(maxKeys: 2);
        Charge("a", user: 1, first).Charge("b", user: 2, second);
        Owe("c", user: 3, 1); // 1 and 2 are folded.

        Charge("d", user: 4, 1); // And 3 joins them.

        ResetAfter("e", Tight).ShouldBe(TimeSpan.FromSeconds(seconds));
        ResetAfter("f", Second).ShouldBe(TimeSpan.FromSeconds(Math.Max(first, second)));
    }

    // Tokens owed under numbers that hold no longer may take longer to come back than the fold of all limits knows.
    [Fact]
    public void Insert_NumbersChangedAfterAFoldOfAllLimits_OwesAllThatABucketHolds()
    {
        Begin(maxKeys: 2);
        Owe("a", 1, 10).Owe("b", 2, 20);
        Owe("c", user: 3, 1);

        Owed("a", [8], Slow).ShouldBe([100]);
        Owed("d", [8], Slow).ShouldBe([2]); // It never had other numbers.
    }

    [Fact]
    public void Insert_NumbersChangedAfterAFoldOfTheLimit_ConvertsIt()
    {
        Begin(maxKeys: 2);
        Owe("a", 1, 10).Owe("a", 2, 20);
        Owe("c", user: 3, 1);

        Owed("a", [8], Slow).ShouldBe([20]);
        ResetAfter("a", Slow).ShouldBe(TimeSpan.FromSeconds(200));
        Owed("a", [8], Log).ShouldBe([0]); // Another algorithm starts anew.
    }

    [Fact]
    public void Insert_NumbersChangedAfterAFoldOfLogs_ConvertsIt()
    {
        Begin(maxKeys: 2);
        Spread("a", user: 1, Log);
        Spread("a", user: 2, Log);
        Owe("c", user: 3, 1);
        Rate longer = new(Burst, TimeSpan.FromSeconds(200), RateLimitAlgorithm.SlidingWindow, burst: null, align: false);
        Rate fixedWindow = new(Burst, TimeSpan.FromSeconds(100), RateLimitAlgorithm.FixedWindow, burst: null, align: false);

        Owed("a", [8], longer).ShouldBe([4]);
        Owed("a", [8], Second).ShouldBe([0]);
        Owed("a", [8], fixedWindow).ShouldBe([0]);
    }

    [Fact]
    public void Remove_BucketFullAgain_IsGoneAndLeavesItsPlace()
    {
        Begin(maxKeys: 2);
        Owe("a", 1, 10).Owe("a", 2, 20);
        Refund("a", 1, 10).Refund("a", 2, 20);
        _fixture.Store.Count.ShouldBe(0);

        Owe("a", 3, 30).Owe("a", 4, 40).Owe("a", 1, 50);

        (_fixture.Store.Count, _fixture.Store.DebtFolds).ShouldBe((2, 1));
    }

    [Fact]
    public void Reset_BucketThatWasEvicted_IsFullAgainWhateverTheFoldOwes()
    {
        Begin(maxKeys: 2);
        Owe("a", 1, 10).Owe("a", 2, 20).Owe("b", 3, 1);
        Newcomer("a").ShouldBe(20);

        Reset("a", 1);

        Owed("a", [1, 2]).ShouldBe([0, 20]);
    }

    [Fact]
    public void Reset_NoFolds_ForgetsTheBucket()
    {
        Begin(maxKeys: 2);
        Spread("a", user: 1, Log);

        Reset("a", 1, Log);

        _fixture.Store.Count.ShouldBe(0);
        _fixture.Store.LogChunksInUse.ShouldBe(0);
        Owed("a", [1], Log).ShouldBe([0]);
    }

    // Their sets, tags and names are alike in every bit; only the other half of their fingerprints tells them apart.
    [Fact]
    public void Find_CallersAlikeInHalfOfTheirFingerprints_HaveBucketsOfTheirOwn()
    {
        const int Callers = 400_000;
        Begin(maxKeys: 9);
        ApplicableLimits limits = Of("a", Second);
        Owe("a", user: 0, 1);
        Dictionary<uint, int> seen = [];
        int pairs = 0;
        for (int user = 1; user < Callers; user++)
        {
            uint half = (uint)Places.Of(limits, StoreFixture.User(user)).High;
            if (!seen.TryAdd(half, user))
            {
                pairs++;
                Owe("a", seen[half], 3);
                Owed("a", [user]).ShouldBe([0]);
                Reset("a", seen[half]);
            }
        }

        pairs.ShouldBeGreaterThan(1); // 19 are to be expected.
    }

    private void Begin(int maxKeys)
    {
        _fixture = new StoreFixture(maxKeys);
        _limits.Clear();
    }

    private ApplicableLimits Of(string tool, Rate rate)
    {
        string key = $"{tool} {rate}";
        if (!_limits.TryGetValue(key, out ApplicableLimits? limits))
        {
            limits = RateLimitPolicy.Build("server", of => of.Tool(tool, t => t.PerUser(rate)))
                .Select("tools/call", tool, StoreFixture.User(1));
            _limits.Add(key, limits);
        }

        return limits;
    }

    private BucketTableTests Owe(string tool, int user, int tokens)
    {
        _fixture.Acquire(Of(tool, Second), StoreFixture.User(user), tokens).IsAllowed.ShouldBeTrue();
        return this;
    }

    private BucketTableTests Charge(string tool, int user, int tokens)
    {
        _fixture.Store.Charge(new RateLimitRequest(Of(tool, Second), StoreFixture.User(user), tokens));
        return this;
    }

    private BucketTableTests Refund(string tool, int user, int tokens)
    {
        _fixture.Store.Refund(new RateLimitRequest(Of(tool, Second), StoreFixture.User(user), tokens));
        return this;
    }

    private BucketTableTests Reset(string tool, int user, Rate? rate = null)
    {
        _fixture.Store.Reset(Of(tool, rate ?? Second).Limits, StoreFixture.User(user));
        return this;
    }

    /// <summary>Four tokens, one by one, so that a log has to remember each.</summary>
    private void Spread(string tool, int user, Rate rate)
    {
        for (int i = 0; i < 4; i++)
        {
            _fixture.Acquire(Of(tool, rate), StoreFixture.User(user)).IsAllowed.ShouldBeTrue();
            _fixture.Ticks++;
        }
    }

    /// <summary>How many tokens some users' buckets lack.</summary>
    private int[] Owed(string tool, int[] users, Rate? rate = null) =>
        [.. users.Select(user => Burst - _fixture.PeekStates(Of(tool, rate ?? Second), StoreFixture.User(user))[0].Remaining)];

    /// <summary>How many tokens the bucket lacks of a user who has none.</summary>
    private int Newcomer(string tool) => Owed(tool, [-1])[0];

    private TimeSpan ResetAfter(string tool, Rate rate, int user = -1) =>
        _fixture.PeekStates(Of(tool, rate), StoreFixture.User(user))[0].ResetAfter;
}
