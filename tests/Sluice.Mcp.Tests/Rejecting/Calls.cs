using System.Text;

namespace Sluice.Mcp.Tests;

/// <summary>Policies, decisions and callers to refuse.</summary>
internal static class Calls
{
    internal static readonly RateLimitPolicy Policy = RateLimitPolicy.Build("s", limits => limits
        .Shared("100/1m")
        .Tool("search", tool => tool.PerUser("10/1m"))
        .Tool("wait", tool => tool.PerUser("10/1m").Rejection(RejectionForm.ToolResult))
        .Tool("status", tool => tool.PerUser("10/1m").Rejection(RejectionForm.Http429))
        .Tool("plain", tool => tool.PerUser("10/1m").Rejection(RejectionForm.JsonRpc))
        .Prompt("greet", prompt => prompt.PerTenant("5/1h").Rejection(RejectionForm.ToolResult))
        .Resource("file:///a", resource => resource.PerClient("5/1h"))
        .Method("tools/list", method => method.Shared("5/1h")));

    internal static RateLimit Limit(string name) => Policy.Limits.Single(limit => limit.Name == name);

    internal static RateLimitDecision Denied(string limit, TimeSpan retryAfter, int remaining = 0) => new()
    {
        Outcome = RateLimitOutcome.Denied,
        Limit = Limit(limit),
        RetryAfter = retryAfter,
        Remaining = remaining,
    };

    internal static RejectionContext Context(
        McpEra era, string id = "7", string? accept = null, string method = "tools/call", string? operation = "SEARCH") => new(
            new McpMessage
            {
                Kind = id.Length == 0 ? McpMessageKind.Notification : McpMessageKind.Request,
                Method = method,
                Operation = operation,
                Id = Encoding.UTF8.GetBytes(id),
            },
            era,
            accept);

    internal static Rejection Render(RateLimitDecision decision, RejectionContext context) =>
        McpRejections.Render(decision, Policy.Settings, cost: 1, context);

    internal static string Body(Rejection rejection) => Encoding.UTF8.GetString(rejection.Body.Span);
}
