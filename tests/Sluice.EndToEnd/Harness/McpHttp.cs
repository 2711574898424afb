using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text;

namespace Sluice.EndToEnd.Harness;

/// <summary>Messages to an MCP server written by hand, where a client would hide what the wire shows.</summary>
internal static class McpHttp
{
    public const string Initialize = """
        {"jsonrpc":"2.0","id":"start","method":"initialize","params":{"protocolVersion":"2025-11-25",
         "capabilities":{},"clientInfo":{"name":"sluice-tests","version":"1.0.0"}}}
        """;

    public const string Initialized = """{"jsonrpc":"2.0","method":"notifications/initialized"}""";

    private const string LegacyVersion = "2025-11-25";

    /// <summary>A request without parameters.</summary>
    public static string Request(string method) =>
        new JsonObject { ["jsonrpc"] = "2.0", ["id"] = method, ["method"] = method }.ToJsonString();

    /// <summary>A call of the tool <c>echo</c>.</summary>
    public static string Echo(JsonNode id) => new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["id"] = id,
        ["method"] = "tools/call",
        ["params"] = new JsonObject { ["name"] = "echo", ["arguments"] = new JsonObject { ["message"] = "hi" } },
    }.ToJsonString();

    /// <summary>A POST of the legacy era.</summary>
    public static HttpRequestMessage Post(Uri url, string body, string? apiKey = null, string? sessionId = null)
    {
        HttpRequestMessage request = Request(HttpMethod.Post, url, apiKey, sessionId);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(MediaTypeNames.Application.Json));
        request.Content = new StringContent(body, Encoding.UTF8, MediaTypeNames.Application.Json);
        return request;
    }

    /// <summary>A GET or DELETE of the legacy era.</summary>
    public static HttpRequestMessage Request(HttpMethod method, Uri url, string? apiKey, string? sessionId)
    {
        HttpRequestMessage request = new(method, url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(MediaTypeNames.Text.EventStream));
        request.Headers.Add("MCP-Protocol-Version", LegacyVersion);
        if (apiKey is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        }

        if (sessionId is not null)
        {
            request.Headers.Add("Mcp-Session-Id", sessionId);
        }

        return request;
    }

    /// <summary>The one JSON-RPC message of a response, whether it came as JSON or as a server-sent event.</summary>
    public static async Task<JsonObject> ReadMessageAsync(HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync();
        string message = response.Content.Headers.ContentType?.MediaType == MediaTypeNames.Text.EventStream
            ? body.Split('\n').Last(line => line.StartsWith("data: {", StringComparison.Ordinal))["data: ".Length..]
            : body;
        return JsonNode.Parse(message)!.AsObject();
    }
}
