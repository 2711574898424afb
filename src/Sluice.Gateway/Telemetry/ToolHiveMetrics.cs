using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>ToolHive's metrics of its rate limits, with its names, labels and rules of counting, so that its dashboards keep working.</summary>
/// <remarks>
/// <para>
/// Source: ToolHive, docs/observability.md, Rate Limit Metrics. An allowed call counts once for each limit that applies, a rejected one
/// for the limit that rejected it. A call that is let through because the store did not answer is no decision.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="ns">The namespace, as a label.</param>
internal sealed class ToolHiveMetrics(string ns) : ICallObserver
{
    /// <summary>The name of the meter: one of its own, which is read only where it is wanted.</summary>
    internal const string MeterName = "Sluice.ToolHive";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Decisions = Meter.CreateCounter<long>(
        "toolhive_rate_limit_decisions", description: "Total number of rate limit bucket decisions.");

    private static readonly Counter<long> RedisErrors = Meter.CreateCounter<long>(
        "toolhive_rate_limit_redis_errors", description: "Total number of Redis errors during rate limit checks.");

    private static readonly Counter<long> FailOpen = Meter.CreateCounter<long>(
        "toolhive_rate_limit_fail_open", description: "Total number of rate limit checks allowed after an enforcement error.");

    // The boundaries are those of the semantic conventions for MCP, which ToolHive has.
    private static readonly Histogram<double> CheckLatency = Meter.CreateHistogram(
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
            Count(call.Server, "rejected", rejecting);
        }
        else
        {
            foreach (RateLimit limit in decision.Limits.Limits)
            {
                Count(call.Server, "allowed", limit);
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
        SluiceInstruments.Label("error_type", kind is "timeout" or "connection" or "auth" ? kind : "other"));

    private void Count(string server, string decision, RateLimit limit) => Decisions.Add(
        1,
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
