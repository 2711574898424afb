using OpenTelemetry.Metrics;

namespace Sluice.Gateway;

/// <summary><c>GET /metrics</c>: the page that Prometheus reads, written by OpenTelemetry's package.</summary>
internal static class MetricsPage
{
    internal const string Path = "/metrics";

    /// <summary>Adds the page to an application.</summary>
    /// <param name="application">The application.</param>
    /// <param name="metrics">What collects the metrics; null when they are turned off.</param>
    internal static void Map(WebApplication application, MeterProvider? metrics)
    {
        if (metrics is null)
        {
            application.MapRead(Path, static context => PlainErrors.WriteAsync(
                context,
                StatusCodes.Status404NotFound,
                $"There are no metrics: {OtlpVariables.Disabled} is true. Unset it, and start the gateway again."));
            return;
        }

        // The package answers every method.
        application
            .MapPrometheusScrapingEndpoint(Path, metrics, configureBranchedPipeline: null, optionsName: null)
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
    }
}
