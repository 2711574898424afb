using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sluice.EndToEnd;

/// <summary>A collector of OTLP, by gRPC or by HTTP with protocol buffers, that keeps what it gets.</summary>
/// <remarks>Source: OpenTelemetry Protocol 1.x, the services MetricsService and TraceService. Numbers below are those of its fields.</remarks>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, double> _metrics = [];
    private readonly List<Span> _spans = [];
    private readonly Dictionary<string, string> _resource = [];
    private readonly TaskCompletionSource _isStopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? _application;

    /// <summary>What to set <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> to.</summary>
    internal string Endpoint => _application!.Urls.Single();

    /// <summary>The header <c>x-collector-key</c> of the last request.</summary>
    internal string? Key { get; private set; }

    /// <summary>Whether requests are never answered.</summary>
    internal bool IsSilent { get; set; }

    internal static async Task<OtlpCollector> StartAsync(bool isGrpc)
    {
        OtlpCollector collector = new();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(
            endpoint => endpoint.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        WebApplication application = builder.Build();
        application.Run(context => collector.ReceiveAsync(context, isGrpc));
        await application.StartAsync();
        collector._application = application;
        return collector;
    }

    /// <summary>The last value of each series: <c>name{label=value,…}</c>; of a histogram its count.</summary>
    internal Dictionary<string, double> Metrics
    {
        get
        {
            lock (_gate)
            {
                return new(_metrics);
            }
        }
    }

    internal Span[] Spans
    {
        get
        {
            lock (_gate)
            {
                return [.. _spans];
            }
        }
    }

    /// <summary>What the telemetry says of the program that sent it.</summary>
    internal Dictionary<string, string> Resource
    {
        get
        {
            lock (_gate)
            {
                return new(_resource);
            }
        }
    }

    /// <summary>Waits until what has arrived is enough.</summary>
    internal Task WaitAsync(Func<bool> isEnough) => Eventually.HoldsAsync(
        isEnough, () => $"{string.Join("\n", Metrics)}\n{string.Join("\n", Spans.Select(span => $"{span.Source} {span.Name}"))}");

    public async ValueTask DisposeAsync()
    {
        _isStopping.TrySetResult();
        await _application!.StopAsync();
        await _application.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context, bool isGrpc)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        if (IsSilent)
        {
            await _isStopping.Task;
            return;
        }

        ReadOnlyMemory<byte> message = body.ToArray();
        if (isGrpc)
        {
            const int Head = 5; // Whether it is compressed, and the length.
            message.Span[0].ShouldBe((byte)0);
            BinaryPrimitives.ReadInt32BigEndian(message.Span[1..]).ShouldBe(message.Length - Head);
            message = message[Head..];
        }

        ProtobufMessage request = ProtobufMessage.Parse(UnsafeByteOperations.UnsafeWrap(message));
        lock (_gate)
        {
            Key = context.Request.Headers["x-collector-key"];
            switch (context.Request.Path.Value)
            {
                case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                    TakeMetricsLocked(request);
                    break;
                case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                    TakeSpansLocked(request);
                    break;
                default:
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                    return;
            }
        }

        context.Response.ContentType = isGrpc ? "application/grpc" : "application/x-protobuf";
        if (isGrpc)
        {
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }

    private void TakeMetricsLocked(ProtobufMessage request)
    {
        foreach (ProtobufMessage ofResource in request.Messages(1))
        {
            TakeResourceLocked(ofResource);
            foreach (ProtobufMessage metric in ofResource.Messages(2).SelectMany(scope => scope.Messages(2)))
            {
                const int Gauge = 5;
                const int Sum = 7;
                const int Histogram = 9;
                foreach (ProtobufMessage point in ((int[])[Gauge, Sum]).SelectMany(metric.Messages).SelectMany(data => data.Messages(1)))
                {
                    // A double, or else a signed whole number.
                    _metrics[Series(metric.Text(1), point, labels: 7)] =
                        point.Has(4) ? BitConverter.UInt64BitsToDouble(point.Number(4)) : (long)point.Number(6);
                }

                foreach (ProtobufMessage point in metric.Messages(Histogram).SelectMany(data => data.Messages(1)))
                {
                    _metrics[Series(metric.Text(1), point, labels: 9)] = point.Number(4);
                }
            }
        }
    }

    private void TakeSpansLocked(ProtobufMessage request)
    {
        foreach (ProtobufMessage ofResource in request.Messages(1))
        {
            TakeResourceLocked(ofResource);
            foreach (ProtobufMessage scope in ofResource.Messages(2))
            {
                _spans.AddRange(scope.Messages(2).Select(span => new Span(
                    scope.Messages(1).First().Text(1),
                    span.Text(5),
                    Hex(span, 1),
                    Hex(span, 2),
                    Hex(span, 4),
                    Attributes(span, 9))));
            }
        }
    }

    private void TakeResourceLocked(ProtobufMessage ofResource)
    {
        foreach ((string name, string value) in Attributes(ofResource.Messages(1).First(), 1))
        {
            _resource[name] = value;
        }
    }

    private static string Series(string name, ProtobufMessage point, int labels) =>
        $"{name}{{{string.Join(",", Attributes(point, labels).OrderBy(label => label.Key).Select(label => $"{label.Key}={label.Value}"))}}}";

    private static Dictionary<string, string> Attributes(ProtobufMessage message, int number) =>
        message.Messages(number).ToDictionary(attribute => attribute.Text(1), attribute => ValueOf(attribute.Messages(2).First()));

    private static string ValueOf(ProtobufMessage value) =>
        value.Has(1) ? value.Text(1)
        : value.Has(2) ? (value.Number(2) == 1 ? "true" : "false")
        : ((long)value.Number(3)).ToString(CultureInfo.InvariantCulture);

    private static string Hex(ProtobufMessage span, int number) =>
        Convert.ToHexStringLower(span.Bytes(number).FirstOrDefault(ByteString.Empty).Span);

    internal sealed record Span(
        string Source, string Name, string TraceId, string SpanId, string ParentId, Dictionary<string, string> Attributes);
}
