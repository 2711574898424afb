using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Mcp;

namespace Sluice.Redis.Tests;

/// <summary>Calls of two processes that wait for the same slots, by a clock of Redis that the test moves.</summary>
public sealed class SlotTurnTests : IAsyncDisposable
{
    private static readonly CallerIdentity Alice = new("https://issuer.example", "alice", null, null);
    private static readonly CallerIdentity Bob = new("https://issuer.example", "bob", null, null);
    private static readonly RateLimitPolicy Policy = AtOnce(1);

    private static int _tests;
    private readonly ManualTimeProvider _time = new();
    private readonly string _prefix = $"turn{Environment.ProcessId}-{Interlocked.Increment(ref _tests)}";
    private readonly Process _one;
    private readonly Process _two;

    public SlotTurnTests() => (_one, _two) = (new Process(this), new Process(this));

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task Decide_HundredCallsOfOneCallerInOneProcess_SingleCallInTheOtherIsServedSecond()
    {
        GateDecision running = await _one.Call(Alice);
        List<Task<GateDecision>> ofAlice = [.. Enumerable.Range(0, 100).Select(_ => _one.Call(Alice))];
        await Eventually.HoldsAsync(() => _one.Gate.HeldCount == 100);
        Task<GateDecision> ofBob = _two.Call(Bob);
        await Eventually.HoldsAsync(() => _two.Gate.HeldCount == 1);

        running.Lease.Dispose();
        Task<GateDecision> first = await Task.WhenAny(ofAlice); // They came at once, in whatever order.
        (await first).Lease.Dispose();
        GateDecision bob = await ofBob;

        bob.IsAllowed.ShouldBeTrue();
        ofAlice.Count(call => call.IsCompleted).ShouldBe(1);
        bob.Lease.Dispose();
        (await await Task.WhenAny(ofAlice.Where(call => call != first))).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Decide_ProcessWhoseTurnItIsHasEnded_OthersAreServedOnceItHasNotAskedForAWhile()
    {
        GateDecision running = await _one.Call(Alice);
        _ = _two.Call(Bob);
        await Eventually.HoldsAsync(() => _two.Gate.HeldCount == 1);
        Task<GateDecision> waiting = _one.Call(Alice);
        await Eventually.HoldsAsync(() => _one.Gate.HeldCount == 1);

        await _two.DisposeAsync();
        running.Lease.Dispose();
        RateLimitDecision before = await _one.PeekAsync();
        bool wasServedBefore = waiting.IsCompleted;
        _time.Elapsed += TimeSpan.FromMilliseconds(300);

        (await waiting).IsAllowed.ShouldBeTrue();
        wasServedBefore.ShouldBeFalse();
        before.Remaining.ShouldBe(999);
    }

    [Fact]
    public async Task Decide_ManyCallsOfTwoProcesses_NoSlotIsLeakedAndNoMoreRunThanMay()
    {
        int running = 0, most = 0;
        async Task RunAsync(Process process, CallerIdentity caller)
        {
            GateDecision decision = await process.Call(caller);
            decision.IsAllowed.ShouldBeTrue();
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            decision.Lease.Dispose();
        }

        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => RunAsync(i % 2 == 0 ? _one : _two, i % 3 == 0 ? Bob : Alice)));

        most.ShouldBe(1);
        GateDecision next = await _two.Call(Alice);
        next.IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Activate_OneToFourInOneProcessWithFiveWaiting_ThreeGoAtOnce()
    {
        GateDecision running = await _two.Call(Bob);
        Task<GateDecision>[] waiting = [.. Enumerable.Range(0, 5).Select(_ => _one.Call(Alice))];
        await Eventually.HoldsAsync(() => _one.Gate.HeldCount == 5);

        _one.Reload(AtOnce(4));

        await Eventually.HoldsAsync(() => waiting.Count(call => call.IsCompleted) == 3);
        GateDecision[] served = await Task.WhenAll(waiting.Where(call => call.IsCompleted));
        served.ShouldAllBe(call => call.IsAllowed && call.Limits[1].Capacity == 4);
        Task<GateDecision> late = _one.Call(Alice);
        running.Lease.Dispose();
        await Eventually.HoldsAsync(() => waiting.Count(call => call.IsCompleted) == 4);
        served[0].Lease.Dispose();
        await Task.WhenAll(waiting);
        late.IsCompleted.ShouldBeFalse();
        served[1].Lease.Dispose();
        (await late).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Activate_FourToOne_RunningCallsKeepTheirSlotsAndNewOnesWait()
    {
        _one.Reload(AtOnce(4));
        GateDecision[] running = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _one.Call(Alice)));
        Task<GateDecision> waiting = _one.Call(Alice);
        await Eventually.HoldsAsync(() => _one.Gate.HeldCount == 1);

        _one.Reload(AtOnce(1));
        Array.ForEach(running[..3], call => call.Lease.Dispose());
        await Eventually.HoldsAsync(async () => await _one.RunningAsync() == 1);
        bool wasServedBefore = waiting.IsCompleted;
        running[3].Lease.Dispose();

        (await waiting).Limits[1].Capacity.ShouldBe(1);
        wasServedBefore.ShouldBeFalse();
    }

    [Fact]
    public async Task Decide_OnlyWaitingCallMovesToAnotherLimit_IsServedWhenAnotherProcessReleasesThere()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits
            .Shared("1000/1h").Concurrency(new() { Shared = 2, PerUser = 1 }).Wait(TimeSpan.FromSeconds(60)));
        _one.Reload(policy);
        _two.Reload(policy);
        GateDecision ofAlice = await _two.Call(Alice);
        GateDecision ofBob = await _two.Call(Bob);
        Task<GateDecision> waiting = _one.Call(Alice);
        await Eventually.HoldsAsync(() => _one.Gate.HeldCount == 1);

        ofBob.Lease.Dispose(); // Now only its own slot is missing.
        await Eventually.HoldsAsync(() => _one.Gate.Held(1).Single().Limit.Name == "perUser/concurrency");
        ofAlice.Lease.Dispose();

        (await waiting).IsAllowed.ShouldBeTrue();
    }

    private static RateLimitPolicy AtOnce(int calls) => RateLimitPolicy.Build("files", limits => limits
        .Shared("1000/1h").Concurrency(new() { Shared = calls }).Wait(TimeSpan.FromSeconds(60)));

    /// <summary>A store and a gate, as one process has them.</summary>
    private sealed class Process : IAsyncDisposable
    {
        private readonly RedisStore _store;
        private bool _isDisposed;

        internal Process(SlotTurnTests test)
        {
            RedisStoreOptions options = new()
            {
                KeyPrefix = test._prefix,
                RememberRefusals = TimeSpan.Zero,
                Timeout = TimeSpan.FromSeconds(5),
                LocalMaxKeys = 1_024,
            };
            _store = new RedisStore(
                options, new RedisUnderTest().Connection, ScriptClock.Of(test._time), TimeProvider.System, NullLoggerFactory.Instance);
            Gate = new CallGate(Policy, _store, TimeProvider.System, NullLogger.Instance);
        }

        internal CallGate Gate { get; private set; }

        internal void Reload(RateLimitPolicy policy)
        {
            Gate = new CallGate(policy, _store, TimeProvider.System, NullLogger.Instance, observer: null, Gate);
            Gate.Activate();
        }

        public async ValueTask DisposeAsync()
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                Gate.Dispose();
                await _store.DisposeAsync();
            }
        }

        internal Task<GateDecision> Call(CallerIdentity caller) => Gate.DecideAsync("tools/call", "search", caller, default).AsTask();

        /// <summary>How many calls run.</summary>
        internal async Task<int> RunningAsync()
        {
            LimitState[] states = new LimitState[2];
            ApplicableLimits limits = AtOnce(100).Select("tools/call", "search", Alice);
            await _store.PeekAsync(new RateLimitRequest(limits, Alice), states, default);
            return 100 - states[1].Remaining;
        }

        internal async Task<RateLimitDecision> PeekAsync() =>
            await _store.PeekAsync(new RateLimitRequest(Policy.Select("tools/call", "search", Alice), Alice), default, default);
    }
}
