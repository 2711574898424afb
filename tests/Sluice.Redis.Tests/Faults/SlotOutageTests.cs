namespace Sluice.Redis.Tests;

/// <summary>Limits on concurrency while Redis is away.</summary>
public sealed class SlotOutageTests
{
    [Theory]
    [InlineData(StoreFailureMode.Local, 5)]
    [InlineData(StoreFailureMode.Share, 2)] // A process that has met no other takes one of two parts, the smaller one: 2 of 5.
    [InlineData(StoreFailureMode.Allow, 20)]
    [InlineData(StoreFailureMode.Deny, 0)]
    public async Task Acquire_RedisIsAway_CountsAsOnStoreFailureSays(StoreFailureMode mode, int expected)
    {
        ApplicableLimits limits = RateLimitPolicy
            .Build("away", policy => policy.PerUser("1000/1h").Concurrency(new() { PerUser = 5 }).OnStoreFailure(mode))
            .Select("tools/call", "search", CallerIdentity.None);
        await using RedisStore store = RedisStore.Connect(new RedisStoreOptions
        {
            Configuration = "127.0.0.1:1", // Nothing listens there.
            ExpectedReplicas = mode == StoreFailureMode.Share ? 2 : 1,
        });
        List<RateLimitRequest> held = [];
        for (int call = 0; call < 20; call++)
        {
            RateLimitRequest request = new(limits, CallerIdentity.None) { Slots = new HeldSlots() };
            if ((await store.AcquireAsync(request, default, default)).IsAllowed)
            {
                held.Add(request);
            }
        }

        held.Count.ShouldBe(expected);
        foreach (RateLimitRequest request in held)
        {
            await store.ReleaseAsync(request, default);
        }

        RateLimitRequest next = new(limits, CallerIdentity.None) { Slots = new HeldSlots() };
        (await store.AcquireAsync(next, default, default)).IsAllowed.ShouldBe(mode != StoreFailureMode.Deny);
    }
}
