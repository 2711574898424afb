using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Conformance;
using Sluice.Mcp;

namespace Sluice.Redis.Tests;

/// <summary>Calls of two processes that wait for the same slots, by a clock of Redis that the test moves.</summary>
public sealed class SlotTurnTests : IAsyncDisposable
{
    private static readonly CallerIdentity Alice = new("https://issuer.example", "alice", null, null);
    private static readonly CallerIdentity Bob = new("https://issuer.example", "bob", null, null);
    private static readonly RateLimitPolicy Policy = RateLimitPolicy.Build("files", limits => limits
        .Shared("1000/1h").Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(60)));

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

        internal CallGate Gate { get; }

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

        internal async Task<RateLimitDecision> PeekAsync() =>
            await _store.PeekAsync(new RateLimitRequest(Policy.Select("tools/call", "search", Alice), Alice), default, default);
    }
}
