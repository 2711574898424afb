using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/why/{id}</c>: how a rejection was decided.</summary>
internal static class WhyResource
{
    internal static void Map(WebApplication application, RunningGateway gateway) =>
        application.MapRead("/api/v1/why/{id}", context =>
        {
            string id = context.Request.RouteValues["id"] as string ?? "";
            return ApiQuery.Of(context).Fault is string fault ? ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault)
                : gateway.Rejections.Find(id) is KeptRejection rejection ? ApiJson.WriteAsync(context, Of(rejection), ApiJson.Default.WhyAnswer)
                : ApiErrors.WriteAsync(context, StatusCodes.Status404NotFound, WhyNot(gateway, id));
        });

    private static WhyAnswer Of(KeptRejection rejection) => new(
        rejection.Id,
        rejection.At,
        rejection.Server,
        rejection.Method,
        rejection.Name,
        rejection.Caller,
        rejection.Outcome == RateLimitOutcome.Unsatisfiable ? "unsatisfiable" : "refused",
        rejection.Limit,
        rejection.RetryAfter is TimeSpan wait ? ApiTime.Milliseconds(wait) : null,
        rejection.Source,
        rejection.ConfigVersion,
        [
            .. rejection.Limits.Select(limit => new WhyLimit(
                limit.Limit,
                limit.Scope,
                limit.LevelBefore,
                limit.MaxTokens,
                limit.Cost,
                limit.IsAllowed,
                limit.RetryAfter is TimeSpan retry ? ApiTime.Milliseconds(retry) : null)),
        ]);

    private static string WhyNot(RunningGateway gateway, string id) => gateway.Configuration.DecisionIds
        ? $"No rejection has the id {Shown.Quote(id)}. "
            + $"The gateway keeps the last {RejectionRing.Capacity:N0} since its start; the audit log may have it."
        : "Rejections have no ids. Set 'decisionIds: true' in the file of the gateway.";
}

/// <summary>How a rejection was decided.</summary>
/// <param name="Id">The id that the client got.</param>
/// <param name="At">When.</param>
/// <param name="Server">The server.</param>
/// <param name="Operation">The JSON-RPC method.</param>
/// <param name="Name">The tool, prompt or URI, as the caller wrote it; or null.</param>
/// <param name="Caller">The caller; null where nothing is known about them.</param>
/// <param name="Outcome"><c>refused</c> or <c>unsatisfiable</c>.</param>
/// <param name="Limit">The limit that rejected it; null when the store did not answer.</param>
/// <param name="RetryAfterMs">The wait; null where waiting does not help.</param>
/// <param name="Source">Who decided: <c>store</c>, <c>local</c>, <c>closed</c>, or <c>none</c> for a caller who lacks an identity.</param>
/// <param name="ConfigVersion">The version of the configuration.</param>
/// <param name="Limits">The limits that applied; empty where none was asked.</param>
internal sealed record WhyAnswer(
    string Id,
    DateTimeOffset At,
    string Server,
    string Operation,
    string? Name,
    string? Caller,
    string Outcome,
    string? Limit,
    long? RetryAfterMs,
    string Source,
    string ConfigVersion,
    IReadOnlyList<WhyLimit> Limits);

/// <summary>What one limit answered.</summary>
/// <param name="Limit">Its name.</param>
/// <param name="Scope">What it counts by.</param>
/// <param name="LevelBefore">Whole tokens, or free slots, before the decision.</param>
/// <param name="MaxTokens">The size of its bucket.</param>
/// <param name="Cost">What the call costs there.</param>
/// <param name="Allowed">Whether it would have admitted the call by itself.</param>
/// <param name="RetryAfterMs">Its wait; null where waiting does not help.</param>
internal sealed record WhyLimit(
    string Limit, string Scope, int LevelBefore, int MaxTokens, int Cost, bool Allowed, long? RetryAfterMs);
