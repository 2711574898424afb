using OpenTelemetry.Metrics;
using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>How many series each metric can have, which the configuration says.</summary>
/// <remarks>
/// OpenTelemetry keeps 2,000 series of a metric unless it is told otherwise, and puts the rest into one without labels. The bound is
/// the number that the configuration gives, so that no label is lost, with as much room again as is usual: series of limits that a
/// reload has removed keep their places until a restart. Thread safety: immutable.
/// </remarks>
internal sealed class SeriesBounds
{
    /// <summary>What OpenTelemetry keeps of a metric by itself, and more than a common configuration needs.</summary>
    internal const int Usual = 2_000;

    private readonly Dictionary<string, int> _byInstrument;

    /// <param name="servers">The name and the limits of each server; null for a server without limits.</param>
    /// <param name="emitsToolHive">Whether ToolHive's metrics are exported too.</param>
    internal SeriesBounds(IReadOnlyCollection<(string Name, RateLimitPolicy? Policy)> servers, bool emitsToolHive = false)
    {
        RateLimitPolicy[] policies = [.. servers.Select(server => server.Policy).OfType<RateLimitPolicy>()];
        _byInstrument = new(StringComparer.Ordinal)
        {
            [SluiceInstruments.Calls.Name] = servers.Count * CallLabels.SeriesOfCalls,
            [SluiceInstruments.LimitDecisions.Name] = policies.Sum(policy => PolicyCounters.CountSeries(policy).Decisions),
            [SluiceInstruments.LimitNear.Name] = policies.Sum(policy => PolicyCounters.CountSeries(policy).Limits),
            [SluiceInstruments.DecisionDuration.Name] = servers.Count * CallLabels.SeriesOfDurations,
            [SluiceInstruments.ProxyDuration.Name] = servers.Count,
            [SluiceInstruments.ProxyActive.Name] = servers.Count,
        };

        if (emitsToolHive)
        {
            _byInstrument[ToolHiveMetrics.Decisions.Name] = policies.Sum(ToolHiveMetrics.CountDecisions);
            _byInstrument[ToolHiveMetrics.RedisErrors.Name] = policies.Length * ToolHiveMetrics.ErrorTypes.Length;
            _byInstrument[ToolHiveMetrics.FailOpen.Name] = policies.Length;
            _byInstrument[ToolHiveMetrics.CheckLatency.Name] = policies.Length;
        }
    }

    /// <summary>The bounds that a gateway's configuration gives.</summary>
    internal static SeriesBounds Of(GatewayConfiguration configuration) =>
        new([.. configuration.Servers.Select(server => (server.Name, server.Policy))], configuration.ToolHive is not null);

    /// <summary>The metric with the most series, and how many.</summary>
    internal (string Instrument, int Series) Largest
    {
        get
        {
            KeyValuePair<string, int> largest = _byInstrument.MaxBy(bound => bound.Value);
            return (largest.Key, largest.Value);
        }
    }

    /// <summary>What an operator of Prometheus wants to know before the start; null when there are no more series than usual.</summary>
    internal string? Warning => Largest is { Series: > Usual } largest
        ? $"the metric {largest.Instrument} can have {largest.Series} series"
        : null;

    /// <summary>
    /// What an operator wants to know when another configuration has more series than these bounds, which stay until a restart.
    /// </summary>
    /// <returns>A clause; or null when the bounds are large enough.</returns>
    internal string? WhyTooSmallFor(SeriesBounds next)
    {
        foreach ((string instrument, int series) in next._byInstrument)
        {
            int reserved = Reserved(_byInstrument.GetValueOrDefault(instrument));
            if (series > reserved)
            {
                return $"the metric {instrument} can have {series} series, and the limit is {reserved}";
            }
        }

        return null;
    }

    /// <summary>Sets the bound of each metric that may have more series than usual.</summary>
    internal void Apply(MeterProviderBuilder builder)
    {
        foreach ((string instrument, int series) in _byInstrument)
        {
            if (series > Usual)
            {
                builder.AddView(instrument, new MetricStreamConfiguration { CardinalityLimit = Reserved(series) });
            }
        }
    }

    private static int Reserved(int series) => series > Usual ? series + Usual : Usual;
}
