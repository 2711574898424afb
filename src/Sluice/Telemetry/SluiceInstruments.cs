using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sluice;

/// <summary>Every instrument of the process, and the source of its spans.</summary>
/// <remarks>
/// <para>
/// Nothing here is ever disposed: of two meters with one name, disposing of one silently ends the other's counters. Each instrument
/// is created once, so that no exporter sees a name twice.
/// </para>
/// <para>
/// What every call counts is observable too, since counting in a field costs a tenth of a synchronous counter. What every call measures is
/// buffered, and flushed before a reading.
/// What depends on what is configured now (stores, servers) is observable: it is gone from the next reading when its owner is gone.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class SluiceInstruments
{
    private const string CallUnit = "{call}";
    private const string Seconds = "s";

    // No boundary is a whole number: exporters disagree on how to write one, and a query for le="1" finds nothing.
    private static readonly InstrumentAdvice<double> OfDecision = new()
    {
        HistogramBucketBoundaries = [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 2.5],
    };

    private static readonly InstrumentAdvice<double> OfRequest = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.5, 2.5, 7.5, 15.5, 30.5, 60.5],
    };

    internal static Meter Meter { get; } = new(SluiceTelemetry.Name);

    internal static ActivitySource Source { get; } = new(SluiceTelemetry.Name);

    internal static SeriesCounter Calls { get; } = new(
        Meter, "sluice.calls", CallUnit, "Calls, by what was decided and who decided it.", FlushDurations);

    internal static SeriesCounter LimitDecisions { get; } = new(
        Meter, "sluice.limit.decisions", "{decision}", "What each limit that applies to a call answers by itself.", FlushDurations);

    internal static SeriesCounter LimitNear { get; } = new(
        Meter, "sluice.limit.near", CallUnit, "Allowed calls that left less than 20 % of the limit's tokens.", FlushDurations);

    internal static BufferedHistogram DecisionDuration { get; } = new(Meter.CreateHistogram(
        "sluice.decision.duration", Seconds, "Time to decide a call, the store's answer included.", advice: OfDecision));

    internal static Counter<long> StoreErrors { get; } = Meter.CreateCounter<long>(
        "sluice.store.errors", "{error}", "Failures of the shared store.");

    internal static BufferedHistogram ProxyDuration { get; } = new(Meter.CreateHistogram(
        "sluice.proxy.duration",
        Seconds,
        "Time of a request in the gateway until its answer is complete, the server's own time included.",
        advice: OfRequest));

    internal static Counter<long> ConfigReloads { get; } = Meter.CreateCounter<long>(
        "sluice.config.reloads", "{reload}", "Changed configurations that were read while the gateway runs.");

    internal static Counter<long> TelemetryErrors { get; } = Meter.CreateCounter<long>(
        "sluice.telemetry.errors", "{error}", "Failures to export telemetry.");

    internal static Counter<long> AuditDropped { get; } = Meter.CreateCounter<long>(
        "sluice.audit.dropped", "{event}", "Audit events without a line of their own, because the disk was full or too slow.");

    internal static Counter<long> RecordDropped { get; } = Meter.CreateCounter<long>(
        "sluice.record.dropped", "{line}", "Lines of the record that were dropped, because the disk was full or too slow.");

    internal static ObservableGauge<int> StoreAvailable { get; } = Meter.CreateObservableGauge(
        "sluice.store.available", ObservedStores.Availability, "{state}", "1 while every store of the process decides, else 0.");

    internal static ObservableGauge<long> StoreKeys { get; } = Meter.CreateObservableGauge(
        "sluice.store.keys", ObservedStores.Keys, "{key}", "Buckets in the memory of the process.");

    internal static ObservableCounter<long> StoreDebtFolds { get; } = Meter.CreateObservableCounter(
        "sluice.store.debt_folds",
        ObservedStores.EvictionsWithDebt,
        "{fold}",
        "Buckets that were evicted from memory with used tokens, which their successors carry.");

    internal static ObservableUpDownCounter<int> ProxyActive { get; } = Meter.CreateObservableUpDownCounter(
        "sluice.proxy.active", ObservedServers.Active, "{request}", "Requests that the gateway is forwarding, open streams among them.");

    /// <summary>A label. Its value is never null: exporters would write it as an empty text beside the same series without it.</summary>
    internal static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    private static void FlushDurations()
    {
        DecisionDuration.Flush();
        ProxyDuration.Flush();
    }
}
