namespace Sluice.Redis.Tests;

/// <summary>Sentinels make a replica the primary.</summary>
public sealed class SentinelTests
{
    [Fact]
    public async Task Acquire_PrimaryDiesUnderLoad_GoesOnWithTheReplicaThatTheSentinelsChoose()
    {
        using RedisSentinels sentinels = new();
        await using FaultScene scene = await FaultScene.Open(sentinels.Configuration);
        await scene.Acquire(40);
        await Eventually.HoldsAsync(() => sentinels.Replica.Send("DBSIZE") == ":3"); // The row, the heartbeats, and the mark of the layout.
        int admitted = 40;
        using CancellationTokenSource stop = new();
        Task[] callers = [.. Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                if ((await scene.Acquire()).IsAllowed)
                {
                    Interlocked.Increment(ref admitted);
                }

                await Task.Delay(5); // So that the load lasts as long as the failover.
            }
        })];

        sentinels.Primary.Kill();
        await Eventually.HoldsAsync(() => !scene.Store.DecidesCalls);
        await scene.UntilRedisDecides();
        await Eventually.HoldsAsync(() => Volatile.Read(ref admitted) >= FaultScene.Tokens);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        // What was decided without Redis, and what the replica did not hear of, can be used again; the first 40 it has heard of.
        admitted.ShouldBeInRange(FaultScene.Tokens, (2 * FaultScene.Tokens) - 40);
        scene.ShouldHaveLoggedOneOutage();
        scene.Log.Of("StoreReached").ShouldContain(line => line.EndsWith($" at 127.0.0.1:{sentinels.Replica.PortText}.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WarmUp_NoSentinelYet_DecidesByRedisWhenTheyCome()
    {
        using RedisServer absent = RedisServer.Start();
        absent.Kill();
        await using FaultScene scene = new($"{absent.Configuration},serviceName={RedisSentinels.Name}");
        await scene.AcquireUntilItIsKnown();

        using RedisServer primary = RedisServer.Start();
        using RedisServer sentinel = RedisServer.StartWithFile(
            $"sentinel monitor {RedisSentinels.Name} 127.0.0.1 {primary.PortText} 1", absent.Port, "--sentinel");

        await scene.UntilRedisDecides();
        (await scene.Acquire()).Source.ShouldBe(DecisionSource.Store);
    }
}
