using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Telemetry;

/// <summary>ToolHive's own cases, with its names, labels and rules of counting.</summary>
public sealed class ToolHiveMetricsTests : IDisposable
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: null, client: null);
    private readonly string _server = $"toolhive-{Guid.NewGuid():N}";
    private readonly ToolHiveMetrics _metrics = new("test-ns");
    private readonly Measurements _seen;

    public ToolHiveMetricsTests() => _seen = new Measurements(_server, ToolHiveMetrics.MeterName);

    public void Dispose() => _seen.Dispose();

    [Theory]
    [InlineData("shared")]
    [InlineData("per_user")]
    public async Task Decisions_OfAnAllowedAndARejectedCall_AreCountedAsToolHiveDoes(string scope)
    {
        CallGate gate = Gate(limits => _ = scope == "shared"
            ? limits.Shared("10/1m").Tool("search", tool => tool.Shared("1/1m"))
            : limits.PerUser("10/1m").Tool("search", tool => tool.PerUser("1/1m")));

        await CallAsync(gate, "search");
        await CallAsync(gate, "search");

        _seen.Counted("toolhive_rate_limit_decisions").ShouldBe(
        [
            $"{{namespace=test-ns,decision=allowed,scope={scope},operation_type=server}} 1",
            $"{{namespace=test-ns,decision=allowed,scope={scope},operation_type=tool}} 1",
            $"{{namespace=test-ns,decision=rejected,scope={scope},operation_type=tool}} 1",
        ]);
        _seen.Count("toolhive_rate_limit_check_latency{namespace=test-ns}").ShouldBe(2);
    }

    [Fact]
    public async Task Call_NoBucketApplies_RecordsNothing()
    {
        CallGate gate = Gate(limits => limits.Tool("search", tool => tool.Shared("1/1m")));

        await CallAsync(gate, "other-tool");

        _seen.Counted("toolhive_rate_limit_decisions").ShouldBeEmpty();
        _seen.Count("toolhive_rate_limit_check_latency{namespace=test-ns}").ShouldBe(0);
    }

    [Fact]
    public void Configured_EachCounter_IsThereAtZero()
    {
        _metrics.Configured(RateLimitPolicy.Build(
            _server, limits => limits.PerUser("10/1m").Tool("search", tool => tool.Shared("1/1m")).Tool("read", tool => tool.Shared("2/1m"))));

        _seen.Series.ShouldBe(
        [
            "toolhive_rate_limit_decisions{namespace=test-ns,decision=allowed,scope=per_user,operation_type=server}",
            "toolhive_rate_limit_decisions{namespace=test-ns,decision=allowed,scope=shared,operation_type=tool}",
            "toolhive_rate_limit_decisions{namespace=test-ns,decision=rejected,scope=per_user,operation_type=server}",
            "toolhive_rate_limit_decisions{namespace=test-ns,decision=rejected,scope=shared,operation_type=tool}",
            "toolhive_rate_limit_fail_open{namespace=test-ns}",
            "toolhive_rate_limit_redis_errors{namespace=test-ns,error_type=auth}",
            "toolhive_rate_limit_redis_errors{namespace=test-ns,error_type=connection}",
            "toolhive_rate_limit_redis_errors{namespace=test-ns,error_type=other}",
            "toolhive_rate_limit_redis_errors{namespace=test-ns,error_type=timeout}",
        ]);
        _seen.Series.ShouldAllBe(series => _seen.Sum(series) == 0);
    }

    [Fact]
    public void Configured_ServerWithoutLimits_HasNoSeries()
    {
        _metrics.Configured(RateLimitPolicy.WithoutLimits(_server));

        _seen.Series.ShouldBeEmpty();
    }

    [Fact]
    public async Task Call_LetThroughWithoutTheStore_FailsOpenAndIsNoDecision()
    {
        CallGate gate = Gate(
            limits => limits.Shared("1/1m"),
            new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Source = DecisionSource.OnStoreFailure });

        await CallAsync(gate, "search");

        _seen.Counted("toolhive_rate_limit_fail_open").ShouldBe(["{namespace=test-ns} 1"]);
        _seen.Counted("toolhive_rate_limit_decisions").ShouldBeEmpty();
        _seen.Count("toolhive_rate_limit_check_latency{namespace=test-ns}").ShouldBe(1);
    }

    [Fact]
    public async Task Call_RejectedWithoutTheStore_DoesNotFailOpen()
    {
        CallGate gate = Gate(
            limits => limits.Shared("1/1m"),
            new RateLimitDecision { Outcome = RateLimitOutcome.Denied, Source = DecisionSource.OnStoreFailure });

        await CallAsync(gate, "search");

        _seen.Counted("toolhive_rate_limit_fail_open").ShouldBeEmpty();
        _seen.Counted("toolhive_rate_limit_decisions").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("timeout", "timeout")]
    [InlineData("connection", "connection")]
    [InlineData("auth", "auth")]
    [InlineData("script", "other")]
    [InlineData("other", "other")]
    public void RedisError_OfEachKind_IsOneOfToolHivesClasses(string kind, string expected)
    {
        _metrics.CountRedisError(_server, kind);

        _seen.Counted("toolhive_rate_limit_redis_errors").ShouldBe([$"{{namespace=test-ns,error_type={expected}}} 1"]);
    }

    [Fact]
    public void Meter_HasToolHivesFourMetrics() =>
        _seen.Instruments.Select(instrument => instrument.Name).Order().ShouldBe(
        [
            "toolhive_rate_limit_check_latency",
            "toolhive_rate_limit_decisions",
            "toolhive_rate_limit_fail_open",
            "toolhive_rate_limit_redis_errors",
        ]);

    private CallGate Gate(Action<RateLimitsBuilder> limits, RateLimitDecision? answer = null) => new(
        RateLimitPolicy.Build(_server, limits),
        answer is RateLimitDecision decision ? new FixedStore(decision) : new InProcessStore(),
        TimeProvider.System,
        NullLogger.Instance,
        _metrics);

    private static async Task CallAsync(CallGate gate, string tool) =>
        (await gate.DecideAsync("tools/call", tool, Alice, default)).Lease.Dispose();

    private sealed class FixedStore(RateLimitDecision answer) : IRateLimitStore
    {
        private readonly InProcessStore _store = new();

        public ValueTask<RateLimitDecision> AcquireAsync(
            RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) => new(answer);

        public ValueTask<RateLimitDecision> PeekAsync(
            RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) => new(answer);

        public ValueTask ReleaseAsync(RateLimitRequest request, CancellationToken cancellationToken) => default;

        public ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken) =>
            _store.RefundAsync(request, cancellationToken);

        public ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken) =>
            _store.ChargeAsync(request, cancellationToken);

        public ValueTask ResetAsync(ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken) =>
            _store.ResetAsync(limits, caller, cancellationToken);
    }
}
