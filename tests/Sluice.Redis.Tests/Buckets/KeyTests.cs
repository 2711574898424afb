using System.Globalization;

namespace Sluice.Redis.Tests;

public sealed class KeyTests
{
    [Fact]
    public async Task Acquire_LimitsOfEveryScope_WritesARowForEachInOneSlot()
    {
        await using StoreScene scene = new();
        await scene.Acquire(StoreScene.Limits(policy => policy
            .Shared("10/1m").PerTenant("10/1m").PerUser("10/1m").PerClient("10/1m").Tool("search", tool => tool.PerUser("5/1m"))));

        string[] keys = [.. scene.Server.Send("KEYS", "*").Split('\n').Order(StringComparer.Ordinal)];

        keys.Length.ShouldBe(4);
        keys.Select(HashSlot.Of).Distinct().Count().ShouldBe(1);
        keys[1].ShouldBe("sluice:{files}:shared");
        keys.ShouldAllBe(key => !key.Contains("alice", StringComparison.Ordinal) && !key.Contains("acme", StringComparison.Ordinal));
        keys[3].ShouldMatch("^sluice:\\{files\\}:user:[0-9a-f]{64}$");
    }

    [Theory]
    [InlineData(null, false, "a25aa069ac13351c3f2ed21e334cbc36c7a352ad54dd39c863d16fa17dabddab")]
    [InlineData("acme", true, "a25aa069ac13351c3f2ed21e334cbc36c7a352ad54dd39c863d16fa17dabddab")]
    [InlineData("acme", false, "539ef69e39e7dea9fc687e15361255d0e76feb00978643b473813e8eb012ae6a")]
    public void Of_User_HasAKeyThatVersionsAgreeOn(string? tenant, bool spansTenants, string key) =>
        new CallerKeys(new CallerIdentity("https://issuer.example", "alice", tenant, null) { UserSpansTenants = spansTenants })
            .Of(LimitKey.PerUser).ShouldBe(key);

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_Charged_ExpiresWhenItsBucketsAreFullAgain(RateLimitAlgorithm algorithm)
    {
        await using StoreScene scene = new();
        ApplicableLimits limits = StoreScene.Limits(policy => policy
            .PerUser(new Rate(10, TimeSpan.FromMinutes(1), algorithm, null, false)).Tool("search", tool => tool.PerUser("10/1s")));
        LimitState[] states = new LimitState[2];
        await scene.Store.WarmUpAsync(Eventually.Patience, default);
        long before = ServerMicros(scene);
        await scene.Store.AcquireAsync(new RateLimitRequest(limits, StoreScene.Alice, 3), states, default);
        long after = ServerMicros(scene);

        long resetMicros = states.Max(state => state.ResetAfter).Ticks / TimeSpan.TicksPerMicrosecond;
        string[] keys = scene.Server.Send("KEYS", "*").Split('\n');
        keys.Length.ShouldBe(algorithm == RateLimitAlgorithm.SlidingWindow ? 2 : 1);
        foreach (string key in keys)
        {
            long expires = long.Parse(scene.Server.Send("PEXPIRETIME", key)[1..], CultureInfo.InvariantCulture);
            expires.ShouldBeInRange((before + resetMicros) / 1_000, ((after + resetMicros) / 1_000) + 1, key);
        }
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Refund_AllThatWasCharged_LeavesNoKey(RateLimitAlgorithm algorithm)
    {
        await using StoreScene scene = new();
        ApplicableLimits limits =
            StoreScene.Limits(policy => policy.PerUser(new Rate(10, TimeSpan.FromHours(1), algorithm, null, false)));
        await scene.Acquire(limits, cost: 3);
        await scene.Store.RefundAsync(new RateLimitRequest(limits, StoreScene.Alice, 3), default);

        scene.Server.Send("DBSIZE").ShouldBe(":0");
    }

    [Fact]
    public async Task Acquire_Refused_WritesNothing()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = TimeSpan.Zero);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.Shared("100/1h").PerUser("1/1h"));
        await scene.Acquire(limits);
        string before = scene.Server.Send("INFO", "persistence").Split('\n')
            .Single(line => line.StartsWith("rdb_changes_since_last_save", StringComparison.Ordinal));

        for (int i = 0; i < 10; i++)
        {
            (await scene.Acquire(limits)).IsAllowed.ShouldBeFalse();
        }

        scene.Server.Send("INFO", "persistence").ShouldContain(before);
    }

    [Fact]
    public async Task Acquire_MoreToolsThanARowKeepsUnswept_DropsThoseThatAreFull()
    {
        await using StoreScene scene = new(hasClockOfItsOwn: true);
        for (int tool = 0; tool < 100; tool++)
        {
            string name = $"tool-{tool}";
            ApplicableLimits limits = RateLimitPolicy.Build("files", policy => policy.Tool(name, only => only.PerUser("10/1s")))
                .Select("tools/call", name, StoreScene.Alice);
            (await scene.Acquire(limits, cost: 10)).IsAllowed.ShouldBeTrue();
            (await scene.Acquire(limits)).RetryAfter.ShouldBe(TimeSpan.FromMilliseconds(100));
            scene.ServerTime.Elapsed += TimeSpan.FromMilliseconds(200);
        }

        string key = scene.Server.Send("KEYS", "*");
        int.Parse(scene.Server.Send("STRLEN", key)[1..], CultureInfo.InvariantCulture).ShouldBeLessThan(17 + (53 * 17));
    }

    [Theory]
    [InlineData("a:b", "a%3Ab")]
    [InlineData("a{b}c", "a%7Bb%7Dc")]
    [InlineData("a%3Ab", "a%253Ab")]
    [InlineData("é", "%C3%A9")]
    public void EscapePart_AnyName_StaysReadableAndKeepsItsPlace(string name, string escaped) =>
        KeyText.EscapePart(name).ShouldBe(escaped);

    [Fact]
    public void EscapePart_HalfASurrogatePair_IsNotAnotherOnes()
    {
        KeyText.EscapePart("a\ud800").ShouldBe("a%uD800");
        KeyText.EscapePart("a\ud801").ShouldBe("a%uD801");
    }

    [Theory]
    [InlineData("123456789", 12_739)]
    [InlineData("foo{bar}zap", 5_061)]
    [InlineData("foo{}{bar}", 8_363)]
    [InlineData("foo{{bar}}zap", 4_015)]
    public void HashSlot_KeysOfTheSpecification_AreWhereItSays(string key, int slot) => HashSlot.Of(key).ShouldBe(slot);

    private static long ServerMicros(StoreScene scene)
    {
        string[] time = scene.Server.Send("TIME").Split('\n');
        return (long.Parse(time[0], CultureInfo.InvariantCulture) * 1_000_000) + long.Parse(time[1], CultureInfo.InvariantCulture);
    }
}
