namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/history</c> and <c>GET /api/v1/servers/{name}/history</c>: calls by steps of time.</summary>
internal static class HistoryResource
{
    internal static void Map(WebApplication application, RunningGateway gateway)
    {
        application.MapRead("/api/v1/history", context => WriteAsync(context, gateway, [.. gateway.Servers]));
        application.MapRead("/api/v1/servers/{name}/history", context =>
        {
            string name = context.Request.RouteValues["name"] as string ?? "";
            return gateway.Servers.FirstOrDefault(server => server.Name == name) is GatewayServer server
                ? WriteAsync(context, gateway, [server])
                : ServersResource.WriteUnknownAsync(context, gateway, name);
        });
    }

    private static Task WriteAsync(HttpContext context, RunningGateway gateway, GatewayServer[] servers)
    {
        ApiQuery query = ApiQuery.Of(context, "span");
        HistorySpan span = query.Span("span");
        if (query.Fault is string fault)
        {
            return ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault);
        }

        long second = gateway.Counts.Second;
        long[] allowed = new long[span.Steps];
        long[] refused = new long[span.Steps];
        foreach (GatewayServer server in servers)
        {
            gateway.Counts.Of(server.Name).AddTo(span, second, allowed, refused);
        }

        long first = (second / span.StepSeconds) - span.Steps + 1;
        return ApiJson.WriteAsync(
            context,
            new HistoryAnswer(span.StepSeconds * 1000, gateway.Counts.StartedAt.AddSeconds(first * span.StepSeconds), allowed, refused),
            ApiJson.Default.HistoryAnswer);
    }
}

/// <summary>Calls by steps of time; the last step is the running one.</summary>
/// <param name="StepMs">The length of a step.</param>
/// <param name="From">When the first step began.</param>
/// <param name="Allowed">Calls that went on, for each step.</param>
/// <param name="Refused">Calls that were rejected.</param>
internal sealed record HistoryAnswer(int StepMs, DateTimeOffset From, long[] Allowed, long[] Refused);
