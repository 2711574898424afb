using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Mcp.Tests.Deciding;

public sealed class SlotWaitTests : IDisposable
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: "acme", client: null);
    private static readonly CallerIdentity Bob = new("issuer", "bob", tenant: "acme", client: null);
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);
    private readonly ManualTimeProvider _time = new();
    private readonly InProcessStore _store;
    private CallGate? _gate;

    public SlotWaitTests() => _store = new InProcessStore(new InProcessStoreOptions { MaxKeys = 1_000 }, _time);

    public void Dispose() => _gate?.Dispose();

    [Fact]
    public async Task Decide_NoSlotIsFree_CallIsForwardedWhenOneIsReleased()
    {
        CallGate gate = Gate(limits => limits.Shared("100/1m").Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(10)));
        GateDecision first = await Call(gate, Alice);

        Task<GateDecision> waiting = Call(gate, Alice);
        _time.Advance(300 * Ms);
        bool wasForwardedBefore = waiting.IsCompleted || gate.HeldCount != 1;
        int tokensWhileWaiting = Remaining(first.Limits);
        first.Lease.Dispose();
        GateDecision second = await waiting;

        wasForwardedBefore.ShouldBeFalse();
        tokensWhileWaiting.ShouldBe(99); // A call that waits for a slot has charged nothing.
        second.IsAllowed.ShouldBeTrue();
        second.IsHeld.ShouldBeFalse();
        second.Delay.ShouldBe(300 * Ms);
        gate.HeldCount.ShouldBe(0);
        Remaining(first.Limits).ShouldBe(98);
    }

    [Fact]
    public async Task Decide_HundredCallsOfOneCallerWait_SingleCallOfAnotherIsServedSecond()
    {
        CallGate gate = Gate(limits => limits.Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(60)));
        GateDecision running = await Call(gate, Alice);
        List<Task<GateDecision>> ofAlice = [.. Enumerable.Range(0, 100).Select(_ => Call(gate, Alice))];
        Task<GateDecision> ofBob = Call(gate, Bob);

        running.Lease.Dispose();
        GateDecision next = await ofAlice[0];
        bool wasBobBefore = ofBob.IsCompleted;
        next.Lease.Dispose();
        GateDecision bob = await ofBob;

        wasBobBefore.ShouldBeFalse();
        bob.IsAllowed.ShouldBeTrue();
        ofAlice.Count(call => call.IsCompleted).ShouldBe(1);
        bob.Lease.Dispose();
        foreach (Task<GateDecision> call in ofAlice.Skip(1))
        {
            (await call).Lease.Dispose(); // In the order in which they came.
        }
    }

    [Fact]
    public async Task Decide_CallsWaitAndASlotIsFree_NewCallGoesBehindThem()
    {
        CallGate gate = Gate(limits => limits.Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(60)));
        GateDecision running = await Call(gate, Alice);
        Task<GateDecision>[] waiting = [Call(gate, Alice), Call(gate, Alice)];

        running.Lease.Dispose();
        (await waiting[0]).Lease.Dispose();
        Task<GateDecision> late = Call(gate, Alice);
        GateDecision second = await waiting[1];

        late.IsCompleted.ShouldBeFalse();
        second.Lease.Dispose();
        (await late).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Decide_NoSlotComesInTime_IsRejectedAsACallThatDoesNotWait()
    {
        CallGate gate = Gate(limits => limits.Shared("100/1h").Concurrency(new() { PerUser = 1 }).Wait(TimeSpan.FromSeconds(2)));
        GateDecision running = await Call(gate, Alice);
        Task<GateDecision> waiting = Call(gate, Alice);

        _time.Advance(TimeSpan.FromSeconds(2) - Ms);
        bool wasEarly = waiting.IsCompleted;
        _time.Advance(Ms);
        GateDecision rejected = await waiting;

        wasEarly.ShouldBeFalse();
        rejected.IsAllowed.ShouldBeFalse();
        rejected.Answer.Limit!.Name.ShouldBe("perUser/concurrency");
        rejected.Answer.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        rejected.Answer.Running.ShouldBe(1);
        Remaining(running.Limits).ShouldBe(99);
        gate.HeldCount.ShouldBe(0);
        running.Lease.Dispose();
        (await Call(gate, Alice)).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Decide_AllPlacesTaken_IsRejectedAtOnce()
    {
        CallGate gate = Gate(limits => limits.Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(2)).MaxWaiting(1));
        await Call(gate, Alice);
        Task<GateDecision> waiting = Call(gate, Alice);

        GateDecision rejected = await Call(gate, Alice);

        rejected.IsAllowed.ShouldBeFalse();
        rejected.Answer.Limit!.Concurrency.ShouldBe(1);
        waiting.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Cancel_CallWaitsForASlot_TakesNothing()
    {
        CallGate gate = Gate(limits => limits.Shared("100/1m").Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(60)));
        GateDecision running = await Call(gate, Alice);
        using CancellationTokenSource leaves = new();
        Task<GateDecision> waiting = Call(gate, Alice, cancellationToken: leaves.Token);
        Task<GateDecision> behind = Call(gate, Bob);

        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        running.Lease.Dispose();

        (await behind).IsAllowed.ShouldBeTrue();
        Remaining(running.Limits).ShouldBe(98);
    }

    [Fact]
    public async Task EndHeld_CallsWaitForASlot_AreAnsweredThatTheServerStops()
    {
        CallGate gate = Gate(limits => limits.Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(60)));
        GateDecision running = await Call(gate, Alice);
        Task<GateDecision> waiting = Call(gate, Alice);

        gate.EndHeld();
        GateDecision stopped = await waiting;

        stopped.IsAllowed.ShouldBeFalse();
        stopped.Describe().Code.ShouldBe(503);
        running.Lease.Dispose();
        _store.Peek(new RateLimitRequest(running.Limits, Alice), default).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Decide_SlotIsFreeBeforeTheTokensAreThere_IsHeldForThemToo()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1s").Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(5)));
        GateDecision running = await Call(gate, Alice);
        long came = _time.GetTimestamp();
        Task<GateDecision> waiting = Call(gate, Alice);

        _time.Advance(400 * Ms);
        running.Lease.Dispose();
        await Eventually.HoldsAsync(() => gate.Held(1).Any(call => call.Limit.Name == "shared" && call.Since == came));
        _time.Advance((600 * Ms) - TimeSpan.FromTicks(1));
        bool wasEarly = waiting.IsCompleted;
        _time.Advance(TimeSpan.FromTicks(1));
        GateDecision decision = await waiting;

        wasEarly.ShouldBeFalse();
        decision.IsAllowed.ShouldBeTrue();
        decision.Delay.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Decide_TokensWouldComeTooLate_IsRejectedByTheRateWhenASlotIsFree()
    {
        CallGate gate = Gate(limits => limits.Shared("2/1h").Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(5)));
        GateDecision running = await Call(gate, Alice);
        Task<GateDecision>[] waiting = [Call(gate, Alice), Call(gate, Alice)];

        running.Lease.Dispose();
        (await waiting[0]).Lease.Dispose();
        GateDecision rejected = await waiting[1];

        rejected.IsAllowed.ShouldBeFalse();
        rejected.Answer.Limit!.Name.ShouldBe("shared");
        rejected.Answer.RetryAfter.ShouldBe(TimeSpan.FromMinutes(30));
    }

    [Fact]
    public async Task Decide_CallerHasNoSlotOfItsOwn_OthersAreServedBeforeIt()
    {
        CallGate gate = Gate(limits => limits.Concurrency(new() { Shared = 2, PerUser = 1 }).Wait(TimeSpan.FromSeconds(60)));
        GateDecision ofAlice = await Call(gate, Alice);
        GateDecision ofBob = await Call(gate, Bob);
        Task<GateDecision> secondOfAlice = Call(gate, Alice);
        Task<GateDecision> secondOfBob = Call(gate, Bob);

        ofBob.Lease.Dispose();
        (await secondOfBob).IsAllowed.ShouldBeTrue();

        secondOfAlice.IsCompleted.ShouldBeFalse();
        ofAlice.Lease.Dispose();
        (await secondOfAlice).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Decide_TwoGatesOverOneStore_ReleaseOfOneServesTheOther()
    {
        Action<RateLimitsBuilder> limits = of => of.Concurrency(new() { Shared = 1 }).Wait(TimeSpan.FromSeconds(60));
        CallGate gate = Gate(limits);
        using CallGate other = new(RateLimitPolicy.Build("server", limits), _store, _time, NullLogger.Instance);
        GateDecision running = await Call(gate, Alice);
        Task<GateDecision> waiting = Call(other, Bob);

        running.Lease.Dispose();

        (await waiting).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Decide_ManyCallersWithCancellations_NoSlotIsLeakedAndNoMoreRunThanMay()
    {
        Random random = new(Seeds.Announce(20_261_129));
        CallGate gate = Gate(limits => limits
            .Concurrency(new() { Shared = 5, PerUser = 2 })
            .Tool("render", tool => tool.Concurrency(new() { Shared = 2 }))
            .Wait(TimeSpan.FromSeconds(60)).MaxWaiting(10_000));
        CallerIdentity[] callers = [.. Enumerable.Range(0, 7).Select(i => new CallerIdentity("issuer", $"user{i}", tenant: null, client: null))];
        int running = 0, most = 0, served = 0, cancelled = 0;
        async Task RunAsync(CallerIdentity caller, string tool, int cancelAfter)
        {
            using CancellationTokenSource leaves = new();
            Task<GateDecision> call = Call(gate, caller, tool, leaves.Token);
            if (cancelAfter > 0)
            {
                await Task.Yield();
                await leaves.CancelAsync();
            }

            try
            {
                GateDecision decision = await call;
                int now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                decision.IsAllowed.ShouldBeTrue();
                await Task.Yield();
                Interlocked.Decrement(ref running);
                decision.Lease.Dispose();
                Interlocked.Increment(ref served);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref cancelled);
            }
        }

        (CallerIdentity Caller, string Tool, int CancelAfter)[] plan =
            [.. Enumerable.Range(0, 5_000).Select(_ => (callers[random.Next(7)], random.Next(2) == 0 ? "render" : "search", random.Next(5) == 0 ? 1 : 0))];
        await Task.WhenAll(plan.Select(item => Task.Run(() => RunAsync(item.Caller, item.Tool, item.CancelAfter))));

        most.ShouldBeLessThanOrEqualTo(5);
        (served + cancelled).ShouldBe(5_000);
        served.ShouldBeGreaterThanOrEqualTo(3_500);
        gate.HeldCount.ShouldBe(0);
        foreach (CallerIdentity caller in callers)
        {
            GateDecision one = await Call(gate, caller, "render");
            GateDecision two = await Call(gate, caller, "render");
            (one.IsAllowed && two.IsAllowed && one.Delay + two.Delay == TimeSpan.Zero).ShouldBeTrue();
            one.Lease.Dispose();
            two.Lease.Dispose();
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (seen < value && Interlocked.CompareExchange(ref most, value, seen) is int before && before != seen)
        {
            seen = before;
        }
    }

    private int Remaining(ApplicableLimits limits) =>
        _store.Peek(new RateLimitRequest(new ApplicableLimits([limits[0]], 1), Alice), default).Remaining;

    private CallGate Gate(Action<RateLimitsBuilder> configure) =>
        _gate = new CallGate(RateLimitPolicy.Build("server", configure), _store, _time, NullLogger.Instance);

    private static Task<GateDecision> Call(
        CallGate gate, CallerIdentity caller, string tool = "search", CancellationToken cancellationToken = default) =>
        gate.DecideAsync("tools/call", tool, caller, cancellationToken).AsTask();
}
