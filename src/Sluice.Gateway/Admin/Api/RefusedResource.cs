namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/rejected</c>: who is rejected most.</summary>
internal static class RefusedResource
{
    private const int UsualTop = 20;
    private const int MaxTop = 500;

    internal static void Map(WebApplication application, RunningGateway gateway) =>
        application.MapRead("/api/v1/refused", context =>
        {
            ApiQuery query = ApiQuery.Of(context, "top", "span");
            int top = query.Number("top", 1, MaxTop, UsualTop);
            HistorySpan span = query.Span("span");
            if (query.Fault is string fault)
            {
                return ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault);
            }

            return ApiJson.WriteAsync(context, Read(gateway, top, isHour: span == HistorySpan.Hour), ApiJson.Default.RefusedAnswer);
        });

    /// <summary>Who was rejected most in the last five minutes.</summary>
    internal static RefusedAnswer Read(RunningGateway gateway) => Read(gateway, UsualTop, isHour: false);

    private static RefusedAnswer Read(RunningGateway gateway, int top, bool isHour)
    {
        RefusedReport report = gateway.Rejections.Callers.Report(top, isHour);
        return new RefusedAnswer(report.Callers, report.Omitted);
    }
}

/// <summary>Who is rejected most.</summary>
/// <param name="Callers">Callers and limits, the most rejections first.</param>
/// <param name="Omitted">The rejections of all others.</param>
internal sealed record RefusedAnswer(IReadOnlyList<RefusedCaller> Callers, long Omitted);
