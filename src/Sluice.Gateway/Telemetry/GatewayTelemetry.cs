using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Sluice.Gateway;

/// <summary>Exports the telemetry of the process: to a collector, and as the page that Prometheus reads.</summary>
/// <remarks>
/// It is made before the servers, so that their counters have a reader when they start. Nothing in it delays a call: exporters work
/// in the background and drop what they cannot send.
/// </remarks>
internal sealed partial class GatewayTelemetry : IAsyncDisposable
{
    /// <summary>The source of the spans of requests to the gateway.</summary>
    internal const string RequestSource = "Microsoft.AspNetCore";

    /// <summary>
    /// How long the last export may take when the program stops. A collector that does not answer must not delay the stop.
    /// </summary>
    private static readonly TimeSpan LastExport = TimeSpan.FromSeconds(2);

    private readonly ExportFaults? _faults;
    private readonly TracerProvider? _traces;

    private GatewayTelemetry(MeterProvider? metrics, TracerProvider? traces, ExportFaults? faults)
    {
        Metrics = metrics;
        _traces = traces;
        _faults = faults;
    }

    /// <summary>What collects metrics; null when nothing reads them.</summary>
    internal MeterProvider? Metrics { get; }

    /// <summary>Begins to collect.</summary>
    /// <param name="variables">The environment.</param>
    /// <param name="readers">What reads the metrics beside a collector.</param>
    /// <param name="bounds">How many series each metric can have.</param>
    /// <param name="loggers">Makes logs.</param>
    /// <param name="time">The clock.</param>
    internal static GatewayTelemetry Start(
        OtlpVariables variables, MetricReaders readers, SeriesBounds bounds, ILoggerFactory loggers, TimeProvider time)
    {
        ILogger logger = loggers.CreateLogger<GatewayTelemetry>();
        if (variables.IsDisabled)
        {
            Log.Disabled(logger, OtlpVariables.Disabled);
            return new GatewayTelemetry(null, null, null);
        }

        LogTarget(logger, "Metrics", variables.Metrics);
        LogTarget(logger, "Traces", variables.Traces);
        MeterProvider? metrics = CreateMetrics(variables.Metrics, readers, bounds);
        TracerProvider? traces = CreateTraces(variables.Traces);
        SluiceInstruments.TelemetryErrors.Add(0); // It is there before the first failure, as are those below.
        SluiceInstruments.AuditDropped.Add(0);
        SluiceInstruments.RecordDropped.Add(0);
        return new GatewayTelemetry(
            metrics, traces, metrics is null && traces is null ? null : new ExportFaults(loggers.CreateLogger<ExportFaults>(), time));
    }

    /// <summary>Exports what is left, for two seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        int milliseconds = (int)LastExport.TotalMilliseconds;
        await Task.WhenAll(
            Task.Run(() => Metrics?.Shutdown(milliseconds)),
            Task.Run(() => _traces?.Shutdown(milliseconds)));
        Metrics?.Dispose();
        _traces?.Dispose();
        _faults?.Dispose();
    }

    private static MeterProvider? CreateMetrics(OtlpTarget? target, MetricReaders readers, SeriesBounds bounds)
    {
        if (target is null && !readers.IsScraped)
        {
            return null;
        }

        MeterProviderBuilder builder = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(Resource()).AddMeter(SluiceTelemetry.Name);
        bounds.Apply(builder);
        if (readers.EmitsToolHive)
        {
            builder.AddMeter(ToolHiveMetrics.MeterName);
        }

        if (readers.IsScraped)
        {
            builder.AddPrometheusExporter(options => options.ScrapeResponseCacheDurationMilliseconds = readers.CacheMilliseconds);
        }

        if (target is not null)
        {
            builder.AddOtlpExporter(target.Apply);
        }

        return builder.Build();
    }

    // Without the source of requests, whose spans are the parents, OpenTelemetry would drop ours.
    private static TracerProvider? CreateTraces(OtlpTarget? target) => target is null
        ? null
        : Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resource())
            .AddSource(SluiceTelemetry.Name, RequestSource)
            .AddOtlpExporter(target.Apply)
            .Build();

    // The environment comes last, since it wins: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
    private static ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddService(
            "sluice",
            serviceVersion: GatewayVersion.Text,
            autoGenerateServiceInstanceId: false, // A new one at each start would make new series.
            serviceInstanceId: Environment.MachineName)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    private static void LogTarget(ILogger logger, string signal, OtlpTarget? target)
    {
        if (target is not null)
        {
            Log.Sends(logger, signal, target.Endpoint.GetLeftPart(UriPartial.Path), target.ProtocolName);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Signal} go to {Endpoint} by {Protocol}.")]
        internal static partial void Sends(ILogger logger, string signal, string endpoint, string protocol);

        [LoggerMessage(2, LogLevel.Warning, "{Variable} is true: there are no metrics and no traces, and /metrics is not served.")]
        internal static partial void Disabled(ILogger logger, string variable);
    }
}

/// <summary>What reads metrics beside a collector.</summary>
/// <param name="IsScraped">Whether there is a page that Prometheus reads.</param>
/// <param name="EmitsToolHive">Whether ToolHive's metrics are exported too.</param>
/// <param name="CacheMilliseconds">For how long one reading of the page serves further ones.</param>
internal readonly record struct MetricReaders(bool IsScraped, bool EmitsToolHive, int CacheMilliseconds = 300);
