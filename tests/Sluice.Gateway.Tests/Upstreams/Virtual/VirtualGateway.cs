using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>A gateway with a virtual server, and a client of it.</summary>
internal sealed class VirtualGateway : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly GatewayFixture _gateway;
    private int _lastId;

    private VirtualGateway(GatewayFixture gateway) => _gateway = gateway;

    internal GatewayFixture Gateway => _gateway;

    /// <summary>The client's session; null before <see cref="InitializeAsync"/>.</summary>
    internal string? Session { get; set; }

    /// <summary>A virtual server <c>toolkit</c> over servers.</summary>
    /// <param name="more">Further fields of the virtual server.</param>
    /// <param name="servers">The servers.</param>
    internal static Task<VirtualGateway> StartAsync(string more, params BackendServer[] servers) => StartAsync(more, TimeProvider.System, servers);

    internal static async Task<VirtualGateway> StartAsync(string more, TimeProvider time, params BackendServer[] servers) => new(await GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        servers:
        {{string.Join('\n', servers.Select(server => $$"""  - { name: {{server.Name}}, upstream: "{{server.Endpoint}}" }"""))}}
        virtualServers:
          - { name: toolkit, backends: [{{string.Join(", ", servers.Select(server => server.Name))}}]{{(more.Length > 0 ? ", " + more : "")}} }
        """,
        time));

    /// <summary>A gateway of a whole document.</summary>
    internal static async Task<VirtualGateway> OfAsync(string yaml, TimeProvider? time = null) =>
        new(await GatewayFixture.StartAsync(yaml, time ?? TimeProvider.System));

    /// <summary>Begins a session.</summary>
    /// <returns>The result.</returns>
    internal async Task<JsonObject> InitializeAsync(string capabilities = "{}")
    {
        using HttpResponseMessage response = await PostAsync(
            $$$$"""{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{{{{capabilities}}}},"clientInfo":{"name":"test","version":"1"}}}""");
        string body = await response.Content.ReadAsStringAsync();
        (response.StatusCode == HttpStatusCode.OK).ShouldBeTrue(body);
        Session = response.Headers.GetValues("Mcp-Session-Id").Single();
        using HttpResponseMessage initialized = await PostAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");
        initialized.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return JsonNode.Parse(body)!["result"]!.AsObject();
    }

    /// <summary>Posts a message, and gives the response once its head is there.</summary>
    internal Task<HttpResponseMessage> PostAsync(string body, string? session = null, string? bearer = null)
    {
        HttpRequestMessage request = GatewayFixture.Post(body, "/toolkit/mcp");
        if ((session ?? Session) is string id)
        {
            request.Headers.Add("Mcp-Session-Id", id);
        }

        if (bearer is not null)
        {
            request.Headers.Authorization = new("Bearer", bearer);
        }

        return _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>A request of the modern era, as a client of it sends it.</summary>
    /// <param name="method">The method.</param>
    /// <param name="parameters">The members of <c>params</c>, without <c>_meta</c>.</param>
    /// <param name="id">The id.</param>
    /// <param name="meta">Further members of <c>_meta</c>.</param>
    /// <param name="capabilities">What the client can do.</param>
    internal static HttpRequestMessage Modern(
        string method, string parameters = "", string id = "1", string meta = "", string capabilities = "{}")
    {
        string own = $$$""" "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{{{capabilities}}} """;
        string body = $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"{{{method}}}","params":{"_meta":{{{{own}}}{{{(meta.Length > 0 ? "," + meta : "")}}}}{{{(parameters.Length > 0 ? "," + parameters : "")}}}}}""";
        HttpRequestMessage request = GatewayFixture.Post(body, "/toolkit/mcp");
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("Mcp-Method", method);
        JsonNode sent = JsonNode.Parse(body)!["params"]!;
        if ((method == "resources/read" ? sent["uri"] : sent["name"]) is JsonNode name)
        {
            request.Headers.Add("Mcp-Name", $"=?base64?{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes((string)name!))}?=");
        }

        return request;
    }

    /// <summary>Sends a request of the modern era, and gives all messages that come back for it.</summary>
    internal async Task<JsonObject[]> SendAllModernAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using HttpResponseMessage response = await _gateway.Client.SendAsync(request);
            response.Headers.Contains("Mcp-Session-Id").ShouldBeFalse();
            string body = await response.Content.ReadAsStringAsync();
            return response.Content.Headers.ContentType?.MediaType == "text/event-stream"
                ? [.. body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line["data: ".Length..])!.AsObject())]
                : [JsonNode.Parse(body)!.AsObject()];
        }
    }

    /// <summary>Sends a request of the modern era, and gives its answer.</summary>
    internal async Task<JsonObject> ModernAsync(string method, string parameters = "", string meta = "", string capabilities = "{}") =>
        (await SendAllModernAsync(Modern(method, parameters, meta: meta, capabilities: capabilities)))[^1];

    /// <summary>JSON as it is usually written.</summary>
    internal static string TextOf(JsonNode json) => json.ToJsonString(Relaxed);

    /// <summary>Opens the stream of a request of the modern era.</summary>
    internal async Task<(HttpResponseMessage Response, StreamReader Stream)> OpenModernAsync(HttpRequestMessage request)
    {
        HttpResponseMessage response = await _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    /// <summary>Opens the stream of the session.</summary>
    internal async Task<StreamReader> OpenStreamAsync()
    {
        HttpRequestMessage request = new(HttpMethod.Get, "/toolkit/mcp");
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Add("Mcp-Session-Id", Session);
        HttpResponseMessage response = await _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next message of a stream of events; null at its end.</summary>
    internal static async Task<JsonObject?> NextAsync(StreamReader stream)
    {
        while (await stream.ReadLineAsync() is string line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return JsonNode.Parse(line["data: ".Length..])!.AsObject();
            }
        }

        return null;
    }

    /// <summary>Sends a request, and gives all messages that come back for it.</summary>
    internal async Task<JsonObject[]> SendAllAsync(string method, string? parameters)
    {
        string id = $"{Interlocked.Increment(ref _lastId)}";
        using HttpResponseMessage response = await PostAsync(
            $$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}"{{(parameters is null ? "" : ",\"params\":" + parameters)}}}""");
        string body = await response.Content.ReadAsStringAsync();
        JsonObject[] messages = response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? [.. body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line["data: ".Length..])!.AsObject())]
            : [JsonNode.Parse(body)!.AsObject()];
        (messages[^1]["id"]?.ToJsonString()).ShouldBe(id);
        return messages;
    }

    /// <summary>Sends a request, and gives its answer.</summary>
    internal async Task<JsonObject> SendAsync(string method, string? parameters = null) => (await SendAllAsync(method, parameters))[^1];

    /// <summary>Calls a tool, and gives the answer.</summary>
    internal Task<JsonObject> CallAsync(string tool, string arguments = "{}") =>
        SendAsync("tools/call", $$"""{"name":"{{tool}}","arguments":{{arguments}}}""");

    /// <summary>The names or URIs of a list.</summary>
    internal async Task<string[]> ListAsync(string field, string key = "name")
    {
        string method = field == "resourceTemplates" ? "resources/templates/list" : $"{field}/list";
        JsonObject answer = await SendAsync(method);
        return [.. answer["result"]![field]!.AsArray().Select(entry => (string)entry![key]!)];
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();
}
