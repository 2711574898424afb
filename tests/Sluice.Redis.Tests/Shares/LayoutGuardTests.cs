using Microsoft.Extensions.Logging;

namespace Sluice.Redis.Tests;

/// <summary>Processes that would keep the same buckets in different ways, and a Redis that evicts.</summary>
public sealed class LayoutGuardTests : IAsyncDisposable
{
    private static readonly ApplicableLimits Limits =
        StoreScene.Limits(policy => policy.Shared(new Rate(20, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst: 1_000, align: false)).OnStoreFailure(StoreFailureMode.Deny));

    public static TheoryData<string> Rights => [.. RedisFaults.ShareRights.Split(' ')];

    private readonly RedisServer _server = RedisServer.Start();
    private readonly List<RedisStore> _stores = [];
    private readonly CapturedLog _log = new(LogLevel.Information);

    public async ValueTask DisposeAsync()
    {
        foreach (RedisStore store in _stores)
        {
            await store.DisposeAsync();
        }

        _server.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(20)]
    public async Task Start_AnotherProcessDividesTheSameBucketsInAnotherWay_IsRejectedByName(int? minCapacity)
    {
        RedisStore first = await StartAsync(new RedisSharesOptions());
        RedisStore second = await StartAsync(minCapacity is int least ? new RedisSharesOptions { MinCapacity = least } : null);

        first.LayoutFault.ShouldBeNull();
        second.IsAvailable.ShouldBeFalse();
        second.LayoutFault.ShouldNotBeNull().ShouldContain("'shares 2, ttl 3000 ms, minCapacity 50'");
        (await AcquireAsync(second)).Source.ShouldBe(DecisionSource.OnStoreFailure);
        _log.Of("LayoutRejected").ShouldHaveSingleItem().ShouldContain("Give all processes the same 'shares', or another keyPrefix.");

        // A mark that is not renewed any more expires; the test does not wait for it.
        await first.DisposeAsync();
        _server.Send("FLUSHALL").ShouldContain("OK");
        await Eventually.HoldsAsync(() => second.IsAvailable);
        second.LayoutFault.ShouldBeNull();
    }

    [Fact]
    public async Task Start_RedisEvicts_WarnsAndDecidesEveryCallInRedis()
    {
        _server.Send("CONFIG", "SET", "maxmemory-policy", "allkeys-lru").ShouldContain("OK");
        RedisStore store = await StartAsync(new RedisSharesOptions());

        store.IsAvailable.ShouldBeTrue();
        store.LayoutFault.ShouldNotBeNull().ShouldContain("maxmemory-policy allkeys-lru");
        _log.Of("SharesAndEviction").ShouldHaveSingleItem().ShouldContain("Set noeviction and restart.");
        (await AcquireAsync(store, cost: 900)).ShouldSatisfyAllConditions(
            decision => decision.IsAllowed.ShouldBeTrue(),
            decision => decision.Source.ShouldBe(DecisionSource.Store),
            decision => decision.IsEstimate.ShouldBeFalse());

        // With it, a process without shares counts in the same way.
        RedisStore without = await StartAsync(shares: null);
        without.LayoutFault.ShouldBeNull();
        (await AcquireAsync(without, cost: 900)).IsAllowed.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Rights))]
    public async Task Start_UserLacksOneRightOfShares_NamesThemAllAndBeginsWhenItIsGiven(string right)
    {
        _server.Send("ACL", "SETUSER", "default", "-" + right[1..]).ShouldContain("OK");
        RedisStore store = await StartAsync(new RedisSharesOptions());
        store.LayoutFault.ShouldNotBeNull().ShouldContain(RedisFaults.ShareRights);
        (await AcquireAsync(store)).Source.ShouldBe(DecisionSource.OnStoreFailure);

        _server.Send("ACL", "SETUSER", "default", right).ShouldContain("OK");
        await Eventually.HoldsAsync(() => store.Layout.State == LayoutState.Shares);
    }

    [Fact]
    public async Task Acquire_UserWithTheDocumentedRights_IsDecidedByAShare()
    {
        const string Password = "of-the-tests";
        string[] rights = [.. RedisFaults.MinimumRights.Split(' '), .. RedisFaults.ShareRights.Split(' ')];
        _server.Send(["ACL", "SETUSER", "sluice", "on", ">" + Password, "~sluice:*", .. rights]).ShouldContain("OK");
        RedisStore store = await StartAsync(new RedisSharesOptions(), $"{_server.Configuration},user=sluice,password={Password}");

        store.LayoutFault.ShouldBeNull();
        await Eventually.HoldsAsync(async () => await AcquireAsync(store) is { Source: DecisionSource.Store, IsEstimate: true });
    }

    [Theory]
    [InlineData("redis.md")]
    [InlineData("shares.md")]
    public void Page_NamesTheRightsOfShares(string page) =>
        File.ReadAllText(Path.Combine(Repository.Root, "docs", "concepts", page)).ShouldContain($"`{RedisFaults.ShareRights}`");

    private async Task<RedisStore> StartAsync(RedisSharesOptions? shares, string? configuration = null)
    {
        RedisStoreOptions options = new() { Configuration = configuration ?? _server.Configuration, Timeout = TimeSpan.FromSeconds(5), Shares = shares };
        RedisStore store = RedisStore.Connect(options, TimeProvider.System, _log);
        _stores.Add(store);
        await store.WarmUpAsync(Eventually.Patience, default);
        await Eventually.HoldsAsync(() => store.Layout.State != LayoutState.Unknown || store.LayoutFault is not null);
        return store;
    }

    private static async Task<RateLimitDecision> AcquireAsync(RedisStore store, int cost = 1) =>
        await store.AcquireAsync(new RateLimitRequest(Limits, CallerIdentity.None, cost), default, default);
}
