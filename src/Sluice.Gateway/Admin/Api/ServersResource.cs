using System.Text.Json.Serialization;

namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/servers</c>: the servers and their calls.</summary>
internal static class ServersResource
{
    internal static void Map(WebApplication application, RunningGateway gateway) =>
        application.MapRead("/api/v1/servers", context => ApiQuery.Of(context) is { Fault: string fault }
            ? ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault)
            : ApiJson.WriteAsync(context, new ServersAnswer([.. gateway.Servers.Select(server => ReadWithHistory(gateway, server))]), ApiJson.Default.ServersAnswer));

    /// <summary>A server now.</summary>
    internal static ServerAnswer Read(RunningGateway gateway, GatewayServer server) => new(
        server.Name,
        server.AnswersInHttp ? "http" : "stdio",
        server.IsReachable,
        gateway.Counts.Of(server.Name).Read(gateway.Counts.Second),
        server.Gate.HeldCount,
        server.Gate.RunningWithSlots,
        server.Proxy.Active.Count,
        History: null);

    private static ServerAnswer ReadWithHistory(RunningGateway gateway, GatewayServer server)
    {
        (long[] allowed, long[] refused) = gateway.Counts.Of(server.Name).ByMinutes(gateway.Counts.Second);
        return Read(gateway, server) with { History = new MinuteHistory(60_000, refused, allowed) };
    }

    /// <summary>Answers a request that names a server that is not there.</summary>
    internal static Task WriteUnknownAsync(HttpContext context, RunningGateway gateway, string name) => ApiErrors.WriteAsync(
        context,
        StatusCodes.Status404NotFound,
        $"There is no server {Configuration.Shown.Quote(name)}. "
            + NearestName.Advice(name, [.. gateway.Servers.Select(server => server.Name)]));
}

/// <summary>The servers.</summary>
internal sealed record ServersAnswer(IReadOnlyList<ServerAnswer> Servers);

/// <summary>A server.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Upstream"><c>http</c> or <c>stdio</c>.</param>
/// <param name="Reachable">Whether the last request reached it; null before the first.</param>
/// <param name="Calls">The calls to it.</param>
/// <param name="Held">Calls that are held now.</param>
/// <param name="Slots">Calls that run now and hold a slot.</param>
/// <param name="Active">Requests that are forwarded to it now, open streams among them.</param>
/// <param name="History">The last hour by minutes; left out of events.</param>
internal sealed record ServerAnswer(
    string Name,
    string Upstream,
    bool? Reachable,
    CallCounts Calls,
    int Held,
    int Slots,
    int Active,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MinuteHistory? History);
