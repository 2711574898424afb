using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Redis.Tests;

/// <summary>Random histories of processes that acquire and release slots, crash, freeze and wake, on clocks that the test moves.</summary>
public sealed class SlotCrashTests
{
    private const int Slots = 5;
    private const int Steps = 100;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);
    private static int _scenes;

    // Seen to fail with a heartbeat that is trusted for longer than its validity.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Acquire_ProcessesCrashAndFreezeAtRandom_NeverHoldMoreSlotsThanThereAreAndLoseNone(int seed)
    {
        Random random = new(Seeds.Announce(seed));
        Scene scene = new();
        List<Process> processes = [];
        for (int i = 0; i < 3; i++)
        {
            processes.Add(await scene.StartAsync());
        }

        for (int step = 0; step < Steps; step++)
        {
            Process process = processes[random.Next(processes.Count)];
            switch (random.Next(20))
            {
                case < 9:
                    await process.TryAcquireAsync();
                    break;
                case < 14:
                    await process.ReleaseOneAsync(random);
                    break;
                case 14:
                    process.IsFrozen = true; // For ever: it does nothing any more, and does not say so.
                    processes[processes.IndexOf(process)] = await scene.StartAsync();
                    break;
                case 15:
                    process.IsFrozen = true;
                    await scene.PassAndAcquireAsync(processes, seconds: random.Next(1, 30));
                    process.Wake(scene.Elapsed); // Before its first heartbeat, it must know by itself whether its slots are lost.
                    break;
                default:
                    await scene.PassAsync(processes, random.Next(1, 8) * Step);
                    break;
            }

            processes.Sum(one => one.Usable).ShouldBeLessThanOrEqualTo(Slots, $"step {step}");
        }

        // Nothing is lost: when all others are gone for long enough, one process gets all slots.
        Process last = processes[0];
        last.Wake(scene.Elapsed);
        processes.Skip(1).ToList().ForEach(process => process.IsFrozen = true);
        await last.ReleaseAllAsync();
        await scene.PassAsync([last], TimeSpan.FromSeconds(15));
        int got = 0;
        for (int passed = 0; passed < 2; passed++)
        {
            while (await last.TryAcquireAsync())
            {
                got++;
            }

            await scene.PassAsync([last], TimeSpan.FromSeconds(2)); // A rejected call looks for ended processes once a second.
        }

        got.ShouldBe(Slots);
        await scene.DisposeAsync();
    }

    private sealed class Scene : IAsyncDisposable
    {
        private readonly string _prefix = $"crash{Environment.ProcessId}-{Interlocked.Increment(ref _scenes)}";
        private readonly SharedConnection _connection = SharedConnection.To(RedisServer.Shared.Value.Configuration);
        private readonly ManualTimeProvider _serverTime = new();
        private readonly List<RedisStore> _stores = [];

        internal TimeSpan Elapsed => _serverTime.Elapsed;

        internal async Task<Process> StartAsync()
        {
            FakeTimeProvider time = new();
            RedisStore store = new(
                new RedisStoreOptions { Configuration = "unused", KeyPrefix = _prefix, LocalMaxKeys = 16, Timeout = TimeSpan.FromSeconds(5) },
                _connection,
                ScriptClock.Of(_serverTime),
                time,
                NullLoggerFactory.Instance,
                ScriptClock.HeartbeatsOf(_serverTime));
            _stores.Add(store);
            (await store.WarmUpAsync(Eventually.Patience, default)).ShouldBeTrue();
            return new Process(store, time, Elapsed);
        }

        /// <summary>Time passes for all but frozen processes, which beat in each interval.</summary>
        internal async Task PassAsync(IEnumerable<Process> processes, TimeSpan by)
        {
            for (TimeSpan passed = TimeSpan.Zero; passed < by; passed += Step)
            {
                _serverTime.Advance(Step);
                foreach (Process process in processes.Where(process => !process.IsFrozen))
                {
                    process.Wake(Elapsed);
                    (await process.Store.Heartbeat!.BeatAsync()).ShouldBeTrue();
                }
            }
        }

        /// <summary>The same, while those that are not frozen take what they can get.</summary>
        internal async Task PassAndAcquireAsync(List<Process> processes, int seconds)
        {
            for (int passed = 0; passed < seconds; passed++)
            {
                await PassAsync(processes, TimeSpan.FromSeconds(1));
                foreach (Process process in processes)
                {
                    await process.TryAcquireAsync();
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (RedisStore store in _stores)
            {
                await store.DisposeAsync();
            }
        }
    }

    private sealed class Process(RedisStore store, FakeTimeProvider time, TimeSpan started)
    {
        private static readonly ApplicableLimits Limits = StoreScene.Limits(policy => policy.Limit("at-once", limit => limit.Concurrency(Slots)));
        private readonly List<(RateLimitRequest Request, ulong Id)> _held = [];
        private TimeSpan _now = started;

        internal RedisStore Store => store;

        internal bool IsFrozen { get; set; }

        /// <summary>The slots that it holds and may use: those of the id under which it is alive. A frozen process uses none.</summary>
        internal int Usable => IsFrozen || !store.Heartbeat!.IsAlive ? 0 : _held.Count(slot => slot.Id == store.Heartbeat.Id);

        /// <summary>Its clock catches up, as that of a frozen process does when it wakes.</summary>
        internal void Wake(TimeSpan now)
        {
            IsFrozen = false;
            time.Advance(now - _now);
            _now = now;
        }

        internal async Task<bool> TryAcquireAsync()
        {
            RateLimitRequest request = new(Limits, StoreScene.Alice) { Slots = new HeldSlots() };
            if (IsFrozen)
            {
                return false;
            }

            RateLimitDecision decision = await store.AcquireAsync(request, default, default);
            decision.Source.ShouldBe(DecisionSource.Store);
            if (decision.IsAllowed)
            {
                _held.Add((request, store.Heartbeat!.Id));
            }

            return decision.IsAllowed;
        }

        internal async Task ReleaseOneAsync(Random random)
        {
            if (!IsFrozen && _held.Count > 0)
            {
                (RateLimitRequest Request, ulong Id) slot = _held[random.Next(_held.Count)];
                _held.Remove(slot);
                await store.ReleaseAsync(slot.Request, default); // Perhaps of a slot that was lost: it frees none of another process.
            }
        }

        internal async Task ReleaseAllAsync()
        {
            while (_held.Count > 0)
            {
                await ReleaseOneAsync(new Random(0));
            }
        }
    }
}
