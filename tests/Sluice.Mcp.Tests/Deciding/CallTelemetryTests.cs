using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Mcp.Tests.Deciding;

public sealed class CallTelemetryTests : IDisposable
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: null, client: null);
    private readonly string _server = $"telemetry-{Guid.NewGuid():N}";
    private readonly Measurements _seen;

    public CallTelemetryTests() => _seen = new Measurements(_server);

    public void Dispose() => _seen.Dispose();

    [Fact]
    public async Task Calls_AllowedRefusedAndUnmetered_AreCountedOnceEach()
    {
        CallGate gate = Gate(limits => limits.Shared("2/1d"));

        await CallAsync(gate, "tools/call", "search", 3);
        await CallAsync(gate, "tools/list", null, 4);

        _seen.Counted("sluice.calls").ShouldBe(
            ["{outcome=allowed,source=store} 2", "{outcome=refused,source=store} 1", "{outcome=unmetered,source=none} 4"]);
    }

    [Fact]
    public async Task Calls_EachLimitThatApplies_IsCountedByItsOwnAnswer()
    {
        CallGate gate = Gate(limits => limits.Shared("9/1d").Tool("search", tool => tool.PerUser("1/1d")));

        await CallAsync(gate, "tools/call", "search", 3);

        _seen.Counted("sluice.limit.decisions").ShouldBe(
        [
            "{limit=search/perUser,scope=perUser,operation=search,decision=allowed} 1",
            "{limit=search/perUser,scope=perUser,operation=search,decision=refused} 2",
            "{limit=shared,scope=shared,operation=search,decision=allowed} 3",
        ]);
    }

    [Fact]
    public async Task Calls_BeyondAPermissiveLimit_AreCountedAsOnesThatItWouldRefuse()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1d").Mode(LimitMode.Permissive));

        await CallAsync(gate, "tools/call", "search", 3);

        _seen.Counted("sluice.calls").ShouldBe(["{outcome=allowed,source=store} 3"]);
        _seen.Counted("sluice.limit.decisions").ShouldBe(
        [
            "{limit=shared,scope=shared,operation=other,decision=allowed} 1",
            "{limit=shared,scope=shared,operation=other,decision=would_refuse} 2",
        ]);
    }

    [Fact]
    public async Task Calls_ThatLeaveLessThanAFifth_AreNearTheLimit()
    {
        CallGate gate = Gate(limits => limits.Shared("10/1d"));

        await CallAsync(gate, "tools/call", "search", 8);
        _seen.Counted("sluice.limit.near").ShouldBeEmpty(); // 2 of 10 are left: 20 %.

        await CallAsync(gate, "tools/call", "search", 4);
        _seen.Counted("sluice.limit.near").ShouldBe(["{limit=shared} 2"]);
    }

    [Fact]
    public async Task Calls_OfInventedNames_ShareOneLabel()
    {
        CallGate gate = Gate(limits => limits
            .PerUser("1000/1d")
            .Tool("search_*", tool => tool.PerUser("1000/1d"))
            .Tool("other", tool => tool.PerUser("1000/1d"))
            .Resource("file:///a", resource => resource.PerUser("1000/1d")));
        for (int call = 0; call < 20; call++)
        {
            await CallAsync(gate, "tools/call", $"search_{call}", 1, $"user-{call}");
            await CallAsync(gate, "tools/call", $"invented-{call}", 1, $"user-{call}");
        }

        await CallAsync(gate, "tools/call", "OTHER ", 1);
        await CallAsync(gate, "resources/read", "file:///%61", 1);

        _seen.Counted("sluice.limit.decisions").ShouldBe(
        [
            "{limit=other/perUser,scope=perUser,operation=tool:other,decision=allowed} 1",
            "{limit=perUser,scope=perUser,operation=other,decision=allowed} 20",
            "{limit=perUser,scope=perUser,operation=resource:file:///a,decision=allowed} 1",
            "{limit=perUser,scope=perUser,operation=search_*,decision=allowed} 20",
            "{limit=perUser,scope=perUser,operation=tool:other,decision=allowed} 1",
            "{limit=resource:file:///a/perUser,scope=perUser,operation=resource:file:///a,decision=allowed} 1",
            "{limit=search_*/perUser,scope=perUser,operation=search_*,decision=allowed} 20",
        ]);
    }

    [Fact]
    public async Task Calls_OfAnyKind_StayWithinTheBoundThatTheConfigurationGives()
    {
        CallGate gate = Gate(limits => limits
            .Shared("1/1d").PerUser("1/1d")
            .Tool("search", tool => tool.PerUser("1/1d"))
            .Tool("fetch_*", tool => tool.Shared("1/1d").Mode(LimitMode.Permissive))
            .Prompt("search", prompt => prompt.PerUser("1/1d"))
            .Method("prompts/get", method => method.Shared("1/1d"))
            .Method("completion/complete", method => method.Shared("1/1d")));
        foreach (string user in (string[])["a", "b", "c"])
        {
            foreach (string name in (string[])["search", "fetch_1", "fetch_2", "x", "y"])
            {
                await CallAsync(gate, "tools/call", name, 2, user);
                await CallAsync(gate, "prompts/get", name, 2, user);
            }

            await CallAsync(gate, "completion/complete", null, 2, user);
        }

        string[] decisions = [.. _seen.Series.Where(series => series.StartsWith("sluice.limit.decisions", StringComparison.Ordinal))];
        decisions.Length.ShouldBeLessThanOrEqualTo(PolicyCounters.CountSeries(gate.Policy).Decisions);
        decisions.Length.ShouldBe(PolicyCounters.CountSeries(gate.Policy).Decisions); // They all began at zero, and no other was added.
        _seen.Series.Count(series => series.StartsWith("sluice.calls", StringComparison.Ordinal)).ShouldBe(CallLabels.SeriesOfCalls);
    }

    [Fact]
    public async Task FirstCall_ShowsEveryConfiguredCounterAtZero()
    {
        CallGate gate = Gate(limits => limits.Shared("9/1d").Tool("search", tool => tool.PerUser("1/1d")));
        await CallAsync(gate, "tools/call", "echo", 1);

        _seen.Series.ShouldContain("sluice.calls{outcome=invalid,source=none}");
        _seen.Series.ShouldContain("sluice.limit.decisions{limit=search/perUser,scope=perUser,operation=search,decision=refused}");
        _seen.Series.ShouldContain("sluice.limit.near{limit=search/perUser}");
        _seen.Counted("sluice.calls").ShouldBe(["{outcome=allowed,source=store} 1"]);
    }

    [Fact]
    public async Task Call_WithoutTheIdentityThatALimitNeeds_IsRefusedByThatLimit()
    {
        CallGate gate = Gate(limits => limits.Shared("9/1d").PerUser("9/1d").MissingIdentity(MissingIdentity.Reject));

        (await gate.DecideAsync("tools/call", "search", CallerIdentity.None, default)).IsAllowed.ShouldBeFalse();

        _seen.Counted("sluice.calls").ShouldBe(["{outcome=refused,source=none} 1"]);
        _seen.Counted("sluice.limit.decisions").ShouldBe(["{limit=perUser,scope=perUser,operation=other,decision=refused} 1"]);
    }

    [Theory]
    [InlineData(RateLimitOutcome.Allowed, DecisionSource.Local, "{outcome=allowed,source=local} 1", true)]
    [InlineData(RateLimitOutcome.Allowed, DecisionSource.OnStoreFailure, "{outcome=allowed,source=open} 1", false)]
    [InlineData(RateLimitOutcome.Denied, DecisionSource.OnStoreFailure, "{outcome=refused,source=closed} 1", false)]
    [InlineData(RateLimitOutcome.Unsatisfiable, DecisionSource.Store, "{outcome=unsatisfiable,source=store} 1", true)]
    public async Task Call_OfEachSource_IsCountedWithItAndByLimitsThatDecided(
        RateLimitOutcome outcome, DecisionSource source, string expected, bool countsLimits)
    {
        CallGate gate = Gate(limits => limits.Shared("9/1d"), new FixedStore(new RateLimitDecision { Outcome = outcome, Source = source }));

        await CallAsync(gate, "tools/call", "search", 1);

        _seen.Counted("sluice.calls").ShouldBe([expected]);
        _seen.Counted("sluice.limit.decisions").Length.ShouldBe(countsLimits ? 1 : 0);
    }

    [Fact]
    public async Task Decision_ThatTakesTime_IsMeasuredByTheClock()
    {
        ManualTimeProvider time = new();
        StoreStub slow = new() { IsSlow = true };
        CallGate gate = new(
            RateLimitPolicy.Build(_server, limits => limits.Shared("9/1d")), slow, time, NullLogger.Instance);
        ValueTask<GateDecision> pending = gate.DecideAsync("tools/call", "search", Alice, default);
        time.Advance(TimeSpan.FromMilliseconds(7));
        slow.Answer();
        (await pending).Lease.Dispose();

        _seen.Sum("sluice.decision.duration{source=store}").ShouldBe(0.007, 1e-9);
        _seen.Count("sluice.decision.duration{source=store}").ShouldBe(1);
    }

    [Fact]
    public async Task Calls_WithAReader_AllocateNothing()
    {
        string server = $"telemetry-{Guid.NewGuid():N}"; // Not that of the recording, which allocates.
        using MeterListener reader = new();
        long durations = 0;
        Dictionary<string, long> counted = [];
        reader.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == SluiceTelemetry.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        reader.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref durations));
        reader.SetMeasurementEventCallback<long>((instrument, value, labels, _) =>
        {
            if (labels.Contains(SluiceInstruments.Label("server", server)))
            {
                counted[instrument.Name] = counted.GetValueOrDefault(instrument.Name) + value;
            }
        });
        reader.Start();
        CallGate gate = new(
            RateLimitPolicy.Build(server, limits => limits.Shared("1000000000/1d").PerUser("1000000000/1d")),
            new InProcessStore(),
            TimeProvider.System,
            NullLogger.Instance);
        await RunAsync(100);

        Allocations.Least(() => RunAsync(1_000)).ShouldBe(0);
        reader.RecordObservableInstruments();
        counted["sluice.calls"].ShouldBeGreaterThanOrEqualTo(1_100);
        counted["sluice.limit.decisions"].ShouldBe(2 * counted["sluice.calls"]);
        Interlocked.Read(ref durations).ShouldBeGreaterThanOrEqualTo(counted["sluice.calls"]);

        async ValueTask RunAsync(int count)
        {
            for (int call = 0; call < count; call++)
            {
                (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease.Dispose();
            }
        }
    }

    private CallGate Gate(Action<RateLimitsBuilder> limits, IRateLimitStore? store = null) =>
        new(RateLimitPolicy.Build(_server, limits), store ?? new InProcessStore(), TimeProvider.System, NullLogger.Instance);

    private static async Task CallAsync(CallGate gate, string method, string? operation, int count, string user = "alice")
    {
        CallerIdentity caller = new("issuer", user, tenant: null, client: null);
        for (int call = 0; call < count; call++)
        {
            (await gate.DecideAsync(method, operation, caller, default)).Lease.Dispose();
        }
    }

    private sealed class FixedStore(RateLimitDecision answer) : IRateLimitStore
    {
        public ValueTask<RateLimitDecision> AcquireAsync(
            RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken)
        {
            states.Span.Fill(new LimitState { Outcome = answer.Outcome });
            return new ValueTask<RateLimitDecision>(answer);
        }

        public ValueTask<RateLimitDecision> PeekAsync(
            RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask ReleaseAsync(RateLimitRequest request, CancellationToken cancellationToken) => default;

        public ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask ResetAsync(
            ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
