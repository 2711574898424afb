using System.Text.Json;

namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/events</c>: each second what has changed, as server-sent events.</summary>
internal static class EventsResource
{
    /// <summary>The most servers, and the most limits, in one event.</summary>
    internal const int MaxOfKind = 256;

    private const int MaxBuckets = 20;

    internal static void Map(WebApplication application, EventStreams streams) =>
        application.MapRead("/api/v1/events", context => ApiQuery.Of(context) is { Fault: string fault }
            ? ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault)
            : streams.ServeAsync(context));

    /// <summary>The event of this second, as bytes for every stream.</summary>
    internal static async ValueTask<byte[]> RenderAsync(
        RunningGateway gateway, BucketSurvey survey, EventStreams streams, CancellationToken cancellationToken)
    {
        SurveyReport report = await survey.ReadAsync(cancellationToken);
        TickEvent tick = new(
            gateway.Time.GetUtcNow(),
            StatusResource.Read(gateway, streams),
            [.. gateway.Servers.Take(MaxOfKind).Select(server => ServersResource.Read(gateway, server))],
            [.. Busiest(gateway)],
            RefusedResource.Read(gateway),
            BucketsResource.Of(gateway, report, report.Rates.Take(MaxBuckets)),
            HeldResource.Read(gateway, report));
        return [.. "event: tick\ndata: "u8, .. JsonSerializer.SerializeToUtf8Bytes(tick, ApiJson.Default.TickEvent), .. "\n\n"u8];
    }

    // An event has a bounded size: of many limits, those that reject most are the ones to see.
    private static IEnumerable<LimitAnswer> Busiest(RunningGateway gateway)
    {
        RateLimit[] limits = [.. gateway.Servers.SelectMany(LimitsResource.Of)];
        IEnumerable<RateLimit> shown = limits.Length <= MaxOfKind
            ? limits
            : limits
                .Select(limit => (Limit: limit, Counts: gateway.Counts.Of(limit)))
                .OrderByDescending(limit => limit.Counts.Refused + limit.Counts.WouldRefuse)
                .ThenByDescending(limit => limit.Counts.Allowed)
                .Take(MaxOfKind)
                .Select(limit => limit.Limit);
        return shown.Select(limit => LimitsResource.Read(gateway, limit, withHistory: false));
    }
}

/// <summary>An event: what the other resources answer at one instant.</summary>
internal sealed record TickEvent(
    DateTimeOffset At,
    StatusAnswer Status,
    IReadOnlyList<ServerAnswer> Servers,
    IReadOnlyList<LimitAnswer> Limits,
    RefusedAnswer Refused,
    BucketsAnswer Buckets,
    HeldAnswer Held);
