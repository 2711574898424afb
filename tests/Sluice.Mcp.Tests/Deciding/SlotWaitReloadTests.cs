using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Mcp.Tests.Deciding;

/// <summary>Calls wait for a slot while another configuration becomes the current one: that one decides them.</summary>
public sealed class SlotWaitReloadTests : IDisposable
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: null, client: null);
    private static readonly CallerIdentity Bob = new("issuer", "bob", tenant: null, client: null);
    private readonly ManualTimeProvider _time = new();
    private readonly InProcessStore _store;
    private readonly Decisions _decisions = new();
    private readonly List<CallGate> _gates = [];

    public SlotWaitReloadTests() => _store = new InProcessStore(new InProcessStoreOptions { MaxKeys = 1_000 }, _time);

    public void Dispose() => _gates.ForEach(gate => gate.Dispose());

    [Fact]
    public async Task Activate_OneToFourWithFiveWaiting_ThreeGoAtOnceAndNewCallsQueueBehindTheOthers()
    {
        CallGate before = Reload(AtOnce(1));
        GateDecision running = await Call(before, Alice);
        Task<GateDecision>[] waiting = [.. Enumerable.Range(0, 5).Select(_ => Call(before, Alice))];

        CallGate after = Reload(AtOnce(4));

        GateDecision[] served = await Task.WhenAll(waiting[..3]);
        served.ShouldAllBe(call => call.IsAllowed && call.Limits[0].Capacity == 4);
        waiting[3..].ShouldAllBe(call => !call.IsCompleted);
        Task<GateDecision> late = Call(after, Alice);
        running.Lease.Dispose(); // A slot that was acquired under the configuration before.
        (await waiting[3]).IsAllowed.ShouldBeTrue();
        served[0].Lease.Dispose();
        (await waiting[4]).IsAllowed.ShouldBeTrue();
        late.IsCompleted.ShouldBeFalse();
        served[1].Lease.Dispose();
        (await late).IsAllowed.ShouldBeTrue();
        _decisions.Versions.ShouldBe(["v1", "v2", "v2", "v2", "v2", "v2", "v2"]);
    }

    [Fact]
    public async Task Activate_FourToOne_RunningCallsKeepTheirSlotsAndNewOnesWait()
    {
        CallGate before = Reload(AtOnce(4));
        GateDecision[] running = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Call(before, Alice)));
        Task<GateDecision> waiting = Call(before, Alice);

        CallGate after = Reload(AtOnce(1));
        Task<GateDecision> late = Call(after, Bob);
        Array.ForEach(running[..3], call => call.Lease.Dispose());
        bool wasServedBefore = waiting.IsCompleted || late.IsCompleted;
        running[3].Lease.Dispose();
        GateDecision first = await waiting;

        wasServedBefore.ShouldBeFalse(); // One was running still.
        late.IsCompleted.ShouldBeFalse();
        first.Limits[0].Capacity.ShouldBe(1);
        first.Lease.Dispose();
        (await late).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Activate_ConcurrencyRemoved_AllGoAtOnceByTheOtherLimits()
    {
        CallGate before = Reload(AtOnce(1));
        await Call(before, Alice);
        Task<GateDecision>[] waiting = [.. Enumerable.Range(0, 5).Select(i => Call(before, i % 2 == 0 ? Alice : Bob))];

        Reload(limits => limits.Shared("4/1h"));

        GateDecision[] served = await Task.WhenAll(waiting);
        served.Count(call => call.IsAllowed).ShouldBe(4);
        served.Single(call => !call.IsAllowed).Answer.Limit!.Name.ShouldBe("shared");
    }

    [Fact]
    public async Task Activate_NoLimitsAreLeft_AllGoAtOnce()
    {
        CallGate before = Reload(AtOnce(1));
        await Call(before, Alice);
        Task<GateDecision>[] waiting = [Call(before, Alice), Call(before, Bob)];

        Reload(limits => limits.Tool("other", tool => tool.Shared("1/1h")));

        (await Task.WhenAll(waiting)).ShouldAllBe(call => call.IsAllowed && call.Limits.Count == 0);
    }

    [Fact]
    public async Task Activate_IdentityIsRequiredNow_CallsWithoutOneAreRejected()
    {
        CallGate before = Reload(AtOnce(1));
        await Call(before, CallerIdentity.None);
        Task<GateDecision> waiting = Call(before, CallerIdentity.None);

        Reload(limits => limits.PerUser("5/1h").MissingIdentity(MissingIdentity.Reject));

        GateDecision rejected = await waiting;
        rejected.IsAllowed.ShouldBeFalse();
        rejected.Limits.IdentityRequiredBy!.Name.ShouldBe("perUser");
    }

    [Fact]
    public async Task Activate_OneToolIsNoLongerLimited_ItsCallsGoAndThoseOfAnotherKeepTheirTurns()
    {
        CallGate before = Reload(limits => limits
            .Limit("files", limit => limit.Tools("read", "write").Concurrency(1)).Wait(TimeSpan.FromSeconds(60)));
        GateDecision running = await Call(before, Alice, "read");
        Task<GateDecision> read = Call(before, Alice, "read");
        Task<GateDecision> write = Call(before, Alice, "write");

        Reload(limits => limits
            .Limit("files", limit => limit.Tools("read").Concurrency(1)).Wait(TimeSpan.FromSeconds(60)));

        (await write).IsAllowed.ShouldBeTrue();
        read.IsCompleted.ShouldBeFalse();
        running.Lease.Dispose();
        (await read).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Activate_NumberStaysTooSmall_CallIsRejectedByTheNewOneWhenItsWaitEnds()
    {
        CallGate before = Reload(AtOnce(3));
        GateDecision[] running = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Call(before, Alice)));
        Task<GateDecision> waiting = Call(before, Alice);

        Reload(AtOnce(2));
        _time.Advance(TimeSpan.FromSeconds(60));
        GateDecision rejected = await waiting;

        rejected.IsAllowed.ShouldBeFalse();
        rejected.Answer.Limit!.Capacity.ShouldBe(2);
        rejected.Answer.Running.ShouldBe(3);
        Array.ForEach(running, call => call.Lease.Dispose());
    }

    [Fact]
    public async Task Activate_LimitWasPermissive_SlotsOfItsCallsServeThoseThatWaitNow()
    {
        CallGate before = Reload(limits => limits.Concurrency(new() { Shared = 1 }).Mode(LimitMode.Permissive).Wait(TimeSpan.FromSeconds(60)));
        GateDecision running = await Call(before, Alice);
        CallGate after = Reload(AtOnce(1));
        Task<GateDecision> waiting = Call(after, Alice);
        bool waited = !waiting.IsCompleted;

        running.Lease.Dispose();

        (await waiting).IsAllowed.ShouldBeTrue();
        waited.ShouldBeTrue();
    }

    [Fact]
    public async Task Activate_CallToABackendWaits_MeetsTheLimitsOfItsBackend()
    {
        McpReader.TryRead(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}"""u8.ToArray(), out McpMessage? call, out _).ShouldBeTrue();
        RateLimitingSettings settings = new()
        {
            Concurrency = new() { Shared = 1 },
            Wait = TimeSpan.FromSeconds(60),
            Backends = [new OperationSettings { Name = "github", Shared = RateList.Create(new Rate(5, TimeSpan.FromHours(1))) }],
        };
        CallGate before = Reload(RateLimitPolicy.Compile("server", settings, out _)!);
        GateDecision running = await before.BeginAsync(call!, headerVersion: null, Alice, CancellationToken.None, "github");
        GateDecision waiting = await before.BeginAsync(call!, headerVersion: null, Alice, CancellationToken.None, "github");
        Task<GateDecision> served = before.HoldAsync(waiting, CancellationToken.None).AsTask();
        Reload(RateLimitPolicy.Compile("server", settings, out _)!);

        running.Lease.Dispose();

        GateDecision decision = await served.WaitAsync(Eventually.Patience);
        decision.IsAllowed.ShouldBeTrue();
        string[] limits = [.. decision.Limits.Limits.ToArray().Select(limit => limit.Name)];
        limits.ShouldBe(["shared/concurrency", "backend:github/shared"], ignoreOrder: true);
        decision.States[Array.IndexOf(limits, "backend:github/shared")].Remaining.ShouldBe(3);
    }

    private static Action<RateLimitsBuilder> AtOnce(int calls) =>
        limits => limits.Concurrency(new() { Shared = calls }).Wait(TimeSpan.FromSeconds(60));

    private CallGate Reload(Action<RateLimitsBuilder> configure) => Reload(RateLimitPolicy.Build("server", configure));

    private CallGate Reload(RateLimitPolicy policy)
    {
        CallGate gate = new(policy, _store, _time, NullLogger.Instance, _decisions, _gates.LastOrDefault())
        {
            ConfigVersion = $"v{_gates.Count + 1}",
        };
        _gates.Add(gate);
        gate.Activate();
        return gate;
    }

    private static Task<GateDecision> Call(CallGate gate, CallerIdentity caller, string tool = "search") =>
        gate.DecideAsync("tools/call", tool, caller, default).AsTask().WaitAsync(Eventually.Patience);

    /// <summary>The configurations that decided the calls.</summary>
    private sealed class Decisions : ICallObserver
    {
        private readonly List<string> _versions = [];

        internal string[] Versions
        {
            get
            {
                lock (_versions)
                {
                    return [.. _versions];
                }
            }
        }

        public void Decided(in DecidedCall call)
        {
            lock (_versions)
            {
                _versions.Add(call.ConfigVersion);
            }
        }
    }
}
