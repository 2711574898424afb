using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>The document says what the API answers. JsonSchema.Net, which knows nothing of Sluice, compares the two.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    private FakeUpstream _upstream = null!;

    [Fact]
    public async Task Document_HasEveryPathOfTheApiAndNoOther()
    {
        await using AdminFixture admin = await StartAsync();
        JsonNode document = await DocumentAsync(admin);

        IEnumerable<string> mapped = admin.Routes
            .Where(route => route.Pattern.StartsWith("/api/", StringComparison.Ordinal) && route.Method != "HEAD") // Served wherever GET is.
            .Select(route => $"{route.Method} {route.Pattern}");

        document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"))
            .ShouldBe(mapped, ignoreOrder: true);
    }

    [Fact]
    public async Task Answers_OfEveryPath_HaveTheFormOfTheDocument()
    {
        await using AdminFixture admin = await StartAsync();
        string rejection = "";
        for (int call = 0; call < 5; call++)
        {
            string answer = await admin.CallAsync("/limited/mcp", "search", user: "alice");
            rejection = answer.Contains("\"error\"", StringComparison.Ordinal) ? answer : rejection;
            await admin.CallAsync("/free/mcp", user: "bob");
        }

        string id = JsonDocument.Parse(rejection).RootElement.GetProperty("error").GetProperty("data").GetProperty("decisionId").GetString()!;
        JsonNode document = await DocumentAsync(admin);
        HashSet<string> tested = [];
        foreach ((string path, string asked) in new[]
        {
            ("/api/v1/status", ""),
            ("/api/v1/servers", ""),
            ("/api/v1/servers/{name}/history", "?span=1h"),
            ("/api/v1/history", "?span=5m"),
            ("/api/v1/limits", "?server=limited"),
            ("/api/v1/buckets", "?top=5"),
            ("/api/v1/refused", "?top=5&span=1h"),
            ("/api/v1/held", ""),
            ("/api/v1/config", ""),
            ("/api/v1/why/{id}", ""),
            ("/api/v1/openapi.json", ""),
        })
        {
            (HttpStatusCode status, string body) = await admin.GetAsync(
                path.Replace("{name}", "limited", StringComparison.Ordinal).Replace("{id}", id, StringComparison.Ordinal) + asked);
            status.ShouldBe(HttpStatusCode.OK, body);
            Validate(document, path, "get", "200", "application/json", body);
            tested.Add(path);
        }

        foreach ((string path, string request) in new[]
        {
            ("/api/v1/try", """{ "server": "limited", "operation": "tools/call", "name": "search", "user": "alice", "cost": 2, "claims": { "team": ["a"] } }"""),
            ("/api/v1/reset", """{ "server": "limited", "user": "alice", "limit": "search/perUser" }"""),
        })
        {
            Schema(document["paths"]![path]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!, document)
                .Evaluate(JsonDocument.Parse(request).RootElement).IsValid.ShouldBeTrue(path);
            (HttpStatusCode status, JsonElement body) = await admin.SendAsync(path, request);
            status.ShouldBe(HttpStatusCode.OK, body.GetRawText());
            Validate(document, path, "post", "200", "application/json", body.GetRawText());
            tested.Add(path);
        }

        Validate(document, "/api/v1/events", "get", "200", "text/event-stream", await FirstEventAsync(admin));
        tested.Add("/api/v1/events");
        Validate(document, "/api/v1/status", "get", "default", "application/problem+json", (await admin.GetAsync("/api/v1/status?x=1")).Body);
        tested.ShouldBe(document["paths"]!.AsObject().Select(path => path.Key), ignoreOrder: true);
    }

    [Theory]
    [InlineData("/api/v1/status", "uptimeMs", "\"soon\"")]
    [InlineData("/api/v1/status", "startedAt", "5")]
    [InlineData("/api/v1/servers", "servers", "null")]
    [InlineData("/api/v1/servers", "extra", "1")]
    public async Task Answers_OfAnotherForm_AreFound(string path, string field, string value)
    {
        await using AdminFixture admin = await StartAsync();
        JsonNode document = await DocumentAsync(admin);
        JsonObject answer = JsonNode.Parse((await admin.GetAsync(path)).Body)!.AsObject();
        answer[field] = JsonNode.Parse(value);

        Schema(document["paths"]![path]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!, document)
            .Evaluate(JsonDocument.Parse(answer.ToJsonString()).RootElement)
            .IsValid.ShouldBeFalse();
    }

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));

    public Task DisposeAsync() => _upstream.DisposeAsync().AsTask();

    private Task<AdminFixture> StartAsync() => AdminFixture.StartAsync(
        $"[ {{ name: limited, upstream: \"{_upstream.Endpoint}\", rateLimiting: {{ perUser: 100/1h, shared: 1000/1m, tools: [ {{ name: search, perUser: 2/1h }} ], "
            + "concurrency: { perUser: 9 } } }, "
            + $"{{ name: free, upstream: \"{_upstream.Endpoint}\" }} ]",
        more: "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User, claimHeaders: { team: X-Team } }, anonymous: true }\ndecisionIds: true");

    private static async Task<JsonNode> DocumentAsync(AdminFixture admin) => JsonNode.Parse((await admin.GetAsync("/api/v1/openapi.json")).Body)!;

    private static async Task<string> FirstEventAsync(AdminFixture admin)
    {
        using HttpResponseMessage response = await admin.Client.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        await reader.ReadLineAsync();
        return (await reader.ReadLineAsync())!["data: ".Length..];
    }

    private static void Validate(JsonNode document, string path, string method, string status, string type, string answer)
    {
        JsonNode schema = document["paths"]![path]![method]!["responses"]![status]!["content"]![type]!["schema"]!;
        EvaluationResults result = Schema(schema, document).Evaluate(
            JsonDocument.Parse(answer).RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
        result.IsValid.ShouldBeTrue($"{path}: {JsonSerializer.Serialize(result)}\n{answer}");
    }

    // A schema may be a pointer into the document.
    private static JsonSchema Schema(JsonNode schema, JsonNode document)
    {
        JsonNode? found = schema;
        if (schema["$ref"]?.GetValue<string>() is string pointer)
        {
            found = pointer.Split('/').Skip(1).Aggregate((JsonNode?)document, (node, step) => node![step]);
        }

        return JsonSchema.FromText(found!.ToJsonString());
    }
}
