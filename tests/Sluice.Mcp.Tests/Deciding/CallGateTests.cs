using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Mcp.Tests.Deciding;

public sealed class CallGateTests
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: null, client: null);
    private readonly StoreStub _store = new();

    [Fact]
    public async Task Decide_LimitReached_RejectsWithTheLimitAndItsState()
    {
        CallGate gate = Gate(limits => limits.Shared("5/1d").Tool("search", tool => tool.PerUser("1/1d")));
        using CallLease first = (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease;

        GateDecision second = await gate.DecideAsync("tools/call", "search", Alice, default);
        using CallLease lease = second.Lease;

        second.IsAllowed.ShouldBeFalse();
        second.Answer.Limit!.Name.ShouldBe("search/perUser");
        second.States.Length.ShouldBe(2);
        second.States[0].Remaining.ShouldBe(4);
        second.Describe().Message.ShouldStartWith("Rate limit exceeded: perUser limit on tool 'search'");
    }

    [Fact]
    public async Task Decide_UnlimitedMethod_IsAllowedAndHoldsNothing()
    {
        GateDecision decision = await Gate(limits => limits.Shared("1/1d")).DecideAsync("tools/list", null, Alice, default);

        decision.IsAllowed.ShouldBeTrue();
        decision.Lease.IsNone.ShouldBeTrue();
        decision.Limits.Count.ShouldBe(0);
        decision.States.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Decide_IdentityMissing_RejectsWithoutAskingTheStore()
    {
        CallGate gate = Gate(limits => limits.PerUser("1/1d").MissingIdentity(MissingIdentity.Reject).Rejection(RejectionForm.JsonRpc));

        GateDecision decision = await gate.DecideAsync("tools/call", "search", CallerIdentity.None, default);

        decision.IsAllowed.ShouldBeFalse();
        decision.Lease.IsNone.ShouldBeTrue();
        decision.Form.ShouldBe(RejectionForm.JsonRpc);
        decision.Describe().Message.ShouldContain("needs a user");
    }

    [Fact]
    public void Decision_Default_AllowsNothing() => default(GateDecision).IsAllowed.ShouldBeFalse();

    [Fact]
    public async Task Refund_Twice_GivesTheCostBackOnce()
    {
        CallGate gate = Gate(limits => limits.Shared("5/1d").Cost(2));
        CallLease lease = (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease;
        CallLease copy = lease;

        await lease.RefundAsync();
        await copy.RefundAsync();

        _store.Refunds.ShouldBe(1);
        (await RemainingAsync(gate)).ShouldBe(3);
    }

    [Fact]
    public async Task Refund_AfterDispose_ChangesNothing()
    {
        CallGate gate = Gate(limits => limits.Shared("5/1d"));
        CallLease lease = (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease;

        lease.Dispose();
        await lease.RefundAsync();

        _store.Refunds.ShouldBe(0);
    }

    [Fact]
    public async Task Refund_LeaseEndedAndItsObjectUsedByAnotherCall_LeavesThatCallCharged()
    {
        CallGate gate = Gate(limits => limits.Shared("5/1d"));
        CallLease ended = (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease;
        ended.Dispose();
        List<CallLease> later = [];
        for (int call = 0; call < 4; call++)
        {
            later.Add((await gate.DecideAsync("tools/call", "search", Alice, default)).Lease);
        }

        await ended.RefundAsync();

        _store.Refunds.ShouldBe(0);
        later.ForEach(lease => lease.Dispose());
    }

    [Fact]
    public async Task Refund_ByManyThreads_GivesTheCostBackOnce()
    {
        CallGate gate = Gate(limits => limits.Shared("1000/1d"));
        for (int round = 0; round < 200; round++)
        {
            CallLease lease = (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease;
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await lease.RefundAsync())));
        }

        _store.Refunds.ShouldBe(200);
    }

    [Fact]
    public async Task Refund_OfARejection_ChangesNothing()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1d"));
        using CallLease charged = (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease;

        await (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease.RefundAsync();

        _store.Refunds.ShouldBe(0);
    }

    [Fact]
    public async Task Refund_AllowedBecauseTheStoreFailed_GivesBackNothingThatWasNotCharged()
    {
        StoreStub open = new() { Source = DecisionSource.OnStoreFailure };
        CallGate gate = Gate(limits => limits.Shared("5/1d"), open);

        await (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease.RefundAsync();

        open.Refunds.ShouldBe(0);
    }

    [Fact]
    public async Task States_LeaseEnded_Throws()
    {
        GateDecision decision = await Gate(limits => limits.Shared("5/1d")).DecideAsync("tools/call", "search", Alice, default);
        decision.Lease.Dispose();

        Should.Throw<ObjectDisposedException>(() => decision.States.Length);
    }

    [Fact]
    public async Task Decide_StoreAnswersLater_WaitsForIt()
    {
        StoreStub slow = new() { IsSlow = true };
        ValueTask<GateDecision> pending = Gate(limits => limits.Shared("5/1d"), slow).DecideAsync("tools/call", "search", Alice, default);

        pending.IsCompleted.ShouldBeFalse();
        slow.Answer();

        GateDecision decision = await pending;
        using CallLease lease = decision.Lease;
        decision.IsAllowed.ShouldBeTrue();
        decision.States[0].Remaining.ShouldBe(4);
    }

    [Fact]
    public async Task Decide_CancelledWhileTheStoreIsSlow_Throws()
    {
        StoreStub slow = new() { IsSlow = true };
        using CancellationTokenSource stop = new();
        ValueTask<GateDecision> pending = Gate(limits => limits.Shared("5/1d"), slow).DecideAsync("tools/call", "search", Alice, stop.Token);

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(async () => await pending);
    }

    [Fact]
    public async Task Decide_StoreAnswersAtOnce_AllocatesNothing()
    {
        CallGate gate = new(
            RateLimitPolicy.Build("s", limits => limits.Shared("1000000000/1d").PerUser("1000000000/1d")),
            new InProcessStore(),
            TimeProvider.System,
            NullLogger.Instance);
        await CallAsync(100);

        Allocations.Least(() => CallAsync(1_000)).ShouldBe(0);

        async ValueTask CallAsync(int count)
        {
            for (int call = 0; call < count; call++)
            {
                GateDecision decision = await gate.DecideAsync("tools/call", "search", Alice, default);
                decision.Lease.Dispose();
            }
        }
    }

    [Fact]
    public async Task Decide_Observed_ShowsEachDecisionWithItsStates()
    {
        RecordingObserver observer = new();
        CallGate gate = new(
            RateLimitPolicy.Build("s", limits => limits.Shared("1/1d")), new InProcessStore(), TimeProvider.System, NullLogger.Instance, observer);

        (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease.Dispose();
        (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease.Dispose();

        observer.Seen.ShouldBe(["s tools/call search alice True 0", "s tools/call search alice False 0"]);
    }

    private CallGate Gate(Action<RateLimitsBuilder> limits, StoreStub? store = null) =>
        new(RateLimitPolicy.Build("s", limits), store ?? _store, TimeProvider.System, NullLogger.Instance);

    private static async Task<int> RemainingAsync(CallGate gate)
    {
        GateDecision decision = await gate.DecideAsync("tools/call", "search", Alice, default);
        using CallLease lease = decision.Lease;
        return decision.Answer.Remaining;
    }

    private sealed class RecordingObserver : ICallObserver
    {
        internal List<string> Seen { get; } = [];

        public void Decided(in DecidedCall call) => Seen.Add(
            $"{call.Server} {call.Method} {call.Operation} {call.Caller.Subject} {call.Decision.IsAllowed} {call.Decision.States[0].Remaining}");
    }
}
