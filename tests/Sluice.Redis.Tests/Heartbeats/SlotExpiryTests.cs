using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Redis.Tests;

/// <summary>When the slots of a process that was killed come back, on clocks that the test moves.</summary>
public sealed class SlotExpiryTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static int _scenes;

    // The others look just before the last heartbeat. Of the 15 s that are promised, 4 are for a witness that is late. Seen to fail with
    // two seconds between heartbeats: the slot comes back after 12 s then.
    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(900)]
    public async Task Acquire_HolderWasKilled_GetsItsSlotAfterTheHeartbeatExpiredAndWithinFifteenSeconds(int phaseMs)
    {
        string prefix = $"expiry{Environment.ProcessId}-{Interlocked.Increment(ref _scenes)}";
        SharedConnection connection = SharedConnection.To(RedisServer.Shared.Value.Configuration);
        ManualTimeProvider serverTime = new();
        FakeTimeProvider time = new();
        await using RedisStore holder = Open(new FakeTimeProvider()); // Its clock stands still, as that of a killed process.
        await using RedisStore witness = Open(time);
        await using RedisStore asking = Open(time);
        foreach (RedisStore store in (RedisStore[])[holder, witness, asking])
        {
            (await store.WarmUpAsync(Eventually.Patience, default)).ShouldBeTrue();
        }

        (await TryAcquireAsync(holder)).ShouldBeTrue();
        await BeatAsync(witness);
        await BeatAsync(asking);

        await BeatAsync(holder); // Its last one.
        TimeSpan since = TimeSpan.Zero;
        while (!await TryAcquireAsync(asking))
        {
            time.Advance(Step);
            serverTime.Advance(Step);
            since += Step;
            await BeatEveryIntervalAsync(witness, since);
            await BeatEveryIntervalAsync(asking, since - TimeSpan.FromMilliseconds(phaseMs));
        }

        since.ShouldBeGreaterThan(HeartbeatTimes.Trust);
        since.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(15 - 4));

        RedisStore Open(TimeProvider clock) => new(
            new RedisStoreOptions { Configuration = "unused", KeyPrefix = prefix, LocalMaxKeys = 16, Timeout = TimeSpan.FromSeconds(5) },
            connection,
            ScriptClock.Of(serverTime),
            clock,
            NullLoggerFactory.Instance,
            ScriptClock.HeartbeatsOf(serverTime));
    }

    private static async Task BeatEveryIntervalAsync(RedisStore store, TimeSpan since)
    {
        if (since.Ticks % HeartbeatTimes.Interval.Ticks == 0)
        {
            await BeatAsync(store);
        }
    }

    private static async Task BeatAsync(RedisStore store) => (await store.Heartbeat!.BeatAsync()).ShouldBeTrue();

    private static async Task<bool> TryAcquireAsync(RedisStore store)
    {
        ApplicableLimits limits = StoreScene.Limits(policy => policy.Concurrency(new() { Shared = 1 }));
        RateLimitDecision decision = await store.AcquireAsync(
            new RateLimitRequest(limits, StoreScene.Alice) { Slots = new HeldSlots() }, default, default);
        decision.Source.ShouldBe(DecisionSource.Store);
        return decision.IsAllowed;
    }
}
