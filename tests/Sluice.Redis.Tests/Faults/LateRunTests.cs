using StackExchange.Redis;

namespace Sluice.Redis.Tests;

/// <summary>A call that its caller has given up is not run later.</summary>
public sealed class LateRunTests
{
    [Fact]
    public async Task Acquire_NoConnection_IsNotChargedWhenTheServerComes()
    {
        using RedisServer server = RedisServer.Start();
        server.Kill();
        await using FaultScene scene = new(server.Configuration);
        await scene.Acquire(Breaker.Threshold);
        scene.Store.IsAvailable.ShouldBeFalse();

        server.Restart();
        await scene.UntilRedisDecides();

        (await scene.Acquire()).Remaining.ShouldBe(FaultScene.Tokens - 1);
    }

    [Fact]
    public async Task Acquire_ConnectionLost_IsNotChargedWhenTheServerComesBack()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        await scene.Acquire(1);

        server.Kill();
        await scene.AcquireUntilItIsKnown();
        server.Restart();
        await scene.UntilRedisDecides();

        (await scene.Acquire()).Remaining.ShouldBe(FaultScene.Tokens - 1);
    }

    /// <summary>A multiplexer of the application has the client's default: calls wait for a connection, and run when there is one.</summary>
    [Fact]
    public async Task Acquire_MultiplexerWithABacklog_IsNotChargedWhenTheServerComesBack()
    {
        using RedisServer server = RedisServer.Start();
        ConfigurationOptions options = ConfigurationOptions.Parse(server.Configuration);
        options.BacklogPolicy.QueueWhileDisconnected.ShouldBeTrue();
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(options);
        await using FaultScene scene = await FaultScene.Open(multiplexer);
        await scene.Acquire(1);

        server.Kill();
        await Eventually.HoldsAsync(() => !multiplexer.IsConnected);
        await scene.AcquireUntilItIsKnown();
        server.Restart();
        await scene.UntilRedisDecides();

        (await scene.Acquire()).Remaining.ShouldBe(FaultScene.Tokens - 1);
    }

    /// <summary>Redis 8 and Valkey evict scripts that came by EVAL after 500 others.</summary>
    [Fact]
    public async Task WarmUp_ManyOtherScripts_StaysLoaded()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        server.SendAll([.. Enumerable.Range(0, 600).Select(i => (string[])["EVAL", $"return {i}", "0"])]);

        server.Send("SCRIPT", "EXISTS", Convert.ToHexStringLower(DecisionScript.Standard.Hash)).ShouldBe(":1");
    }
}
