using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>
/// ToolHive's metrics of its rate limits, with its names, labels and rules of counting, so that its dashboards keep working.
/// </summary>
/// <remarks>
/// <para>
/// Source: ToolHive, docs/observability.md, Rate Limit Metrics. An allowed call counts once for each limit that applies, a rejected one
/// for the limit that rejected it. A call that is let through because the store did not answer is no decision.
/// </para>
/// <para>ToolHive creates a series at its first count. Here each begins at 0, so that a rate can be taken from the first call on.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="ns">The namespace, as a label.</param>
internal sealed class ToolHiveMetrics(string ns) : ICallObserver
{
    /// <summary>The name of the meter: one of its own, which is read only where it is wanted.</summary>
    internal const string MeterName = "Sluice.ToolHive";

    private const string Allowed = "allowed";
    private const string Rejected = "rejected";
    private const string OtherError = "other";

    internal static readonly string[] ErrorTypes = ["timeout", "connection", "auth", OtherError];

    private static readonly Meter Meter = new(MeterName);

    internal static Counter<long> Decisions { get; } = Meter.CreateCounter<long>(
        "toolhive_rate_limit_decisions", description: "Total number of rate limit bucket decisions.");

    internal static Counter<long> RedisErrors { get; } = Meter.CreateCounter<long>(
        "toolhive_rate_limit_redis_errors", description: "Total number of Redis errors during rate limit checks.");

    internal static Counter<long> FailOpen { get; } = Meter.CreateCounter<long>(
        "toolhive_rate_limit_fail_open", description: "Total number of rate limit checks allowed after an enforcement error.");

    // The boundaries are those of the semantic conventions for MCP, which ToolHive has.
    internal static Histogram<double> CheckLatency { get; } = Meter.CreateHistogram(
        "toolhive_rate_limit_check_latency",
        "s",
        "Duration of rate limit checks in seconds.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
        });

    private readonly KeyValuePair<string, object?> _namespace = SluiceInstruments.Label("namespace", ns);
    private readonly ConcurrentDictionary<(string Server, string Decision, LimitKey Key, OperationKind Kind), KeyValuePair<string, object?>[]>
        _decisions = [];

    /// <summary>How many series the decisions of a policy's limits can have.</summary>
    internal static int CountDecisions(RateLimitPolicy policy) =>
        2 * policy.Limits.DistinctBy(limit => (LimitLabels.Scope(limit.Key), LimitLabels.Kind(limit.Kind))).Count();

    /// <inheritdoc/>
    public void Configured(RateLimitPolicy policy)
    {
        if (policy.Limits.Length == 0)
        {
            return; // Its calls are not checked.
        }

        foreach (RateLimit limit in policy.Limits)
        {
            Count(policy.Server, Allowed, limit, 0);
            Count(policy.Server, Rejected, limit, 0);
        }

        KeyValuePair<string, object?> server = SluiceInstruments.Label("server", policy.Server);
        FailOpen.Add(0, _namespace, server);
        foreach (string type in ErrorTypes)
        {
            RedisErrors.Add(0, _namespace, server, SluiceInstruments.Label("error_type", type));
        }
    }

    /// <inheritdoc/>
    public void Decided(in DecidedCall call)
    {
        if (call.Decision.Limits.IdentityRequiredBy is not null)
        {
            return; // Nothing was checked.
        }

        KeyValuePair<string, object?> server = SluiceInstruments.Label("server", call.Server);
        CheckLatency.Record(call.Duration.TotalSeconds, _namespace, server);
        GateDecision decision = call.Decision;
        if (decision.Answer.Source == DecisionSource.OnStoreFailure)
        {
            if (decision.IsAllowed)
            {
                FailOpen.Add(1, _namespace, server);
            }
        }
        else if (decision.Answer.Limit is RateLimit rejecting)
        {
            Count(call.Server, Rejected, rejecting, 1);
        }
        else
        {
            foreach (RateLimit limit in decision.Limits.Limits)
            {
                Count(call.Server, Allowed, limit, 1);
            }
        }
    }

    /// <summary>Counts a failure of Redis.</summary>
    /// <param name="server">The server whose calls met it.</param>
    /// <param name="kind">The kind, as Sluice's own metric has it.</param>
    internal void CountRedisError(string server, string kind) => RedisErrors.Add(
        1,
        _namespace,
        SluiceInstruments.Label("server", server),
        SluiceInstruments.Label("error_type", ErrorTypes.Contains(kind) ? kind : OtherError));

    private void Count(string server, string decision, RateLimit limit, long count) => Decisions.Add(
        count,
        _decisions.GetOrAdd(
            (server, decision, limit.Key, limit.Kind),
            static (key, ofNamespace) =>
            [
                ofNamespace,
                SluiceInstruments.Label("server", key.Server),
                SluiceInstruments.Label("decision", key.Decision),
                SluiceInstruments.Label("scope", LimitLabels.Scope(key.Key)),
                SluiceInstruments.Label("operation_type", LimitLabels.Kind(key.Kind)),
            ],
            _namespace));
}
