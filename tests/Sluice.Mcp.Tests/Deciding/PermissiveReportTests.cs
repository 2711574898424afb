using Microsoft.Extensions.Logging;

namespace Sluice.Mcp.Tests.Deciding;

public sealed class PermissiveReportTests : IDisposable
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: null, client: null);
    private const string Began = "The permissive limit 'shared' of 's' would now reject calls.";
    private readonly ManualTimeProvider _time = new();
    private readonly CapturedLog _log = new(LogLevel.Information);
    private readonly CallGate _gate;

    public PermissiveReportTests() => _gate = Gate(limits => limits.Shared("1/1d").Mode(LimitMode.Permissive));

    [Fact]
    public async Task Calls_BeyondAPermissiveLimit_AreAllowedAndReportedOnceAndThenCountedEachMinute()
    {
        await CallAsync(4);
        _log.Lines.ShouldBe([Began]);

        _time.Advance(TimeSpan.FromMinutes(1));
        _log.Lines.ShouldBe([Began, Counted(3)]);

        await CallAsync(2);
        _time.Advance(TimeSpan.FromMinutes(1));
        _log.Lines.ShouldBe([Began, Counted(3), Counted(2)]);
    }

    [Fact]
    public async Task Calls_NoneForAMinute_ReportThatTheLimitWouldNoLongerReject()
    {
        await CallAsync(2);
        _time.Advance(TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromMinutes(1));
        _log.Lines[^1].ShouldBe("The permissive limit 'shared' of 's' would no longer reject calls: none in the last minute.");

        _time.Advance(TimeSpan.FromHours(1));
        _log.Lines.Length.ShouldBe(3);

        await CallAsync(1);
        _log.Lines[^1].ShouldBe(Began);
    }

    [Fact]
    public async Task Calls_WithinThePermissiveLimit_AreNotReported()
    {
        await CallAsync(1);
        _time.Advance(TimeSpan.FromMinutes(5));

        _log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Calls_ThatAnEnforcedLimitRejects_AreNotCounted()
    {
        using CallGate gate = Gate(limits => limits
            .Shared("1/1d")
            .Tool("search", tool => tool.Shared("1/1d").Mode(LimitMode.Permissive)));
        for (int call = 0; call < 3; call++)
        {
            (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease.Dispose();
        }

        _log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Dispose_CallsNotYetReported_LogsThem()
    {
        await CallAsync(3);

        _gate.Dispose();
        _time.Advance(TimeSpan.FromMinutes(5));

        _log.Lines.ShouldBe([Began, Counted(2)]);
    }

    [Fact]
    public async Task Lines_NameNoCaller()
    {
        using CallGate gate = Gate(limits => limits.PerUser("1/1d").Mode(LimitMode.Permissive));
        await CallAsync(3, gate);
        _time.Advance(TimeSpan.FromMinutes(2));

        _log.Lines.ShouldNotBeEmpty();
        _log.Lines.ShouldAllBe(line => !line.Contains("alice"));
    }

    [Fact]
    public async Task Count_LimitAlreadyReported_AllocatesNothing()
    {
        await CallAsync(100);

        Allocations.Least(() => CallAsync(1_000)).ShouldBe(0);
    }

    [Fact]
    public async Task Refund_PermissiveLimitThatWasNotCharged_GetsNoToken()
    {
        StoreStub store = new();
        using CallGate gate = new(
            RateLimitPolicy.Build("s", limits => limits
                .Shared("100/1d")
                .Tool("search", tool => tool.Shared("1/1d").Mode(LimitMode.Permissive))),
            store,
            _time,
            _log);
        CallLease charged = (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease;
        CallLease uncharged = (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease;

        await uncharged.RefundAsync();

        GateDecision third = await gate.DecideAsync("tools/call", "search", Alice, default);
        third.States[0].Remaining.ShouldBe(98);
        third.States[1].Outcome.ShouldBe(RateLimitOutcome.Denied);
        third.Lease.Dispose();
        charged.Dispose();
    }

    public void Dispose() => _gate.Dispose();

    private static string Counted(int count) =>
        $"The permissive limit 'shared' of 's' would have rejected {count} calls since the last report.";

    private CallGate Gate(Action<RateLimitsBuilder> limits) =>
        new(RateLimitPolicy.Build("s", limits), new InProcessStore(), _time, _log);

    private async ValueTask CallAsync(int count, CallGate? gate = null)
    {
        for (int call = 0; call < count; call++)
        {
            GateDecision decision = await (gate ?? _gate).DecideAsync("tools/call", "search", Alice, default);
            decision.IsAllowed.ShouldBeTrue();
            decision.Lease.Dispose();
        }
    }
}
