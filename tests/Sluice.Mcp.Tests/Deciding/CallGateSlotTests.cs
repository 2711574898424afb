using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Mcp.Tests.Deciding;

/// <summary>The slots of a call from its decision to its end.</summary>
public sealed class CallGateSlotTests : IDisposable
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: null, client: null);
    private readonly StoreStub _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly CapturedLog _logger = new(LogLevel.Information);
    private readonly CallGate _gate;

    public CallGateSlotTests() => _gate = new CallGate(
        RateLimitPolicy.Build("files", limits => limits
            .Shared("2000000000/1h")
            .Concurrency(new() { PerUser = 2, MaxAge = TimeSpan.FromMinutes(10) })
            .Tool("render", tool => tool.Concurrency(new() { Shared = 1, MaxAge = TimeSpan.FromMinutes(1) }))),
        _store,
        _time,
        _logger);

    public void Dispose() => _gate.Dispose();

    [Fact]
    public async Task Decide_NoSlotIsFree_RejectsWithTheKindAndTheRunningCalls()
    {
        using CallLease first = (await DecideAsync("search")).Lease;
        using CallLease second = (await DecideAsync("search")).Lease;

        GateDecision third = await DecideAsync("search");
        using CallLease lease = third.Lease;

        third.IsAllowed.ShouldBeFalse();
        lease.HoldsSlots.ShouldBeFalse();
        RejectionError error = third.Describe();
        error.Code.ShouldBe(429);
        error.Message.ShouldBe("Concurrency limit exceeded: perUser limit on the server allows 2 at once, retry in 1 s");
        error.Data.Select(field => $"{field.Key}={field.Value}").ShouldBe(
        [
            "retryAfterSeconds=1", "retryAfterMs=1000", "limitType=perUser", "limitKind=concurrency", "limit=perUser/concurrency",
            "maxRunning=2", "running=2", "remaining=0",
        ]);
    }

    [Fact]
    public async Task Dispose_OfTheLeaseAndItsCopies_ReleasesOnce()
    {
        CallLease lease = (await DecideAsync("search")).Lease;
        CallLease copy = lease;
        lease.HoldsSlots.ShouldBeTrue();

        lease.Dispose();
        copy.Dispose();
        copy.ReleaseSlots();

        _store.Releases.ShouldBe(1);
        lease.HoldsSlots.ShouldBeFalse();
    }

    [Fact]
    public async Task ReleaseSlots_BeforeTheEnd_LeavesTheRefundPossible()
    {
        CallLease lease = (await DecideAsync("search")).Lease;

        lease.ReleaseSlots();
        await lease.RefundAsync();
        lease.Dispose();

        (_store.Releases, _store.Refunds).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Refund_OfACallThatHoldsSlots_KeepsThemUntilTheEnd()
    {
        CallLease lease = (await DecideAsync("render")).Lease;

        await lease.RefundAsync();
        (await DecideAsync("render")).IsAllowed.ShouldBeFalse();

        lease.Dispose();
        (await DecideAsync("render")).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task MaxAge_ACallRunsLonger_ReleasesItsSlotsOnceAndLogs()
    {
        CallLease render = (await DecideAsync("render")).Lease;
        CallLease search = (await DecideAsync("search")).Lease;

        _time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        (await DecideAsync("render")).IsAllowed.ShouldBeFalse();
        _time.Advance(TimeSpan.FromTicks(1));

        _store.Releases.ShouldBe(1);
        _logger.Lines.ShouldBe(
        [
            "A call to 'files' has run for 00:01:00: its slots of render/shared/concurrency, perUser/concurrency are released, "
            + "and the call goes on without them.",
        ]);
        render.HoldsSlots.ShouldBeFalse();
        search.HoldsSlots.ShouldBeTrue();
        using CallLease next = (await DecideAsync("render")).Lease;
        next.HoldsSlots.ShouldBeTrue();
        render.Dispose();
        next.HoldsSlots.ShouldBeTrue();
        _store.Releases.ShouldBe(1);
        search.Dispose();
        _store.Releases.ShouldBe(2);
    }

    [Fact]
    public async Task MaxAge_CallsBeginAtDifferentTimes_ReleasesEachAtItsOwn()
    {
        CallLease first = (await DecideAsync("search")).Lease;
        _time.Advance(TimeSpan.FromMinutes(4));
        CallLease second = (await DecideAsync("search")).Lease;

        _time.Advance(TimeSpan.FromMinutes(6));
        (first.HoldsSlots, second.HoldsSlots).ShouldBe((false, true));
        _time.Advance(TimeSpan.FromMinutes(4));
        second.HoldsSlots.ShouldBeFalse();

        _store.Releases.ShouldBe(2);
        _logger.Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task DisposeOfTheGate_CallsRun_ReleasesTheirSlotsOnce()
    {
        CallLease first = (await DecideAsync("search")).Lease;
        CallLease second = (await DecideAsync("render")).Lease;

        _gate.Dispose();
        first.Dispose();
        second.Dispose();

        _store.Releases.ShouldBe(2);
        _logger.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Decide_ThePolicyOfTheGateIsReplaced_ReleasesWhereItWasAcquired()
    {
        CallLease old = (await DecideAsync("render")).Lease;
        using CallGate next = new(
            RateLimitPolicy.Build("files", limits => limits.Tool("render", tool => tool.Concurrency(new() { Shared = 2 }))),
            _store, _time, _logger);
        using CallLease one = (await next.DecideAsync("tools/call", "render", Alice, default)).Lease;
        (await next.DecideAsync("tools/call", "render", Alice, default)).IsAllowed.ShouldBeFalse();

        old.Dispose();

        using CallLease two = (await next.DecideAsync("tools/call", "render", Alice, default)).Lease;
        two.HoldsSlots.ShouldBeTrue();
    }

    [Fact]
    public async Task Decide_ManyThreadsEndCallsInEveryWay_LeavesNoSlotHeldAndReleasesNoneTwice()
    {
        const int Calls = 50_000;
        int allowed = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(number => Task.Run(async () =>
        {
            Random random = new(number);
            for (int i = 0; i < Calls; i++)
            {
                CallLease lease = (await DecideAsync(random.Next(3) == 0 ? "render" : "search")).Lease;
                Interlocked.Add(ref allowed, lease.HoldsSlots ? 1 : 0);
                switch (random.Next(4))
                {
                    case 0:
                        lease.ReleaseSlots();
                        break;
                    case 1:
                        await lease.RefundAsync();
                        break;
                    case 2 when random.Next(100) == 0:
                        _time.Advance(TimeSpan.FromMinutes(11)); // Too old while it runs.
                        break;
                }

                lease.Dispose();
                lease.Dispose();
            }
        })));

        allowed.ShouldBeGreaterThan(0);
        using CallLease render = (await DecideAsync("render")).Lease;
        using CallLease search = (await DecideAsync("search")).Lease;
        (render.HoldsSlots, search.HoldsSlots).ShouldBe((true, true));
        render.States.ToArray().Select(state => state.Remaining).ToArray()[^1].ShouldBe(1);
    }

    private ValueTask<GateDecision> DecideAsync(string tool) => _gate.DecideAsync("tools/call", tool, Alice, default);
}
