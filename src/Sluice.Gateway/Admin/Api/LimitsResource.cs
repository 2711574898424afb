using System.Globalization;
using System.Text.Json.Serialization;

namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/limits</c>: the limits and what they answered.</summary>
internal static class LimitsResource
{
    /// <summary>The most limits in one answer.</summary>
    internal const int MaxLimits = 1_000;

    internal static void Map(WebApplication application, RunningGateway gateway) =>
        application.MapRead("/api/v1/limits", context => WriteAsync(context, gateway));

    /// <summary>The limits of a server by name: those that overrides put in the place of others have the same one.</summary>
    internal static IEnumerable<RateLimit> Of(GatewayServer server) =>
        server.Policy is RateLimitPolicy policy ? policy.Limits.DistinctBy(limit => limit.Name, StringComparer.Ordinal) : [];

    /// <summary>What to say of a name that no limit has; null where a limit has it.</summary>
    internal static string? WhyUnknown(RunningGateway gateway, string? server, string name)
    {
        string[] names =
        [
            .. gateway.Servers
                .Where(known => server is null || known.Name == server)
                .SelectMany(Of)
                .Select(limit => limit.Name)
                .Distinct(StringComparer.Ordinal),
        ];
        return names.Contains(name, StringComparer.Ordinal) ? null
            : $"No limit{(server is null ? "" : $" of '{server}'")} has the name {Configuration.Shown.Quote(name)}. "
                + NearestLimit(name, names);
    }

    /// <summary>A limit now.</summary>
    internal static LimitAnswer Read(RunningGateway gateway, RateLimit limit, bool withHistory)
    {
        LimitCounts counts = gateway.Counts.Of(limit);
        MinuteHistory? history = null;
        if (withHistory)
        {
            (long[] allowed, long[] refused) = counts.ByMinutes(gateway.Counts.Second);
            history = new MinuteHistory(60_000, refused, allowed);
        }

        return new LimitAnswer(
            limit.Server,
            limit.Name,
            limit.ScopeName,
            limit.Concurrency is null ? "rate" : "concurrency",
            Text(limit),
            limit.Kind == OperationKind.Server ? null : LimitNames.Operation(limit.Target),
            limit.Mode == LimitMode.Permissive ? "permissive" : "enforce",
            counts.Allowed,
            counts.Refused,
            counts.WouldRefuse,
            history);
    }

    /// <summary>A limit in words.</summary>
    internal static string Text(RateLimit limit)
    {
        if (limit.Concurrency is int slots)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{slots} at once, for at most {RateText.Duration(limit.MaxAge)} each");
        }

        if (limit.AdmitsNothing)
        {
            return "none";
        }

        Rate rate = limit.Rate;
        string algorithm = (rate.Align ? "aligned " : "") + BucketRules.Traits(rate.Algorithm).Text + (rate.TimeZone is string zone ? $", {zone}" : "");
        string burst = rate.Burst is int tokens ? string.Create(CultureInfo.InvariantCulture, $", burst {tokens}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{rate.MaxTokens} per {RateText.Period(rate)}{burst}, {algorithm}");
    }

    // There may be thousands of names, so they are not listed.
    private static string NearestLimit(string name, string[] names) => NearestName.Find(name, names) is string near
        ? $"Did you mean '{near}'?"
        : "/api/v1/limits lists the limits.";

    private static Task WriteAsync(HttpContext context, RunningGateway gateway)
    {
        ApiQuery query = ApiQuery.Of(context, "server", "limit");
        string? server = query.Text("server");
        string? name = query.Text("limit");
        if (query.Fault is string fault)
        {
            return ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault);
        }

        if (server is not null && gateway.Servers.All(known => known.Name != server))
        {
            return ServersResource.WriteUnknownAsync(context, gateway, server);
        }

        if (name is not null && WhyUnknown(gateway, server, name) is string unknown)
        {
            return ApiErrors.WriteAsync(context, StatusCodes.Status404NotFound, unknown);
        }

        RateLimit[] limits =
        [
            .. gateway.Servers
                .Where(known => server is null || known.Name == server)
                .SelectMany(Of)
                .Where(limit => name is null || limit.Name == name)
                .Take(MaxLimits + 1),
        ];
        return ApiJson.WriteAsync(
            context,
            new LimitsAnswer(
                [.. limits.Take(MaxLimits).Select(limit => Read(gateway, limit, withHistory: true))], limits.Length > MaxLimits),
            ApiJson.Default.LimitsAnswer);
    }
}

/// <summary>The limits.</summary>
/// <param name="Limits">In the order of the configuration.</param>
/// <param name="Truncated">Whether there are more.</param>
internal sealed record LimitsAnswer(IReadOnlyList<LimitAnswer> Limits, bool Truncated);

/// <summary>A limit.</summary>
/// <param name="Server">The server.</param>
/// <param name="Limit">Its name.</param>
/// <param name="Scope">What it counts by.</param>
/// <param name="Kind"><c>rate</c> or <c>concurrency</c>.</param>
/// <param name="Text">Its numbers in words.</param>
/// <param name="Operation">The operation that it is on; null for the whole server and for an entry of <c>limits</c>.</param>
/// <param name="Mode"><c>enforce</c> or <c>permissive</c>.</param>
/// <param name="Allowed">Calls that it admitted.</param>
/// <param name="Refused">Calls that it rejected.</param>
/// <param name="WouldRefuse">Calls that it would have rejected if it were not permissive.</param>
/// <param name="History">The last hour by minutes; left out of events.</param>
internal sealed record LimitAnswer(
    string Server,
    string Limit,
    string Scope,
    string Kind,
    string Text,
    string? Operation,
    string Mode,
    long Allowed,
    long Refused,
    long WouldRefuse,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MinuteHistory? History);

/// <summary>The last hour of a limit or a server by minutes; the last one is running.</summary>
internal sealed record MinuteHistory(int StepMs, long[] Refused, long[] Allowed);
