namespace Sluice.Tests;

/// <summary>The debt that evicted buckets leave behind, and which buckets take it over.</summary>
public class BucketFoldTests : OneSetScene
{
    [Fact]
    public void Insert_FoldsPaidOff_MakeRoomAndOweNothing()
    {
        Begin(maxKeys: 3);
        UseTokens("a", 1, 5).UseTokens("a", 2, 6).UseTokens("b", 3, 90);
        UseTokens("b", user: 4, 80);
        Fixture.Store.EvictionsWithDebt.ShouldBe(1);
        Fixture.Ticks = 6 * TimeSpan.TicksPerSecond;

        Newcomer("a").ShouldBe(0);
        UseTokens("a", user: 5, 1);

        Fixture.Store.EvictionsWithDebt.ShouldBe(1);
        Fixture.Store.BucketsCreatedWithDebt.ShouldBe(0);
        Owed("b", [3, 4]).ShouldBe([84, 74]);
    }

    [Fact]
    public void Insert_LogsFolded_KeepsTheirTokensAndGivesTheirMemoryBack()
    {
        Begin(maxKeys: 2);
        Spread("a", user: 1, Log);
        Spread("a", user: 2, Log);
        Fixture.Store.LogChunksInUse.ShouldBe(2);

        UseTokens("b", user: 3, 1);

        Fixture.Store.LogChunksInUse.ShouldBe(0);
        Owed("a", [1, 2, 9], Log).ShouldBe([4, 4, 4]);
        Newcomer("b").ShouldBe(0);
    }

    // A bucket in the place of an overdrawn one has the same debt; in the place of others, no more than a bucket holds.
    [Theory]
    [InlineData(150, 150, 150)]
    [InlineData(100, 100, 5)]
    public void Insert_OneOverdrawnOrNone_IsKept(int charged, int seconds, int tightSeconds)
    {
        Begin(maxKeys: 2);
        Charge("a", user: 1, 10).Charge("b", user: 2, charged);

        UseTokens("c", user: 3, 1);

        ResetAfter("d", Second).ShouldBe(TimeSpan.FromSeconds(seconds));
        ResetAfter("e", Tight).ShouldBe(TimeSpan.FromSeconds(tightSeconds));
    }

    [Fact]
    public void Insert_TwoOverdrawnOfOneLimit_StayOverdrawn()
    {
        Begin(maxKeys: 2);
        Charge("a", user: 1, 150).Charge("a", user: 2, 160);

        UseTokens("b", user: 3, 1);

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
        UseTokens("c", user: 3, 1); // 1 and 2 are folded.

        Charge("d", user: 4, 1); // And 3 joins them.

        ResetAfter("e", Tight).ShouldBe(TimeSpan.FromSeconds(seconds));
        ResetAfter("f", Second).ShouldBe(TimeSpan.FromSeconds(Math.Max(first, second)));
    }

    // Tokens owed under numbers that hold no longer may take longer to come back than the fold of all limits knows.
    [Fact]
    public void Insert_NumbersChangedAfterAFoldOfAllLimits_OwesAllThatABucketHolds()
    {
        Begin(maxKeys: 2);
        UseTokens("a", 1, 10).UseTokens("b", 2, 20);
        UseTokens("c", user: 3, 1);

        Owed("a", [8], Slow).ShouldBe([100]);
        Owed("d", [8], Slow).ShouldBe([2]); // It never had other numbers.
    }

    [Fact]
    public void Insert_NumbersChangedAfterAFoldOfTheLimit_ConvertsIt()
    {
        Begin(maxKeys: 2);
        UseTokens("a", 1, 10).UseTokens("a", 2, 20);
        UseTokens("c", user: 3, 1);

        Owed("a", [8], Slow).ShouldBe([20]);
        ResetAfter("a", Slow).ShouldBe(TimeSpan.FromSeconds(200));
        Owed("a", [8], Log).ShouldBe([0]); // Another algorithm starts with new buckets.
    }

    [Fact]
    public void Insert_NumbersChangedAfterAFoldOfLogs_ConvertsIt()
    {
        Begin(maxKeys: 2);
        Spread("a", user: 1, Log);
        Spread("a", user: 2, Log);
        UseTokens("c", user: 3, 1);
        Rate longer = new(Burst, TimeSpan.FromSeconds(200), RateLimitAlgorithm.SlidingWindow, burst: null, align: false);
        Rate fixedWindow = new(Burst, TimeSpan.FromSeconds(100), RateLimitAlgorithm.FixedWindow, burst: null, align: false);

        Owed("a", [8], longer).ShouldBe([4]);
        Owed("a", [8], Second).ShouldBe([0]);
        Owed("a", [8], fixedWindow).ShouldBe([0]);
    }

    [Fact]
    public void Reset_BucketThatWasEvicted_IsFullAgainWhateverTheFoldOwes()
    {
        Begin(maxKeys: 2);
        UseTokens("a", 1, 10).UseTokens("a", 2, 20).UseTokens("b", 3, 1);
        Newcomer("a").ShouldBe(20);

        Reset("a", 1);

        Owed("a", [1, 2]).ShouldBe([0, 20]);
    }
}
