namespace Sluice.Redis.Tests;

/// <summary>One node of a cluster is down, and callers' rows lie on all nodes.</summary>
[Collection(Alone.Name)]
public sealed class NodeOutageTests
{
    private const int Users = 90;
    private const int SlotsOfALane = 256;

    [Fact]
    public async Task Acquire_OneNodeIsDown_OnlyItsCallersAreDecidedWithoutRedis()
    {
        using RedisCluster cluster = new();
        foreach (RedisServer node in cluster.Nodes)
        {
            node.Send("CONFIG", "SET", "cluster-require-full-coverage", "no").ShouldBe("+OK");
        }

        await using RedisStore store = RedisStore.Connect(new RedisStoreOptions
        {
            Configuration = cluster.Configuration,
            Layout = RedisKeyLayout.Spread,
            Timeout = TimeSpan.FromSeconds(5), // A busy machine shall not be taken for an outage.
            RememberRefusals = TimeSpan.Zero,
            LocalMaxKeys = 4_096,
        });
        (await store.WarmUpAsync(Eventually.Patience, default)).ShouldBeTrue();
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser("1000/1d").OnStoreFailure(StoreFailureMode.Local));
        ServerKeys keys = new("sluice", limits.Limits[0].Server);
        RedisServer down = cluster.Nodes[0];
        List<CallerIdentity> lost = [], others = [];
        for (int i = 0; i < Users; i++)
        {
            CallerIdentity caller = new("https://issuer.example", $"user-{i}", null, null);
            int slot = HashSlot.Of(keys.Row(limits.Limits[0].Key, new CallerKeys(caller), isSpread: true));
            int first = slot / SlotsOfALane * SlotsOfALane;
            RedisServer owner = cluster.OwnerOf(slot);
            if (cluster.OwnerOf(first) == owner && cluster.OwnerOf(first + SlotsOfALane - 1) == owner) // Else the lane belongs to two nodes.
            {
                (owner == down ? lost : others).Add(caller);
                (await AcquireAsync(caller)).Source.ShouldBe(DecisionSource.Store);
            }
        }

        down.Kill();
        for (int call = 0; call < Breaker.Threshold; call++)
        {
            RateLimitDecision[] decisions = await Task.WhenAll(lost.Select(AcquireAsync));
            decisions.ShouldAllBe(decision => decision.Source == DecisionSource.Local);
        }

        others.Count.ShouldBeGreaterThan(Users / 2);
        foreach (CallerIdentity caller in others)
        {
            (await AcquireAsync(caller)).Source.ShouldBe(DecisionSource.Store);
        }

        async Task<RateLimitDecision> AcquireAsync(CallerIdentity caller) =>
            await store.AcquireAsync(new RateLimitRequest(limits, caller), default, default);
    }
}
