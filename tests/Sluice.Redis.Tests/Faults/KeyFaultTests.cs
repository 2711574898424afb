namespace Sluice.Redis.Tests;

/// <summary>Something else lies where a bucket belongs: its own calls are decided without Redis, and nobody else's.</summary>
/// <remarks>Seen to fail when WRONGTYPE and FOREIGN were taken for faults of the server: the breaker opened for everybody.</remarks>
public sealed class KeyFaultTests : IDisposable
{
    private readonly RedisServer _server = RedisServer.Start();

    [Theory]
    [InlineData("LPUSH", StoreFailureMode.Local)]
    [InlineData("LPUSH", StoreFailureMode.Allow)]
    [InlineData("LPUSH", StoreFailureMode.Deny)]
    [InlineData("SET", StoreFailureMode.Local)]
    [InlineData("SET", StoreFailureMode.Deny)]
    public async Task Acquire_AnotherValueInOurPlace_OnlyItsCallerIsDecidedWithoutRedis(string command, StoreFailureMode mode)
    {
        await using StoreInTrouble store = new(_server.Configuration);
        await store.UntilRedisDecidesAsync();
        store.Log.Clear();
        ApplicableLimits limits = StoreInTrouble.LimitsFor(mode);
        string key = store.KeyOf(StoreInTrouble.Alice);
        _server.Send(command, key, "not a bucket");

        for (int i = 0; i < StoreInTrouble.Capacity; i++)
        {
            TimedDecision alice = await store.AcquireAsync(limits, StoreInTrouble.Alice);
            alice.Decision.Source.ShouldBe(mode == StoreFailureMode.Local ? DecisionSource.Local : DecisionSource.Open);
            alice.Decision.IsAllowed.ShouldBe(mode != StoreFailureMode.Deny);
            (await store.AcquireAsync(limits, StoreInTrouble.User("bob"))).Decision.Source.ShouldBe(DecisionSource.Store);
        }

        store.Log.Events.ShouldBe(["KeyFault"], store.Log.ToString());
        store.Store.IsAvailable.ShouldBeTrue();
        _server.Send("DEL", key).ShouldBe(":1");
        (await store.AcquireAsync(limits, StoreInTrouble.Alice)).Decision.Source.ShouldBe(DecisionSource.Store);
    }

    [Fact]
    public async Task Acquire_AnotherValueInOurPlaceAmongManyCalls_TheOthersOfTheRunAreDecidedByRedis()
    {
        await using StoreInTrouble store = new(_server.Configuration);
        await store.UntilRedisDecidesAsync();
        ApplicableLimits limits = StoreInTrouble.LimitsFor(StoreFailureMode.Local);
        _server.Send("LPUSH", store.KeyOf(StoreInTrouble.Alice), "not a bucket");

        TimedDecision[] calls = await Task.WhenAll(Enumerable.Range(0, 100).Select(call =>
            store.AcquireAsync(limits, call % 10 == 0 ? StoreInTrouble.Alice : StoreInTrouble.User($"user-{call}"))));

        for (int call = 0; call < calls.Length; call++)
        {
            calls[call].Decision.Source.ShouldBe(call % 10 == 0 ? DecisionSource.Local : DecisionSource.Store);
            calls[call].Decision.IsAllowed.ShouldBeTrue();
        }
    }

    public void Dispose() => _server.Dispose();
}
