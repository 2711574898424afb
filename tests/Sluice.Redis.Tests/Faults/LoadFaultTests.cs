namespace Sluice.Redis.Tests;

/// <summary>Faults while many callers call at once: what is admitted stays within the limit.</summary>
public sealed class LoadFaultTests
{
    private const int Callers = 16;
    private const int Capacity = 5_000;

    /// <remarks>Seen to fail, by a failed call, when the connection no longer sends the script's text after NOSCRIPT.</remarks>
    [Fact]
    public async Task ScriptFlush_UnderLoad_NoCallFailsAndExactlyTheCapacityIsAdmitted()
    {
        using RedisServer server = RedisServer.Start();
        await using StoreInTrouble store = new(server.Configuration);
        await store.UntilRedisDecidesAsync();
        long before = store.Store.DecidedWithout;
        using CancellationTokenSource end = new();
        Task flushing = FlushAsync(server, end.Token);

        LoadResult result = await LoadAsync(store, () => { });
        await end.CancelAsync();
        await flushing;

        result.Admitted.ShouldBe(Capacity);
        (store.Store.DecidedWithout - before).ShouldBe(0, store.Log.ToString());
    }

    /// <remarks>Seen to fail without the local buckets' observing: a fresh bucket was handed out in the outage.</remarks>
    [Fact]
    public async Task Kill_UnderLoad_AdmitsNoMoreThanTheCapacityInOneProcess()
    {
        using RedisServer server = RedisServer.Start();
        await using StoreInTrouble store = new(server.Configuration);
        await store.UntilRedisDecidesAsync();
        Task killing = Task.CompletedTask;
        int calls = 0;

        LoadResult result = await LoadAsync(store, () =>
        {
            if (Interlocked.Increment(ref calls) == Capacity / 2)
            {
                killing = Task.Run(server.Kill);
            }
        });
        await killing;

        result.Admitted.ShouldBeLessThanOrEqualTo(Capacity);
        result.Admitted.ShouldBeGreaterThan(Capacity - Callers - 128, "Only what was on its way may be charged in vain.");
        result.Local.ShouldBeGreaterThan(0);
    }

    /// <remarks>What the failed primary had not passed on is lost with it, and stated to be: no more than that is admitted.</remarks>
    [Fact]
    public async Task FailOver_ReplicaLacksTheLastWrites_AdmitsNoMoreThanThoseBesides()
    {
        const int Known = 4;
        const int Lost = 3;
        using ReplicatedRedis redis = new();
        await using StoreInTrouble store = new(redis.Configuration);
        await store.UntilRedisDecidesAsync();
        store.Log.Clear();
        ApplicableLimits limits = StoreInTrouble.LimitsFor(StoreFailureMode.Local);
        await TakeAsync(store, limits, Known);
        redis.StopReplication();
        await TakeAsync(store, limits, Lost);

        redis.FailOver();
        int whileAway = 0;
        while (store.Store.IsAvailable)
        {
            TimedDecision call = await store.AcquireAsync(limits, StoreInTrouble.Alice);
            call.Took.ShouldBeLessThan(2 * StoreInTrouble.Timeout);
            call.Decision.Source.ShouldBe(DecisionSource.Local);
            whileAway += call.Decision.IsAllowed ? 1 : 0;
        }

        await store.UntilRedisDecidesAsync();

        whileAway.ShouldBeLessThanOrEqualTo(StoreInTrouble.Capacity - Known - Lost);
        (await store.LeftAsync(limits, StoreInTrouble.Alice)).ShouldBe(StoreInTrouble.Capacity - Known);
        store.Log.Events.ShouldBe(["StoreDown", "StoreUp"], store.Log.ToString());
    }

    /// <remarks>Seen to fail, by calls decided without Redis, when TRYAGAIN is not tried again.</remarks>
    [Fact]
    public async Task MovedSlot_UnderLoad_AdmitsExactlyTheCapacity()
    {
        using RedisCluster cluster = new();
        await using StoreInTrouble store = new(cluster.Configuration);
        await store.UntilRedisDecidesAsync();
        int slot = HashSlot.Of(store.KeyOf(StoreInTrouble.Alice));
        RedisServer from = cluster.OwnerOf(slot);
        RedisServer to = cluster.Nodes.First(node => node != from);
        Task moving = Task.CompletedTask;
        int calls = 0;

        LoadResult result = await LoadAsync(store, () =>
        {
            if (Interlocked.Increment(ref calls) == Capacity / 4)
            {
                moving = Task.Run(() =>
                {
                    cluster.Move(slot, from, to);
                    cluster.Move(slot, to, from);
                });
            }
        });
        await moving;
        await store.UntilRedisDecidesAsync();

        result.Admitted.ShouldBeLessThanOrEqualTo(Capacity);
        result.Admitted.ShouldBeGreaterThan(Capacity - Callers - 128, "Only what was on its way may be charged in vain.");
    }

    private static async Task TakeAsync(StoreInTrouble store, ApplicableLimits limits, int count)
    {
        for (int i = 0; i < count; i++)
        {
            TimedDecision call = await store.AcquireAsync(limits, StoreInTrouble.Alice);
            call.Decision.Source.ShouldBe(DecisionSource.Store);
            call.Decision.IsAllowed.ShouldBeTrue();
        }
    }

    private static async Task FlushAsync(RedisServer server, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            server.Send("SCRIPT", "FLUSH").ShouldBe("+OK");
            await Task.Delay(1, CancellationToken.None); // The server's clock is not ours to move.
        }
    }

    /// <summary>Many callers as one user, until all of them are refused.</summary>
    private static async Task<LoadResult> LoadAsync(StoreInTrouble store, Action afterEach)
    {
        ApplicableLimits limits = StoreInTrouble.LimitsFor(StoreFailureMode.Local, Capacity);
        int admitted = 0;
        int local = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            while (true)
            {
                RateLimitDecision decision = (await store.AcquireAsync(limits, StoreInTrouble.Alice)).Decision;
                _ = decision.Source == DecisionSource.Local ? Interlocked.Increment(ref local) : 0;
                afterEach();
                if (!decision.IsAllowed)
                {
                    return;
                }

                Interlocked.Increment(ref admitted);
            }
        }));
        return new LoadResult(admitted, local);
    }

    private sealed record LoadResult(int Admitted, int Local);
}
