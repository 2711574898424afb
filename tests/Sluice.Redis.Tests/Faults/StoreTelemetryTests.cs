namespace Sluice.Redis.Tests;

/// <summary>What the metrics say while Redis fails. The counter has no label of a store, so the tests run alone.</summary>
[Collection(Alone.Name)]
public sealed class StoreTelemetryTests
{
    [Fact]
    public async Task Outage_IsCountedByItsKind_AndTheStoreIsNotAvailable()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        List<(string Server, string Kind)> failed = [];
        scene.Store.Failed += (name, kind) =>
        {
            lock (failed)
            {
                failed.Add((name, kind));
            }
        };
        using Measurements seen = new(server: null);

        server.Kill();
        await scene.AcquireUntilItIsKnown();
        seen.Observe();

        seen.Sum("sluice.store.available{}").ShouldBe(0);
        double counted = seen.Sum("sluice.store.errors{kind=timeout}") + seen.Sum("sluice.store.errors{kind=connection}");
        counted.ShouldBeGreaterThanOrEqualTo(Breaker.Threshold);
        lock (failed)
        {
            failed.Count.ShouldBe((int)counted);
            failed.ShouldAllBe(fault => fault.Server == "files");
        }
    }

    [Fact]
    public async Task KeyOfAnotherType_IsCountedAsAFailureOfTheScript()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        await scene.Acquire();
        string key = server.Send("KEYS", "*user*");
        server.Send("DEL", key);
        server.Send("LPUSH", key, "x");
        using Measurements seen = new(server: null);

        (await scene.Acquire()).Source.ShouldBe(DecisionSource.Local);

        seen.Sum("sluice.store.errors{kind=script}").ShouldBe(1);
    }

    [Theory]
    [InlineData(RedisFaultKind.Timeout, "timeout")]
    [InlineData(RedisFaultKind.Connection, "connection")]
    [InlineData(RedisFaultKind.Auth, "auth")]
    [InlineData(RedisFaultKind.Unwritable, "script")]
    [InlineData(RedisFaultKind.Script, "script")]
    [InlineData(RedisFaultKind.Refused, "script")]
    [InlineData(RedisFaultKind.Other, "other")]
    internal void Kind_OfAFailure_IsOneOfFiveLabels(RedisFaultKind kind, string label)
    {
        StoreFaults.LabelOf(kind).ShouldBe(label);
        StoreFaults.Kinds.ShouldContain(label);
    }
}
