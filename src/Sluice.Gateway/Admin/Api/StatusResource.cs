using Sluice.Redis;

namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/status</c>: the gateway as a whole.</summary>
internal static class StatusResource
{
    internal static void Map(WebApplication application, RunningGateway gateway, EventStreams streams) =>
        application.MapRead("/api/v1/status", context => ApiQuery.Of(context) is { Fault: string fault }
            ? ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault)
            : ApiJson.WriteAsync(context, Read(gateway, streams), ApiJson.Default.StatusAnswer));

    /// <summary>The status now.</summary>
    internal static StatusAnswer Read(RunningGateway gateway, EventStreams streams)
    {
        long second = gateway.Counts.Second;
        return new StatusAnswer(
            GatewayVersion.Text,
            gateway.Counts.StartedAt,
            (long)gateway.Counts.Uptime.TotalMilliseconds,
            new ConfigStatus(
                gateway.Active.Version,
                gateway.Active.LoadedAt,
                ReloadStatus.Of(gateway.LastReload),
                gateway.Servers.Count,
                gateway.Servers.Sum(server => LimitsResource.Of(server).Count())),
            ReadStore(gateway),
            gateway.Servers.Aggregate(CallCounts.None, (sum, server) => sum + gateway.Counts.Of(server.Name).Read(second)),
            gateway.Servers.Sum(server => server.Gate.HeldCount),
            gateway.Servers.Sum(server => server.Gate.RunningWithSlots),
            gateway.Names.AreClear ? "clear" : "hashed",
            new StreamStatus(streams.Open, streams.Rejected, streams.Dropped));
    }

    private static StoreStatus ReadStore(RunningGateway gateway)
    {
        int maxKeys = gateway.Configuration.Store.MaxKeys;
        return gateway.Store switch
        {
            RedisStore redis => new StoreStatus(
                "redis",
                redis.IsAvailable,
                redis.Outages.Since ?? gateway.Counts.StartedAt,
                redis.Outages.Count,
                redis.FallbackDecisions,
                redis.LocalKeys,
                maxKeys,
                redis.LocalEvictionsWithDebt,
                redis.Members.Count),
            InProcessStore memory => new StoreStatus(
                "memory", true, gateway.Counts.StartedAt, 0, 0, memory.Count, maxKeys, memory.EvictionsWithDebt, 1),
            IRateLimitStore other => throw new InvalidOperationException($"{other.GetType()} is an unknown store."),
        };
    }
}

/// <summary>The gateway as a whole.</summary>
/// <param name="Version">The version of the program.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="UptimeMs">For how long it has run.</param>
/// <param name="Config">The configuration.</param>
/// <param name="Store">Where the buckets are.</param>
/// <param name="Calls">The calls to all servers.</param>
/// <param name="Held">Calls that are held now.</param>
/// <param name="Slots">Calls that run now and hold a slot.</param>
/// <param name="Identities">Whether callers are shown <c>hashed</c> or <c>clear</c>.</param>
/// <param name="Streams">The event streams.</param>
internal sealed record StatusAnswer(
    string Version,
    DateTimeOffset StartedAt,
    long UptimeMs,
    ConfigStatus Config,
    StoreStatus Store,
    CallCounts Calls,
    int Held,
    int Slots,
    string Identities,
    StreamStatus Streams);

/// <summary>The configuration that is in force.</summary>
internal sealed record ConfigStatus(string Version, DateTimeOffset LoadedAt, ReloadStatus? LastReload, int Servers, int Limits);

/// <summary>The result of the last reload.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Result"><c>loaded</c> or <c>refused</c>.</param>
/// <param name="Faults">Why the document was rejected.</param>
/// <param name="NeedsRestart">The settings that have changed in the document and keep their values until a restart.</param>
internal sealed record ReloadStatus(DateTimeOffset At, string Result, IReadOnlyList<string> Faults, IReadOnlyList<string> NeedsRestart)
{
    internal static ReloadStatus? Of(ReloadResult? reload) =>
        reload is null ? null : new(reload.At, reload.IsLoaded ? "loaded" : "refused", reload.Faults, reload.NeedsRestart);
}

/// <summary>Where the buckets are.</summary>
/// <param name="Kind"><c>memory</c> or <c>redis</c>.</param>
/// <param name="Available">Whether it decides.</param>
/// <param name="Since">Since when that is so.</param>
/// <param name="Outages">How often it stopped to decide.</param>
/// <param name="DecidedWithout">Calls that were decided without it.</param>
/// <param name="Keys">Buckets in the memory of this process.</param>
/// <param name="MaxKeys">How many there may be.</param>
/// <param name="DebtFolds">Buckets that were evicted with used tokens, which their successors carry.</param>
/// <param name="Replicas">How many processes share the buckets, as far as this one knows.</param>
internal sealed record StoreStatus(
    string Kind, bool Available, DateTimeOffset Since, int Outages, long DecidedWithout, long Keys, int MaxKeys, long DebtFolds, int Replicas);

/// <summary>The event streams of the admin address.</summary>
/// <param name="Open">How many are open.</param>
/// <param name="Rejected">How many were rejected because as many as possible were open.</param>
/// <param name="Dropped">How many were ended because their client did not read.</param>
internal sealed record StreamStatus(int Open, long Rejected, long Dropped);
