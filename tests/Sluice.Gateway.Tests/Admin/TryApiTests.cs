using System.Net;
using System.Text.Json;
using Sluice.Redis;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>What <c>/api/v1/try</c> says of limits that do not apply, and what it and <c>/api/v1/buckets</c> tell while Redis is away.</summary>
public sealed class TryApiTests : IAsyncLifetime
{
    private const string Call = """{ "server": "limited", "name": "x" }""";
    private FakeUpstream _upstream = null!;

    [Theory]
    [InlineData("shared: 500/1m, onStoreFailure: deny", "refused", "closed", false, "Redis does not answer, so its level is not known, and its onStoreFailure is deny.")]
    [InlineData("shared: 500/1m, onStoreFailure: allow", "allowed", "open", true, "Redis does not answer, so its level is not known.")]
    [InlineData("shared: 500/1m, onStoreFailure: deny, mode: permissive", "allowed", "open", true, "Redis does not answer, so its level is not known.")]
    [InlineData("concurrency: { shared: 20 }", "allowed", "open", true, "Redis does not answer, so its level is not known.")]
    public async Task Try_WhileRedisIsAway_LevelsThatAreNotKnownAreNull(string limits, string outcome, string source, bool isAllowed, string why)
    {
        await using RedisStore redis = Away();
        await using AdminFixture admin = await StartAsync(limits, redis);

        JsonElement answer = await TryAsync(admin, Call);

        answer.GetProperty("outcome").GetString().ShouldBe(outcome);
        answer.GetProperty("source").GetString().ShouldBe(source);
        JsonElement limit = answer.GetProperty("limits")[0];
        limit.GetProperty("level").ValueKind.ShouldBe(JsonValueKind.Null);
        limit.GetProperty("allowed").GetBoolean().ShouldBe(isAllowed);
        limit.GetProperty("why").GetString().ShouldBe(why);
    }

    [Fact]
    public async Task Try_WhileRedisIsAway_LevelsThatThisProcessCountsAreTold()
    {
        await using RedisStore redis = Away();
        await using AdminFixture admin = await StartAsync(
            "shared: 500/1m, onStoreFailure: local, tools: [ { name: x, shared: 30/1m, onStoreFailure: allow } ]", redis);

        JsonElement answer = await TryAsync(admin, Call);

        answer.GetProperty("source").GetString().ShouldBe("local");
        Limit(answer, "shared").GetProperty("level").GetInt32().ShouldBe(500);
        Limit(answer, "shared").GetProperty("why").ValueKind.ShouldBe(JsonValueKind.Null);
        Limit(answer, "x/shared").GetProperty("level").ValueKind.ShouldBe(JsonValueKind.Null);
        Limit(answer, "x/shared").GetProperty("allowed").GetBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{ "server": "toolkit", "name": "limited_x" }""", "backend:limited/shared", "backend:b/shared")]
    [InlineData("""{ "server": "toolkit", "name": "b_x" }""", "backend:b/shared", "backend:limited/shared")]
    [InlineData("""{ "server": "toolkit", "operation": "resources/read", "name": "file:///x", "backend": "b" }""", "backend:b/shared", "backend:limited/shared")]
    public async Task Try_ACallOfAVirtualServer_TellsTheLimitsOfItsBackend(string call, string applies, string other)
    {
        await using AdminFixture admin = await StartAsync(
            "shared: 500/1m",
            more: $$"""
                virtualServers:
                  - { name: toolkit, backends: [limited, b], rateLimiting: { perBackend: { shared: 5/1m } } }
                """,
            another: ", { name: b, upstream: \"http://127.0.0.1:1/mcp\" }");

        JsonElement answer = await TryAsync(admin, call);

        Limit(answer, applies).GetProperty("level").GetInt32().ShouldBe(5);
        Limit(answer, other).GetProperty("why").GetString().ShouldBe($"It is on the backend '{other.Split(':', '/')[1]}'.");
    }

    [Theory]
    [InlineData("none", "which is not a backend of 'toolkit'")]
    public async Task Try_WithABackendThatIsNotThere_IsAnError(string backend, string message)
    {
        await using AdminFixture admin = await StartAsync("shared: 500/1m", more: "virtualServers: [{ name: toolkit, backends: [limited] }]");

        foreach ((string server, string expected) in new[] { ("toolkit", message), ("limited", "'limited' is none") })
        {
            (HttpStatusCode status, JsonElement body) = await admin.SendAsync(
                "/api/v1/try", $$"""{ "server": "{{server}}", "name": "x", "backend": "{{backend}}" }""");
            status.ShouldBe(HttpStatusCode.BadRequest);
            body.GetRawText().Replace("\\u0027", "'", StringComparison.Ordinal).ShouldContain(expected);
        }
    }

    [Theory]
    [InlineData("tools/list", null, "perUser", "It does not count calls of 'tools/list': 'meter' says what it counts.")]
    [InlineData("tools/list", null, "echo/perUser", "It is on the tool 'echo'.")]
    [InlineData("tools/list", null, "searches", "Its 'when' names other operations.")]
    [InlineData("ping", "alice", "perUser", "Calls of 'ping' are never limited.")]
    [InlineData("tools/call", "alice", "echo/perUser", "It is on the tool 'echo'.")]
    [InlineData("tools/call", null, "perUser", "It counts by perUser, and the caller has no user.")]
    [InlineData("tools/call", "guest", "perUser", "An override says 'unlimited' for this caller.")]
    [InlineData("tools/call", "alice", "bosses", "Its 'when' names other callers.")]
    public async Task Try_LimitThatDoesNotApply_SaysTheTrueReason(string operation, string? user, string limit, string why)
    {
        await using AdminFixture admin = await StartAsync(
            """
            perUser: 5/1m, missingIdentity: skip, tools: [ { name: echo, perUser: 3/1m } ],
            limits: [ { name: searches, per: [user], rate: 9/1m, when: { tools: [search] } }, { name: bosses, per: [user], rate: 9/1m, when: { users: [boss] } } ],
            overrides: [ { when: { users: [guest] }, perUser: unlimited } ]
            """.ReplaceLineEndings(" "),
            more: "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User }, anonymous: true }");

        JsonElement answer = await TryAsync(
            admin, JsonSerializer.Serialize(new { server = "limited", operation, name = operation == "tools/call" ? "x" : null, user }));

        Limit(answer, limit).GetProperty("applies").GetBoolean().ShouldBeFalse();
        Limit(answer, limit).GetProperty("why").GetString().ShouldBe(why);
    }

    [Theory]
    [InlineData("bogus", "'operation' is 'bogus', which is no method of MCP, and no limit of 'limited' is on it.")]
    [InlineData("tools/cal", "Did you mean 'tools/call'?")]
    public async Task Try_MethodThatIsNotKnown_IsAnError(string operation, string detail)
    {
        await using AdminFixture admin = await StartAsync("shared: 5/1m, methods: [ { name: acme/run, shared: 2/1m } ]");

        (HttpStatusCode status, JsonElement problem) = await admin.SendAsync(
            "/api/v1/try", JsonSerializer.Serialize(new { server = "limited", operation }));

        status.ShouldBe(HttpStatusCode.BadRequest);
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
        (await TryAsync(admin, """{ "server": "limited", "operation": "acme/run" }""")).GetProperty("outcome").GetString().ShouldBe("allowed");
    }

    [Theory]
    [InlineData("deny", 0)]
    [InlineData("local", 1)]
    public async Task Buckets_WhileRedisIsAway_SaySo(string mode, int shown)
    {
        await using RedisStore redis = Away();
        await using AdminFixture admin = await StartAsync($"shared: 500/1h, onStoreFailure: {mode}", redis);
        await admin.CallAsync();

        JsonElement answer = await admin.JsonAsync("/api/v1/buckets");

        answer.GetProperty("buckets").GetArrayLength().ShouldBe(shown);
        answer.GetProperty("complete").GetBoolean().ShouldBeFalse();
        answer.GetProperty("reason").GetString()!.ShouldStartWith("Redis did not answer.");
    }

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));

    public Task DisposeAsync() => _upstream.DisposeAsync().AsTask();

    private static RedisStore Away() =>
        RedisStore.Connect(new RedisStoreOptions { Configuration = "127.0.0.1:1", Timeout = TimeSpan.FromMilliseconds(20) });

    private Task<AdminFixture> StartAsync(string limits, IRateLimitStore? store = null, string more = "", string another = "") => AdminFixture.StartAsync(
        $"[ {{ name: limited, upstream: \"{_upstream.Endpoint}\", rateLimiting: {{ {limits} }} }}{another} ]", store: store, more: more);

    private static async Task<JsonElement> TryAsync(AdminFixture admin, string request)
    {
        (HttpStatusCode status, JsonElement body) = await admin.SendAsync("/api/v1/try", request);
        status.ShouldBe(HttpStatusCode.OK, body.GetRawText());
        return body;
    }

    private static JsonElement Limit(JsonElement answer, string name) =>
        answer.GetProperty("limits").EnumerateArray().Single(limit => limit.GetProperty("limit").GetString() == name);
}
