namespace Sluice.Tests;

public class LimitRegistryTests
{
    private static StoreClock Clock => new(new ManualTimeProvider());

    [Fact]
    public void Of_MoreLimitsThanItNumbers_Throws()
    {
        LimitRegistry registry = new(Clock, logChunks: 10, maxBuckets: 4);
        for (int i = 1; i < 4; i++)
        {
            registry.Of(Tool($"t{i}", "1/1s")).Limits[0].Bucket.Number.ShouldBe(i);
        }

        Should.Throw<InvalidOperationException>(() => registry.Of(Tool("t4", "1/1s")))
            .Message.ShouldBe("A store keeps at most 3 limits apart, and has met as many. Use a new store.");
        registry.Of(Tool("t2", "2/1s")).Limits[0].Bucket.Number.ShouldBe(2); // Those that it knows go on.
    }

    [Fact]
    public void Of_MoreRatesThanItNumbers_Throws()
    {
        LimitRegistry registry = new(Clock, logChunks: 10, maxVersions: 2);
        registry.Of(Tool("t", "1/1s")).Limits[0].Version.ShouldBe(0);
        registry.Of(Tool("t", "2/1s")).Limits[0].Version.ShouldBe(1);

        Should.Throw<InvalidOperationException>(() => registry.Of(Tool("t", "3/1s")))
            .Message.ShouldBe("The limit 't/perUser' has had 2 different rates, which is as many as a store keeps apart. Use a new store.");
        registry.Of(Tool("t", "1/1s")).Limits[0].Version.ShouldBe(0);
    }

    [Fact]
    public void Of_ByDefault_NumbersAsManyAsAnEntryCanName()
    {
        LimitRegistry.MostBuckets.ShouldBe(1_048_575);
        LimitRegistry.MostVersions.ShouldBe(1_048_576);
    }

    [Fact]
    public void Of_FourLimitsOfAServerAndAScope_LieTogether()
    {
        LimitRegistry registry = new(Clock, logChunks: 10);

        Fingerprint[] pages = [.. Enumerable.Range(0, 9).Select(i => registry.Of(Tool($"t{i}", "1/1s")).Limits[0].Bucket.Page)];

        pages.Distinct().Count().ShouldBe(3);
        pages[..4].Distinct().Count().ShouldBe(1);
        pages[4..8].Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void Of_LimitsThatANewerStoreHasMet_LeavesThemToIt()
    {
        LimitRegistry older = new(Clock, logChunks: 10);
        LimitRegistry newer = new(Clock, logChunks: 10);
        ApplicableLimits limits = Tool("t", "1/1s");
        RegisteredLimits known = older.Of(limits);
        RegisteredLimit knownOne = older.Of(limits[0]);
        RegisteredLimits registration = newer.Of(limits);
        RegisteredLimit registrationOfOne = newer.Of(limits[0]);

        older.Of(limits).ShouldBeSameAs(known);
        older.Of(limits[0]).ShouldBeSameAs(knownOne);
        limits.Registration.ShouldBeSameAs(registration);
        limits[0].Registration!.Limits[0].ShouldBeSameAs(registrationOfOne);
    }

    [Fact]
    public void Of_SharedLimits_HaveABucketEach()
    {
        StoreFixture fixture = new(maxKeys: 1);
        ApplicableLimits[] limits =
        [
            .. Enumerable.Range(0, 200).Select(i => RateLimitPolicy.Build("server", of => of.Tool($"t{i}", t => t.Shared("1000/1m")))
                .Select("tools/call", $"t{i}", CallerIdentity.None)),
        ];
        for (int i = 0; i < limits.Length; i++)
        {
            fixture.Acquire(limits[i], CallerIdentity.None, cost: i + 1).IsAllowed.ShouldBeTrue();
        }

        for (int i = 0; i < limits.Length; i++)
        {
            fixture.PeekStates(limits[i], CallerIdentity.None)[0].Remaining.ShouldBe(1000 - i - 1);
        }

        fixture.Store.Count.ShouldBe(0); // They count for no limit.
    }

    private static ApplicableLimits Tool(string name, string rate) =>
        RateLimitPolicy.Build("server", of => of.Tool(name, t => t.PerUser(rate))).Select("tools/call", name, CallerIdentity.None);
}
