namespace Sluice.Tests;

/// <summary>Which bucket is evicted for which.</summary>
public class BucketTableTests : OneSetScene
{
    [Fact]
    public void Insert_NoRoom_FoldsTheTwoOfALimitThatOweTheLeast()
    {
        Begin(maxKeys: 9);
        int[] debts = [40, 10, 90, 20, 70, 60, 30, 80, 50];
        foreach (int debt in debts)
        {
            UseTokens("a", user: debt, debt);
        }

        UseTokens("a", user: 1, 5);

        Owed("a", [10, 20, 30, 40, 50, 60, 70, 80, 90, 1]).ShouldBe([20, 20, 30, 40, 50, 60, 70, 80, 90, 5]);
        Newcomer("a").ShouldBe(20);
        Newcomer("b").ShouldBe(0);
        (Fixture.Store.Count, Fixture.Store.EvictionsWithDebt, Fixture.Store.BucketsCreatedWithDebt).ShouldBe((9, 1, 0));
    }

    [Fact]
    public void Insert_NoRoom_LeavesOfTwoThatOweAlikeTheWholeDebt()
    {
        Begin(maxKeys: 2);
        UseTokens("a", user: 1, 7);
        UseTokens("a", user: 2, 7);

        UseTokens("a", user: 3, 1);

        Newcomer("a").ShouldBe(7);
    }

    [Fact]
    public void Insert_FoldOfTheSameLimitThere_ChoosesItBeforeABucketThatOwesLess()
    {
        Begin(maxKeys: 5);
        UseTokens("a", 1, 50).UseTokens("a", 2, 60).UseTokens("b", 3, 70).UseTokens("c", 4, 80).UseTokens("d", 5, 90);
        UseTokens("a", user: 6, 1); // 1 and 2 are folded.
        Reset("b", 3).Reset("c", 4);
        UseTokens("a", user: 7, 1).UseTokens("a", user: 8, 1); // They start with a debt of 60, where the others have been.
        Refund("a", 7, 59).Refund("a", 8, 58);
        Fixture.Store.EvictionsWithDebt.ShouldBe(1);

        UseTokens("e", user: 9, 1);

        Owed("a", [6, 7, 8]).ShouldBe([60, 2, 3]);
        Owed("d", [5]).ShouldBe([90]);
        Owed("e", [9]).ShouldBe([1]);
        Fixture.Store.EvictionsWithDebt.ShouldBe(2);
        Fixture.Store.BucketsCreatedWithDebt.ShouldBe(2);
    }

    [Fact]
    public void Insert_FoldOwesMoreThanTwoBuckets_LeavesItAndFoldsThem()
    {
        Begin(maxKeys: 5);
        UseTokens("a", 1, 50).UseTokens("a", 2, 60).UseTokens("b", 3, 70).UseTokens("b", 4, 80).UseTokens("c", 5, 90);
        UseTokens("a", user: 6, 39); // 1 and 2 are folded; the debt of 6 is 39.
        Refund("b", 3, 65);

        UseTokens("d", user: 7, 1);

        Owed("a", [1, 6]).ShouldBe([60, 39]);
        Owed("b", [3, 4]).ShouldBe([80, 80]);
        Owed("c", [5]).ShouldBe([90]);
    }

    [Fact]
    public void Insert_FoldOwesLessThanAnyBucket_LeavesItAndFoldsTwoBuckets()
    {
        Begin(maxKeys: 5);
        UseTokens("a", 1, 10).UseTokens("a", 2, 20).UseTokens("b", 3, 70).UseTokens("b", 4, 80).UseTokens("c", 5, 90);
        UseTokens("a", user: 6, 95); // 1 and 2 are folded.

        UseTokens("d", user: 7, 1);

        Newcomer("a").ShouldBe(20);
        Owed("b", [3, 4]).ShouldBe([80, 80]);
        Owed("a", [6]).ShouldBe([95]);
        Owed("c", [5]).ShouldBe([90]);
    }

    [Fact]
    public void Insert_AnotherBucketOfTheSameLimit_ChoosesItBeforeOneThatOwesLess()
    {
        Begin(maxKeys: 3);
        UseTokens("a", 1, 1).UseTokens("a", 2, 90).UseTokens("b", 3, 2);

        UseTokens("c", user: 4, 1);

        Newcomer("a").ShouldBe(90);
        Newcomer("b").ShouldBe(0);
        Owed("b", [3]).ShouldBe([2]);
    }

    [Fact]
    public void Insert_BucketsOfDifferentLimits_FoldsTheTwoThatOweTheLeastForAllLimits()
    {
        Begin(maxKeys: 4);
        UseTokens("a", 1, 10).UseTokens("b", 2, 30).UseTokens("c", 3, 20).UseTokens("d", 4, 40);

        UseTokens("e", user: 5, 1);

        Owed("b", [2]).ShouldBe([30]);
        Owed("d", [4]).ShouldBe([40]);
        (Newcomer("a"), Newcomer("b"), Newcomer("e")).ShouldBe((20, 20, 20));
    }

    [Fact]
    public void Insert_FoldOfAllLimitsThere_ChoosesItBeforeABucketOfAnotherLimit()
    {
        Begin(maxKeys: 4);
        UseTokens("a", 1, 90).UseTokens("b", 2, 95).UseTokens("c", 3, 97).UseTokens("d", 4, 98);
        UseTokens("e", user: 5, 99); // 1 and 2 are folded.
        Refund("c", 3, 67).Refund("d", 4, 58);

        UseTokens("f", user: 6, 1);

        Owed("d", [4]).ShouldBe([40]);
        Owed("e", [5]).ShouldBe([99]);
        Owed("c", [3]).ShouldBe([95]);
        Fixture.Store.EvictionsWithDebt.ShouldBe(2);
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

        UseTokens("d", user: -7, 1);

        Fixture.PeekStates(Of("a", window), StoreFixture.User(users[0]))[0].Remaining.ShouldBe(9);
        Fixture.PeekStates(Of("b", window), StoreFixture.User(users[1]))[0].Remaining.ShouldBe(0);
        Fixture.PeekStates(Of("c", window), StoreFixture.User(users[2]))[0].Remaining.ShouldBe(0);

        int AcquireAt(string tool, int home)
        {
            ApplicableLimits limits = Of(tool, window);
            _ = Fixture.PeekStates(limits, StoreFixture.User(0));
            int user = Enumerable.Range(0, 10_000).First(user => Places.HomeOf(limits, StoreFixture.User(user)) == home);
            Fixture.Acquire(limits, StoreFixture.User(user)).IsAllowed.ShouldBeTrue();
            return user;
        }
    }

    // The buckets of one call cannot evict one another: in the end there are only folds, and then nothing.
    [Fact]
    public void Insert_OnlyFoldsLeft_FoldsThem()
    {
        Begin(maxKeys: 4);
        UseTokens("a", 1, 10).UseTokens("a", 2, 20).UseTokens("b", 3, 30).UseTokens("b", 4, 40);
        ApplicableLimits three = StoreFixture.Limits(of => of.PerUser(Second).Tool("search", t => t.PerUser(Second).PerTenant(Second)));

        Fixture.Acquire(three, StoreFixture.User(5)).IsAllowed.ShouldBeTrue();

        (Fixture.Store.Count, Fixture.Store.EvictionsWithDebt).ShouldBe((4, 3));
        Fixture.PeekStates(three, StoreFixture.User(5)).Select(state => state.Remaining).ShouldBe([99, 99, 99]);
        Newcomer("a").ShouldBe(40);
        Newcomer("b").ShouldBe(40);
    }

    [Fact]
    public void Insert_NothingLeftButTheCallItself_GrowsByWhatItNeeds()
    {
        Begin(maxKeys: 1);
        ApplicableLimits two = StoreFixture.Limits(of => of.PerUser("1/1m").Tool("search", t => t.PerUser("5/1m")));

        Fixture.Acquire(two, StoreFixture.User(1)).IsAllowed.ShouldBeTrue();

        Fixture.PeekStates(two, StoreFixture.User(1)).Select(state => state.Remaining).ShouldBe([0, 4]);
        (Fixture.Store.Count, Fixture.Store.EvictionsWithDebt).ShouldBe((2, 0));
    }

    [Fact]
    public void Insert_RoomForOneKey_KeepsOneAndForgetsNothing()
    {
        Begin(maxKeys: 1);
        ApplicableLimits limits = StoreFixture.Limits(of => of.PerUser("5/1m"));
        for (int user = 1; user <= 4; user++)
        {
            Fixture.Acquire(limits, StoreFixture.User(user)).IsAllowed.ShouldBeTrue();
            Fixture.Store.Count.ShouldBe(1);
        }

        Fixture.PeekStates(limits, StoreFixture.User(1))[0].Remaining.ShouldBeLessThanOrEqualTo(4);
        Fixture.Acquire(limits, StoreFixture.User(5)).IsAllowed.ShouldBeTrue();
        Fixture.Acquire(limits, StoreFixture.User(6)).IsAllowed.ShouldBeTrue();
        Fixture.Acquire(limits, StoreFixture.User(7)).IsAllowed.ShouldBeFalse();
        Fixture.Ticks += TimeSpan.TicksPerMinute;
        Fixture.Acquire(limits, StoreFixture.User(6), cost: 5).IsAllowed.ShouldBeTrue();
        Fixture.Store.Count.ShouldBe(1);
    }

    [Fact]
    public void Insert_MoreKeysThanRoom_ReturnsToTheMaximum()
    {
        Begin(maxKeys: 1);
        ApplicableLimits two = StoreFixture.Limits(of => of.PerUser("9/1m").Tool("search", t => t.PerUser("5/1m")));
        Fixture.Acquire(two, StoreFixture.User(1)).IsAllowed.ShouldBeTrue();
        Fixture.Store.Count.ShouldBe(2);

        Fixture.Acquire(two, StoreFixture.User(2)).IsAllowed.ShouldBeTrue();

        Fixture.Store.Count.ShouldBe(1);
        Fixture.PeekStates(two, StoreFixture.User(1)).ShouldAllBe(state => state.Remaining <= 8);
    }

    [Fact]
    public void Refund_BucketThatIsNotThere_TakesNoPlace()
    {
        Begin(maxKeys: 2);
        UseTokens("a", 1, 10).UseTokens("b", 2, 20);

        Refund("a", user: 3, 1);

        (Fixture.Store.Count, Fixture.Store.EvictionsWithDebt).ShouldBe((2, 0));
        Newcomer("a").ShouldBe(0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    public void Insert_BucketFullAtThatInstant_ReplacesIt(long ticks, int folds)
    {
        Begin(maxKeys: 2);
        UseTokens("a", 1, 5).UseTokens("a", 2, 9);
        Fixture.Ticks = (5 * TimeSpan.TicksPerSecond) + ticks;

        UseTokens("a", user: 3, 1);

        Fixture.Store.EvictionsWithDebt.ShouldBe(folds);
        Fixture.Store.Count.ShouldBe(2);
    }

    [Fact]
    public void Insert_BucketWithALog_GivesItsMemoryBack()
    {
        Begin(maxKeys: 1);
        Spread("a", user: 1, Log);
        Fixture.Store.LogChunksInUse.ShouldBe(1);
        Fixture.Ticks += Log.RefillPeriod.Ticks;

        UseTokens("b", user: 2, 1);

        Fixture.Store.LogChunksInUse.ShouldBe(0);
        Fixture.Store.Count.ShouldBe(1);
    }

    [Fact]
    public void Remove_BucketFullAgain_IsGoneAndLeavesItsPlace()
    {
        Begin(maxKeys: 2);
        UseTokens("a", 1, 10).UseTokens("a", 2, 20);
        Refund("a", 1, 10).Refund("a", 2, 20);
        Fixture.Store.Count.ShouldBe(0);

        UseTokens("a", 3, 30).UseTokens("a", 4, 40).UseTokens("a", 1, 50);

        (Fixture.Store.Count, Fixture.Store.EvictionsWithDebt).ShouldBe((2, 1));
    }

    [Fact]
    public void Reset_NoFolds_ForgetsTheBucket()
    {
        Begin(maxKeys: 2);
        Spread("a", user: 1, Log);

        Reset("a", 1, Log);

        Fixture.Store.Count.ShouldBe(0);
        Fixture.Store.LogChunksInUse.ShouldBe(0);
        Owed("a", [1], Log).ShouldBe([0]);
    }

    // Their sets, tags and names are alike in every bit; only the other half of their fingerprints tells them apart.
    [Fact]
    public void Find_CallersAlikeInHalfOfTheirFingerprints_HaveBucketsOfTheirOwn()
    {
        const int Callers = 400_000;
        Begin(maxKeys: 9);
        ApplicableLimits limits = Of("a", Second);
        UseTokens("a", user: 0, 1);
        Dictionary<uint, int> seen = [];
        int pairs = 0;
        for (int user = 1; user < Callers; user++)
        {
            uint half = (uint)Places.Of(limits, StoreFixture.User(user)).High;
            if (!seen.TryAdd(half, user))
            {
                pairs++;
                UseTokens("a", seen[half], 3);
                Owed("a", [user]).ShouldBe([0]);
                Reset("a", seen[half]);
            }
        }

        pairs.ShouldBeGreaterThan(1); // 19 are to be expected.
    }
}
