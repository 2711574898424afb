using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>The eras of the protocol that a server speaks.</summary>
internal enum ServerEras
{
    Legacy,
    Modern,
    Both,
}

/// <content>What it does in the era without sessions. It is strict: a request that is not as the revision asks is rejected.</content>
internal sealed partial class BackendServer
{
    private const string Version = "2026-07-28";
    private const string MetaPrefix = "io.modelcontextprotocol/";

    /// <summary>For how long its lists may be used, in milliseconds.</summary>
    internal int Life { get; set; } = 60_000;

    /// <summary>Answers a <c>subscriptions/listen</c>, after its acknowledgement.</summary>
    internal Func<HttpContext, JsonObject, Task>? Listen { get; set; }

    /// <summary>Whether a request is of the modern era.</summary>
    internal static bool IsModern(HttpContext context, JsonObject message) =>
        context.Request.Headers["MCP-Protocol-Version"] == Version || MetaOf(message)?[MetaPrefix + "protocolVersion"] is not null;

    /// <summary>The protocol's members of <c>_meta</c>, and others.</summary>
    internal static JsonObject? MetaOf(JsonObject message) => message["params"]?["_meta"] as JsonObject;

    /// <summary>A complete result.</summary>
    internal static string Complete(JsonNode? id, string members) =>
        Result(id, $$$"""{"resultType":"complete","_meta":{"{{{MetaPrefix}}}serverInfo":{"name":"backend","version":"1"},"mine":1.50},{{{members}}}}""");

    internal static string Error(JsonNode? id, int code, string message) =>
        $$$"""{"jsonrpc":"2.0","id":{{{id?.ToJsonString() ?? "null"}}},"error":{"code":{{{code}}},"message":"{{{message}}}"}}""";

    private async Task AnswerModernAsync(HttpContext context, JsonObject message)
    {
        string method = (string)message["method"]!;
        string? fault = FaultOf(context.Request.Headers, message, method);
        if (fault is not null)
        {
            context.Response.StatusCode = 400;
            await JsonAsync(context, Error(message["id"], -32020, fault));
            return;
        }

        if (method == "subscriptions/listen")
        {
            await EventsAsync(context, $$$"""{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"{{{MetaPrefix}}}subscriptionId":{{{message["id"]!.ToJsonString()}}}},"notifications":{{{message["params"]!["notifications"]!.ToJsonString()}}}}}""");
            await (Listen?.Invoke(context, message) ?? Task.Delay(Timeout.Infinite, context.RequestAborted));
            return;
        }

        string result = method == "server/discover"
            ? $$$"""{"supportedVersions":["{{{Version}}}"],"capabilities":{"tools":{"listChanged":true},"prompts":{},"resources":{"subscribe":true},"logging":{},"completions":{}}{{{(Instructions is null ? "" : $",\"instructions\":\"{Instructions}\"")}}}}"""
            : ResultOf(method, message["params"]);
        await JsonAsync(context, Complete(message["id"], $"\"ttlMs\":{Life.ToString(CultureInfo.InvariantCulture)},\"cacheScope\":\"public\",{result.Trim()[1..^1]}"));
    }

    private static string? FaultOf(IHeaderDictionary headers, JsonObject message, string method)
    {
        JsonObject? meta = MetaOf(message);
        JsonNode? named = method == "resources/read" ? message["params"]?["uri"] : message["params"]?["name"];
        return (string?)meta?[MetaPrefix + "protocolVersion"] != Version ? "no protocolVersion"
            : meta?[MetaPrefix + "clientCapabilities"] is not JsonObject ? "no clientCapabilities"
            : headers["MCP-Protocol-Version"] != Version ? "MCP-Protocol-Version"
            : headers["Mcp-Method"] != method ? "Mcp-Method"
            : named is not null && Decode(headers["Mcp-Name"].ToString()) != (string?)named ? "Mcp-Name"
            : headers.ContainsKey("Mcp-Session-Id") ? "Mcp-Session-Id"
            : null;
    }

    private static string Decode(string header) => header.StartsWith("=?base64?", StringComparison.Ordinal)
        ? Encoding.UTF8.GetString(Convert.FromBase64String(header["=?base64?".Length..^"?=".Length]))
        : header;
}
