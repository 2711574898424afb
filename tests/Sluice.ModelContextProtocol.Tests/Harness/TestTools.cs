using System.Globalization;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sluice.ModelContextProtocol.Tests;

[McpServerToolType]
internal sealed class TestTools
{
    [McpServerTool(Name = "echo")]
    public static string Echo(string value = "hi") => value;

    [McpServerTool(Name = "search")]
    public static string Search() => "found";

    [McpServerTool(Name = "structured", UseStructuredContent = true)]
    public static Weather Structured() => new(21);

    [McpServerTool(Name = "remaining")]
    public static async Task<string> Remaining(RequestContext<CallToolRequestParams> request) =>
        (await request.GetRateLimits().GetRemainingAsync()).ToString(CultureInfo.InvariantCulture);

    [McpServerTool(Name = "charge")]
    public static async Task<string> Charge(RequestContext<CallToolRequestParams> request, int value)
    {
        await request.GetRateLimits().ChargeAsync(value);
        return "charged";
    }

    [McpServerTool(Name = "refund")]
    public static async Task<string> Refund(RequestContext<CallToolRequestParams> request)
    {
        await request.GetRateLimits().RefundAsync(request.GetRateLimits().Cost);
        return "refunded";
    }

    [McpServerTool(Name = "ask")]
    public static string Ask(RequestContext<CallToolRequestParams> request) => request.Params.RequestState is null
        ? throw new InputRequiredException(inputRequests: null, requestState: "asked")
        : "answered";

    [McpServerTool(Name = "fail")]
    public static string Fail(string value) =>
        throw (value == "upstream" ? new IOException("The service is away.") : new ArgumentException("Bad input."));

    /// <summary>What a tool with an output schema answers.</summary>
    internal sealed record Weather(int Temperature);
}
