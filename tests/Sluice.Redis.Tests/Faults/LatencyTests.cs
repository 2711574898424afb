namespace Sluice.Redis.Tests;

/// <summary>What a call waits for while Redis is away.</summary>
/// <remarks>Seen to fail without the lane's timer (frozen: the first call never ends) and with a breaker that never opens.</remarks>
public sealed class LatencyTests
{
    private const int CallsWhileOpen = 2_000;
    private const int MostThatWait = 10;
    [Theory]
    [InlineData(true, StoreFailureMode.Local)]
    [InlineData(true, StoreFailureMode.Allow)]
    [InlineData(true, StoreFailureMode.Deny)]
    [InlineData(false, StoreFailureMode.Local)]
    [InlineData(false, StoreFailureMode.Allow)]
    [InlineData(false, StoreFailureMode.Deny)]
    public async Task Acquire_RedisAway_FirstCallsEndAndTheOthersWaitForNothing(bool isFrozen, StoreFailureMode mode)
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

        for (int waited = 0; scene.Store.DecidesCalls; waited++)
        {
            waited.ShouldBeLessThan(MostThatWait, "The breaker stays closed.");
            await scene.Acquire().WaitAsync(Eventually.Patience);
        }

        for (int i = 0; i < CallsWhileOpen; i++)
        {
            ValueTask<RateLimitDecision> call =
                scene.Store.AcquireAsync(new RateLimitRequest(scene.Limits, FaultScene.Alice), default, default);
            bool isAtOnce = call.IsCompletedSuccessfully;
            await call;
            isAtOnce.ShouldBeTrue();
        }
    }
}
