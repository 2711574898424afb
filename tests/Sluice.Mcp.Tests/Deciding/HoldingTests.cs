using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Mcp.Tests.Deciding;

public sealed class HoldingTests : IDisposable
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: null, client: null);
    private readonly ManualTimeProvider _time = new();
    private readonly InProcessStore _store;
    private CallGate? _gate;

    public HoldingTests() => _store = new InProcessStore(new InProcessStoreOptions { MaxKeys = 1_000 }, _time);

    public void Dispose() => _gate?.Dispose();

    [Fact]
    public async Task Decide_CallComesTooEarly_IsForwardedAtItsInstantAndNotBefore()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1s").Wait(TimeSpan.FromSeconds(2)));
        await Call(gate);

        Task<GateDecision> held = Call(gate);
        _time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        bool wasForwardedBefore = held.IsCompleted || gate.HeldCount != 1;
        _time.Advance(TimeSpan.FromTicks(1));
        GateDecision decision = await held;

        wasForwardedBefore.ShouldBeFalse();
        decision.IsAllowed.ShouldBeTrue();
        decision.IsHeld.ShouldBeFalse();
        decision.Delay.ShouldBe(TimeSpan.FromSeconds(1));
        decision.States[0].ResetAfter.ShouldBe(TimeSpan.FromSeconds(1)); // Of two seconds when it was decided.
        gate.HeldCount.ShouldBe(0);
    }

    [Fact]
    public async Task Decide_WaitIsLongerThanAllowed_IsRejectedAtOnceWithThatWait()
    {
        CallGate gate = Gate(limits => limits.Shared("1/3s").Wait(TimeSpan.FromSeconds(2)));
        await Call(gate);

        GateDecision decision = await Call(gate);

        decision.IsAllowed.ShouldBeFalse();
        decision.Answer.RetryAfter.ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Decide_OperationHasAWaitOfItsOwn_ItCountsForItsCallsOnly()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1s").Tool("search", tool => tool.Wait(TimeSpan.FromSeconds(5))));
        await Call(gate);

        Task<GateDecision> held = Call(gate);
        GateDecision other = await Call(gate, tool: "other");
        _time.Advance(TimeSpan.FromSeconds(1));

        other.IsAllowed.ShouldBeFalse();
        other.Answer.RetryAfter.ShouldBe(TimeSpan.FromSeconds(2));
        (await held).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Decide_AllPlacesTaken_RejectsWithTheWaitThatTheCallWouldHaveHad()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1s").Wait(TimeSpan.FromSeconds(10)).MaxWaiting(2));
        await Call(gate);
        Task<GateDecision>[] held = [Call(gate), Call(gate)];

        GateDecision rejected = await Call(gate);
        _time.Advance(TimeSpan.FromSeconds(1));
        await held[0];
        Task<GateDecision> next = Call(gate);

        rejected.IsAllowed.ShouldBeFalse();
        rejected.Answer.RetryAfter.ShouldBe(TimeSpan.FromSeconds(3));
        gate.HeldCount.ShouldBe(2);
        _time.Advance(TimeSpan.FromSeconds(2));
        (await next).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Decide_ManyCallsAtOncePlacesRunOut_HoldsNoMoreThanThereArePlaces()
    {
        CallGate gate = Gate(limits => limits.Shared("100/1s").Wait(TimeSpan.FromSeconds(60)).MaxWaiting(50));
        Task<GateDecision>[] calls = [.. Enumerable.Range(0, 400).Select(_ => Task.Run(() => Call(gate)))];
        await Eventually.HoldsAsync(() => calls.Count(call => call.IsCompleted) >= 350);

        gate.HeldCount.ShouldBe(50);
        _time.Advance(TimeSpan.FromSeconds(60));

        GateDecision[] decisions = await Task.WhenAll(calls);
        decisions.Count(decision => decision.IsAllowed).ShouldBe(150);
    }

    [Fact]
    public async Task Cancel_CallIsHeld_TokensComeBackAndThePlaceIsFree()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1s").Wait(TimeSpan.FromSeconds(2)));
        await Call(gate);
        using CancellationTokenSource leaves = new();
        Task<GateDecision> held = Call(gate, cancellationToken: leaves.Token);

        await leaves.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(held);
        gate.HeldCount.ShouldBe(0);
        Task<GateDecision> next = Call(gate);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await next).Delay.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Refund_HeldCallWasNotMadeAfterItsInstant_TokensComeBack()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1s").Wait(TimeSpan.FromSeconds(2)));
        await Call(gate);
        Task<GateDecision> held = Call(gate);
        _time.Advance(TimeSpan.FromSeconds(1));

        await (await held).Lease.RefundAsync();

        (await Call(gate)).Delay.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task EndHeld_CallsAreHeld_AreNotMadeAndTheirTokensComeBack()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1s").Wait(TimeSpan.FromSeconds(5)));
        await Call(gate);
        Task<GateDecision>[] held = [Call(gate), Call(gate)];

        gate.EndHeld();
        GateDecision[] decisions = await Task.WhenAll(held);
        GateDecision afterwards = await Call(gate);

        foreach (GateDecision decision in decisions.Append(afterwards))
        {
            decision.IsAllowed.ShouldBeFalse();
            decision.Describe().Code.ShouldBe(503);
            decision.Describe().Message.ShouldStartWith("The server is stopping");
        }

        _store.Peek(new RateLimitRequest(decisions[0].Limits, Alice), default).RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Decide_ThousandCallsAreHeld_AreForwardedInTheOrderOfTheirReservations()
    {
        CallGate gate = Gate(limits => limits.Shared("100/1s").Wait(TimeSpan.FromSeconds(60)).MaxWaiting(10_000));
        List<TimeSpan> forwarded = [];
        Task[] calls = [.. Enumerable.Range(0, 1_100).Select(async _ =>
        {
            GateDecision decision = await Call(gate);
            lock (forwarded)
            {
                forwarded.Add(decision.Delay);
            }
        })];
        for (int ms = 0; ms < 10_000; ms += 10)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            int due = 100 + (int)Math.Min(_time.Elapsed.TotalMilliseconds / 10, 1_000);
            await Eventually.HoldsAsync(() => calls.Count(call => call.IsCompleted) >= due); // Released calls go on by the thread pool.

            lock (forwarded)
            {
                forwarded.Count.ShouldBe(due);
            }
        }

        forwarded.ShouldBe(forwarded.Order());
    }

    [Fact]
    public async Task Decide_ThousandCallsAreHeld_OccupyNoThread()
    {
        CallGate gate = Gate(limits => limits.Shared("1000/60s").Wait(TimeSpan.FromSeconds(60)).MaxWaiting(1_000));
        for (int i = 0; i < 1_000; i++)
        {
            await Call(gate);
        }

        List<Task<GateDecision>> held = [];
        Thread caller = new(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                held.Add(Call(gate)); // A call that blocked its thread would not come back here: the clock stands still.
            }
        });
        caller.Start();
        await Eventually.HoldsAsync(() => !caller.IsAlive);

        held.Count.ShouldBe(1_000);
        held.ShouldAllBe(call => !call.IsCompleted);
        gate.HeldCount.ShouldBe(1_000);
        _time.Advance(TimeSpan.FromSeconds(60));
        (await Task.WhenAll(held)).ShouldAllBe(decision => decision.IsAllowed);
    }

    [Fact]
    public async Task Decide_NoWait_AllocatesNothing()
    {
        using CallGate gate = new(
            RateLimitPolicy.Build("server", limits => limits.Shared("1000000/1d").PerUser("1000000/1d")),
            _store,
            _time,
            NullLogger.Instance);
        await CallAsync();

        Allocations.Least(() => CallAsync()).ShouldBe(0);

        async ValueTask CallAsync()
        {
            for (int call = 0; call < 100; call++)
            {
                (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease.Dispose();
            }
        }
    }

    private CallGate Gate(Action<RateLimitsBuilder> configure) =>
        _gate = new CallGate(RateLimitPolicy.Build("server", configure), _store, _time, NullLogger.Instance);

    private static Task<GateDecision> Call(CallGate gate, string tool = "search", CancellationToken cancellationToken = default) =>
        gate.DecideAsync("tools/call", tool, Alice, cancellationToken).AsTask();
}
