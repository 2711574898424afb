using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>A server that answers as a test says, for a virtual server to have behind it.</summary>
internal sealed partial class BackendServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, bool> _sessions = new(StringComparer.Ordinal);
    private FakeUpstream? _upstream;

    /// <summary>Its name, which its answers hold.</summary>
    internal required string Name { get; init; }

    /// <summary>The eras of the protocol that it speaks.</summary>
    internal ServerEras Eras { get; set; } = ServerEras.Legacy;

    /// <summary>Its tools.</summary>
    internal string[] Tools { get; set; } = ["echo"];

    internal string[] Prompts { get; set; } = [];

    internal string[] Resources { get; set; } = [];

    internal string[] Templates { get; set; } = [];

    internal string? Instructions { get; set; }

    /// <summary>What it says that it can do, in the legacy era.</summary>
    internal string Capabilities { get; set; } =
        """{"tools":{"listChanged":true},"prompts":{},"resources":{"subscribe":true},"logging":{},"completions":{}}""";

    /// <summary>The schema of its tools.</summary>
    internal string Schema { get; set; } = """{"type":"object"}""";

    /// <summary>Answers in place of it; false where it is to answer itself.</summary>
    internal Func<HttpContext, JsonObject, Task<bool>>? Override { get; set; }

    /// <summary>Answers a GET; by default there is no such stream.</summary>
    internal Func<HttpContext, Task>? Stream { get; set; }

    internal Uri Endpoint => _upstream!.Endpoint;

    /// <summary>What was posted to it.</summary>
    internal ConcurrentQueue<JsonObject> Messages { get; } = [];

    /// <summary>The headers of what was posted to it.</summary>
    internal ConcurrentQueue<IHeaderDictionary> Headers { get; } = [];

    internal int Sessions => _sessions.Count;

    internal static async Task<BackendServer> StartAsync(string name, params string[] tools)
    {
        BackendServer server = new() { Name = name };
        server.Tools = tools.Length > 0 ? tools : server.Tools;
        server._upstream = await FakeUpstream.StartAsync(server.AnswerAsync);
        return server;
    }

    /// <summary>The calls of a method that reached it.</summary>
    internal JsonObject[] Of(string method) => [.. Messages.Where(message => (string?)message["method"] == method)];

    /// <summary>Forgets all sessions.</summary>
    internal void Forget() => _sessions.Clear();

    /// <summary>Writes an answer as JSON.</summary>
    internal static Task JsonAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    }

    /// <summary>Writes messages as events.</summary>
    internal static async Task EventsAsync(HttpContext context, params string[] messages)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "text/event-stream";
        }

        foreach (string message in messages)
        {
            await context.Response.WriteAsync($"event: message\ndata: {message}\n\n");
            await context.Response.Body.FlushAsync();
        }
    }

    /// <summary>An answer that is a result.</summary>
    internal static string Result(JsonNode? id, string result) => $$"""{"jsonrpc":"2.0","id":{{id!.ToJsonString()}},"result":{{result}}}""";

    public async ValueTask DisposeAsync()
    {
        if (_upstream is not null)
        {
            await _upstream.DisposeAsync();
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Method == "GET")
        {
            context.Response.StatusCode = Stream is null ? 405 : 200;
            await (Stream?.Invoke(context) ?? Task.CompletedTask);
            return;
        }

        if (context.Request.Method == "DELETE")
        {
            _sessions.TryRemove(context.Request.Headers["Mcp-Session-Id"].ToString(), out _);
            return;
        }

        JsonObject message = JsonNode.Parse((byte[])context.Items["body"]!)!.AsObject();
        Messages.Enqueue(message);
        Headers.Enqueue(new HeaderDictionary(context.Request.Headers.ToDictionary()));
        if (Override is not null && await Override(context, message))
        {
            return;
        }

        if (IsModern(context, message) && Eras != ServerEras.Legacy)
        {
            await AnswerModernAsync(context, message);
        }
        else if (Eras == ServerEras.Modern)
        {
            context.Response.StatusCode = 400;
            await JsonAsync(context, Error(message["id"], -32022, "Unsupported protocol version"));
        }
        else
        {
            await AnswerAsync(context, message);
        }
    }

    /// <summary>Answers as a server of its kind does.</summary>
    internal async Task AnswerAsync(HttpContext context, JsonObject message)
    {
        string method = (string?)message["method"] ?? "";
        string session = context.Request.Headers["Mcp-Session-Id"].ToString();
        if (method == "initialize")
        {
            session = Guid.NewGuid().ToString("N");
            _sessions[session] = true;
            context.Response.Headers["Mcp-Session-Id"] = session;
        }
        else if (!_sessions.ContainsKey(session))
        {
            context.Response.StatusCode = 404;
            await JsonAsync(context, """{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}""");
            return;
        }

        if (message["id"] is null || method.Length == 0)
        {
            context.Response.StatusCode = 202;
            return;
        }

        await JsonAsync(context, Result(message["id"], ResultOf(method, message["params"])));
    }

    private string ResultOf(string method, JsonNode? parameters) => method switch
    {
        "initialize" => $$$"""
            {"protocolVersion":"2025-11-25","capabilities":{{{Capabilities}}},
            "serverInfo":{"name":"{{{Name}}}","version":"1"}{{{(Instructions is null ? "" : $",\"instructions\":\"{Instructions}\"")}}}}
            """,
        "tools/list" => List("tools", Tools, tool => $$$"""{"name":"{{{tool}}}","x-of":"{{{Name}}}","inputSchema":{{{Schema}}}}"""),
        "prompts/list" => List("prompts", Prompts, prompt => $$"""{"name":"{{prompt}}"}"""),
        "resources/list" => List("resources", Resources, uri => $$"""{"uri":"{{uri}}","name":"{{Name}}"}"""),
        "resources/templates/list" => List("resourceTemplates", Templates, uri => $$"""{"uriTemplate":"{{uri}}","name":"{{Name}}"}"""),
        _ => $$"""{"of":"{{Name}}","method":"{{method}}","got":{{parameters?.ToJsonString() ?? "null"}}}""",
    };

    private static string List(string field, string[] entries, Func<string, string> entry) =>
        $$"""{"{{field}}":[{{string.Join(',', entries.Select(entry))}}]}""";
}
