using System.Diagnostics;

namespace Sluice.Redis.Tests;

/// <summary>What a call takes while Redis is away.</summary>
/// <remarks>Seen to fail without the lane's timer (frozen: the first call never ends) and with a breaker that never opens.</remarks>
[Collection(Alone.Name)]
public sealed class LatencyTests
{
    private const int CallsWhileOpen = 2_000;
    private const int MostThatWait = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The default timeout, and what a busy machine may be late.</summary>
    private static readonly TimeSpan FirstCallsWithin = TimeSpan.FromMilliseconds(50 + 450);

    [Theory]
    [InlineData(true, StoreFailureMode.Local)]
    [InlineData(true, StoreFailureMode.Allow)]
    [InlineData(true, StoreFailureMode.Deny)]
    [InlineData(false, StoreFailureMode.Local)]
    [InlineData(false, StoreFailureMode.Allow)]
    [InlineData(false, StoreFailureMode.Deny)]
    public async Task Acquire_RedisAway_FirstCallsEndInTimeAndTheOthersAtOnce(bool isFrozen, StoreFailureMode mode)
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration, mode);
        await scene.Acquire(1);
        if (isFrozen)
        {
            server.Freeze(true);
        }
        else
        {
            server.Kill();
        }

        for (int waited = 0; scene.Store.IsAvailable; waited++)
        {
            waited.ShouldBeLessThan(MostThatWait, "The breaker stays closed.");
            long start = Stopwatch.GetTimestamp();
            await scene.Acquire().WaitAsync(Patience);
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(FirstCallsWithin);
        }

        TimeSpan[] took = new TimeSpan[CallsWhileOpen];
        for (int i = 0; i < took.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            ValueTask<RateLimitDecision> call =
                scene.Store.AcquireAsync(new RateLimitRequest(scene.Limits, FaultScene.Alice), default, default);
            bool isAtOnce = call.IsCompletedSuccessfully;
            await call;
            took[i] = Stopwatch.GetElapsedTime(start);
            isAtOnce.ShouldBeTrue();
        }

        Array.Sort(took);
        took[CallsWhileOpen * 99 / 100].ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
    }
}
