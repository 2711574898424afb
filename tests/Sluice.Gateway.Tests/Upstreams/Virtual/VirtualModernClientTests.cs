using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Gateway.Tests;

/// <summary>Clients of revision 2026-07-28, in front of backends of either era.</summary>
public sealed class VirtualModernClientTests
{
    private const string ServerInfo = "io.modelcontextprotocol/serverInfo";
    private const string SubscriptionId = "io.modelcontextprotocol/subscriptionId";

    [Fact]
    public async Task Discover_BackendsOfBothEras_UnitesThem()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using BackendServer b = await BackendServer.StartAsync("b");
        (a.Instructions, b.Instructions, b.Eras) = ("Use a first.", "Then b.", ServerEras.Modern);
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        JsonObject result = (await gateway.ModernAsync("server/discover"))["result"]!.AsObject();
        result["supportedVersions"]!.ToJsonString().ShouldBe("""["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"]""");
        ((string?)result["resultType"]).ShouldBe("complete");
        ((string?)result["instructions"]).ShouldBe("## a\n\nUse a first.\n\n## b\n\nThen b.");
        ((string?)result["_meta"]![ServerInfo]!["name"]).ShouldBe("toolkit");
        result["capabilities"]!.ToJsonString().ShouldBe("""{"tools":{"listChanged":true},"prompts":{},"resources":{"subscribe":true},"logging":{},"completions":{}}""");
        ((int)result["ttlMs"]!).ShouldBeGreaterThan(0);
        ((string?)result["cacheScope"]).ShouldBe("private");
    }

    [Theory]
    [InlineData("Legacy")]
    [InlineData("Modern")]
    [InlineData("Both")]
    public async Task Requests_ReachABackendInItsEra_AndResultsAreOfTheClients(string eras)
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "caf\u00e9");
        await using BackendServer b = await BackendServer.StartAsync("b");
        a.Eras = Enum.Parse<ServerEras>(eras);
        a.Prompts = ["greet"];
        a.Resources = ["file:///1"];
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        JsonObject listed = (await gateway.ModernAsync("tools/list"))["result"]!.AsObject();
        listed["tools"]!.AsArray().Select(tool => (string?)tool!["name"]).ShouldBe(["a_caf\u00e9", "b_echo"]);
        ((string?)listed["resultType"], (string?)listed["cacheScope"], (string?)listed["_meta"]![ServerInfo]!["name"])
            .ShouldBe(("complete", "private", "toolkit"));

        JsonObject called = (await gateway.ModernAsync("tools/call", """ "name":"a_caf\u00e9","arguments":{"n":1.50} """, """ "mine":[1] """))["result"]!.AsObject();
        ((string?)called["of"], (string?)called["resultType"], (string?)called["_meta"]![ServerInfo]!["name"]).ShouldBe(("a", "complete", "toolkit"));
        called["got"]!["arguments"]!.ToJsonString().ShouldBe("""{"n":1.50}""");
        (called["got"]!["_meta"]!["mine"]!.ToJsonString()).ShouldBe("[1]");
        bool isModern = a.Eras != ServerEras.Legacy;
        called["_meta"]!["mine"]?.ToJsonString().ShouldBe(isModern ? "1.50" : null);
        (called["got"]!["_meta"]!["io.modelcontextprotocol/protocolVersion"] is not null).ShouldBe(isModern);

        ((string?)(await gateway.ModernAsync("prompts/get", """ "name":"a_greet" """))["result"]!["got"]!["name"]).ShouldBe("greet");
        JsonObject read = (await gateway.ModernAsync("resources/read", """ "uri":"file:///1" """))["result"]!.AsObject();
        ((string?)read["of"]).ShouldBe("a");
        ((int)read["ttlMs"]!).ShouldBe(isModern ? a.Life : 0);
        ((string?)(await gateway.ModernAsync("completion/complete", """ "ref":{"type":"ref/prompt","name":"a_greet"},"argument":{"name":"n","value":"v"} """))["result"]!["got"]!["ref"]!["name"]).ShouldBe("greet");
        a.Sessions.ShouldBe(isModern ? 0 : 1);
        a.Of("initialize").Length.ShouldBe(isModern ? 0 : 1);
    }

    [Theory]
    [InlineData("ping")]
    [InlineData("resources/subscribe")]
    [InlineData("logging/setLevel")]
    [InlineData("x/odd")]
    public async Task Method_ThatTheEraDoesNotHave_IsNotFound(string method)
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        (HttpStatusCode status, string body) = await gateway.Gateway.SendAsync(VirtualGateway.Modern(method, """ "uri":"file:///1","level":"info" """));
        status.ShouldBe(HttpStatusCode.NotFound);
        ((int?)JsonNode.Parse(body)!["error"]!["code"]).ShouldBe(-32601);
        a.Of(method).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Mcp-Method", "tools/list", -32020, "The header 'Mcp-Method' is not the body's method.")]
    [InlineData("Mcp-Name", "other", -32020, "The header 'Mcp-Name' is not what the body names.")]
    [InlineData("Mcp-Name", null, -32020, "The header 'Mcp-Name' is missing.")]
    [InlineData("MCP-Protocol-Version", "2025-11-25", -32020, "The header 'MCP-Protocol-Version' is not the version in the body.")]
    public async Task Headers_ThatDisagreeWithTheBody_AreRejected(string header, string? value, int code, string said)
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        HttpRequestMessage request = VirtualGateway.Modern("tools/call", """ "name":"a_echo" """);
        request.Headers.Remove(header);
        if (value is not null)
        {
            request.Headers.Add(header, value);
        }

        (HttpStatusCode status, string body) = await gateway.Gateway.SendAsync(request);
        status.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode error = JsonNode.Parse(body)!["error"]!;
        ((int?)error["code"], (string?)error["message"]).ShouldBe((code, said));
        a.Messages.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("2031-01-01")]
    [InlineData("1900-01-01")]
    public async Task Version_ThatIsUnknown_IsRejectedWithThoseThatAreSupported(string version)
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        HttpRequestMessage request = GatewayFixture.Post(
            $$$$"""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/protocolVersion":"{{{{version}}}}"}}}""",
            "/toolkit/mcp");
        request.Headers.Add("MCP-Protocol-Version", version);
        (HttpStatusCode status, string body) = await gateway.Gateway.SendAsync(request);
        status.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode error = JsonNode.Parse(body)!["error"]!;
        ((int?)error["code"], (string?)error["data"]!["requested"], (string?)error["data"]!["supported"]![0]).ShouldBe((-32022, version, "2026-07-28"));
    }

    [Fact]
    public async Task Request_WithoutCapabilities_IsRejected()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        HttpRequestMessage request = GatewayFixture.Post("""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}""", "/toolkit/mcp");
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        (HttpStatusCode status, string body) = await gateway.Gateway.SendAsync(request);
        (status, (int?)JsonNode.Parse(body)!["error"]!["code"]).ShouldBe((HttpStatusCode.BadRequest, -32602));
    }

    [Fact]
    public async Task Call_ThatNeedsInput_GoesRoundWithTheBackendsState_AndIsCountedOnce()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        a.Eras = ServerEras.Modern;
        a.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/call" || message["params"]!["requestState"] is not null)
            {
                return false;
            }

            await BackendServer.JsonAsync(context, BackendServer.Result(message["id"], """{"resultType":"input_required","inputRequests":{"who":{"method":"elicitation/create","params":{"n":1.0}}},"requestState":"s1"}"""));
            return true;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("rateLimiting: { shared: 1/1h }", a);
        const string Elicits = """{"elicitation":{}}""";
        JsonObject asked = (await gateway.ModernAsync("tools/call", """ "name":"a_echo" """, capabilities: Elicits))["result"]!.AsObject();
        ((string?)asked["resultType"], (string?)asked["requestState"]).ShouldBe(("input_required", "s1"));
        asked["inputRequests"]!.ToJsonString().ShouldBe("""{"who":{"method":"elicitation/create","params":{"n":1.0}}}""");
        JsonObject answered = (await gateway.ModernAsync(
            "tools/call", """ "name":"a_echo","inputResponses":{"who":{"action":"accept"}},"requestState":"s1" """, capabilities: Elicits))["result"]!.AsObject();
        answered["got"]!["inputResponses"]!.ToJsonString().ShouldBe("""{"who":{"action":"accept"}}""");
        BackendServer.MetaOf(a.Of("tools/call")[1])!["io.modelcontextprotocol/clientCapabilities"]!.ToJsonString().ShouldBe(Elicits);
        ((int?)(await gateway.ModernAsync("tools/call", """ "name":"a_echo" """))["error"]!["code"]).ShouldBe(429);
    }

    [Fact]
    public async Task PerBackendLimit_CountsCallsOfTheBackendThatHasTheTool()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using BackendServer b = await BackendServer.StartAsync("b");
        b.Eras = ServerEras.Modern;
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("rateLimiting: { perBackend: { shared: 1/1h } }", a, b);
        foreach (string tool in new[] { "a_echo", "b_echo" })
        {
            (await gateway.ModernAsync("tools/call", $""" "name":"{tool}" """))["result"].ShouldNotBeNull();
            ((int?)(await gateway.ModernAsync("tools/call", $""" "name":"{tool}" """))["error"]!["code"]).ShouldBe(429);
        }
    }

    [Fact]
    public async Task Notifications_OfACall_AreItsOwn_AndLogMessagesThoseThatItAsksFor()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        a.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/call")
            {
                return false;
            }

            string token = message["params"]!["_meta"]!["progressToken"]!.ToJsonString();
            await BackendServer.EventsAsync(
                context,
                """{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"i"}}""",
                """{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"e"}}""",
                """{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}""",
                $$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{token}}},"progress":1}}""",
                """{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":987,"progress":2}}""",
                BackendServer.Result(message["id"], "{}"));
            return true;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        (await SeenAsync("""  "progressToken":"p" """)).ShouldBe(["notifications/progress p", "result"]);
        (await SeenAsync("""  "progressToken":"p","io.modelcontextprotocol/logLevel":"warning" """)).ShouldBe(["notifications/message e", "notifications/progress p", "result"]);

        async Task<string[]> SeenAsync(string meta) =>
        [
            .. (await gateway.SendAllModernAsync(VirtualGateway.Modern("tools/call", """ "name":"a_echo" """, meta: meta)))
                .Select(message => message["method"] is null ? "result" : $"{message["method"]} {message["params"]!["data"] ?? message["params"]!["progressToken"]}"),
        ];
    }

    [Fact]
    public async Task Client_ThatLeaves_CancelsTheCallAtABackendOfEitherEra()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using BackendServer b = await BackendServer.StartAsync("b");
        b.Eras = ServerEras.Modern;
        TaskCompletionSource<string> cancelled = new();
        TaskCompletionSource aborted = new();
        a.Override = async (context, message) =>
        {
            if ((string?)message["method"] == "notifications/cancelled")
            {
                cancelled.SetResult(message["params"]!["requestId"]!.ToJsonString());
            }

            if ((string?)message["method"] != "tools/call")
            {
                return false;
            }

            await BackendServer.EventsAsync(context, Progress(message));
            await Task.WhenAny(Task.Delay(Timeout.Infinite, context.RequestAborted));
            return true;
        };
        b.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/call")
            {
                return false;
            }

            await BackendServer.EventsAsync(context, Progress(message));
            await Task.WhenAny(Task.Delay(Timeout.Infinite, context.RequestAborted));
            aborted.SetResult();
            return true;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        foreach (string tool in new[] { "a_echo", "b_echo" })
        {
            (HttpResponseMessage response, StreamReader stream) = await gateway.OpenModernAsync(
                VirtualGateway.Modern("tools/call", $""" "name":"{tool}" """, meta: """ "progressToken":1 """));
            ((string?)(await VirtualGateway.NextAsync(stream))!["method"]).ShouldBe("notifications/progress");
            stream.Dispose();
            response.Dispose();
        }

        (await cancelled.Task).ShouldBe(a.Of("tools/call").Single()["id"]!.ToJsonString());
        await aborted.Task;
        b.Of("notifications/cancelled").ShouldBeEmpty();

        static string Progress(JsonObject message) =>
            $$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{message["params"]!["_meta"]!["progressToken"]!.ToJsonString()}}},"progress":1}}""";
    }

    [Fact]
    public async Task Resource_ThatALegacyBackendDoesNotFind_HasTheErrorOfTheEra()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        a.Override = async (context, message) =>
        {
            bool isRead = (string?)message["method"] == "resources/read";
            await (isRead ? BackendServer.JsonAsync(context, BackendServer.Error(message["id"], -32002, "Not here")) : Task.CompletedTask);
            return isRead;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        JsonNode error = (await gateway.ModernAsync("resources/read", """ "uri":"file:///9" """))["error"]!;
        ((int?)error["code"], (string?)error["message"]).ShouldBe((-32602, "Not here"));
    }

    [Fact]
    public async Task Listener_HearsOfChangesAtBackendsOfBothEras_Once()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using BackendServer b = await BackendServer.StartAsync("b");
        b.Eras = ServerEras.Modern;
        a.Resources = ["file:///both"];
        b.Resources = ["file:///both"];
        TaskCompletionSource goes = new();
        a.Stream = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await goes.Task;
            await BackendServer.EventsAsync(
                context,
                """{"jsonrpc":"2.0","method":"notifications/prompts/list_changed"}""",
                """{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}""");
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        b.Listen = async (context, message) =>
        {
            await BackendServer.EventsAsync(context, $$$$"""{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///both","x":1.0,"_meta":{"{{{{SubscriptionId}}}}":{{{{message["id"]!.ToJsonString()}}}}}}}""");
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        (HttpResponseMessage response, StreamReader stream) = await gateway.OpenModernAsync(VirtualGateway.Modern(
            "subscriptions/listen",
            """ "notifications":{"toolsListChanged":true,"resourceSubscriptions":["sluice+b:file:///both","file:///none"]} """,
            id: "\"l-1\""));
        using (response)
        {
            JsonObject first = (await VirtualGateway.NextAsync(stream))!;
            VirtualGateway.TextOf(first).ShouldBe($$$$"""{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"{{{{SubscriptionId}}}}":"l-1"},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["sluice+b:file:///both"]}}}""");
            JsonObject updated = (await VirtualGateway.NextAsync(stream))!;
            VirtualGateway.TextOf(updated["params"]!).ShouldBe($$$"""{"uri":"sluice+b:file:///both","x":1.0,"_meta":{"{{{SubscriptionId}}}":"l-1"}}""");
            b.Of("subscriptions/listen").Single()["params"]!["notifications"]!.ToJsonString().ShouldBe("""{"toolsListChanged":true,"resourceSubscriptions":["file:///both"]}""");
            goes.SetResult();
            JsonObject changed = (await VirtualGateway.NextAsync(stream))!;
            VirtualGateway.TextOf(changed).ShouldBe($$$$"""{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"{{{{SubscriptionId}}}}":"l-1"}}}""");
        }
    }

    [Fact]
    public async Task Listener_OfAResourceOfALegacyBackend_SubscribesThere_UntilItLeaves()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        a.Resources = ["file:///1"];
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        (HttpResponseMessage response, StreamReader stream) = await gateway.OpenModernAsync(VirtualGateway.Modern(
            "subscriptions/listen", """ "notifications":{"resourceSubscriptions":["file:///1"]} """));
        using (stream)
        {
            await VirtualGateway.NextAsync(stream);
            await Eventually.HoldsAsync(() => a.Of("resources/subscribe").Length == 1);
            ((string?)a.Of("resources/subscribe").Single()["params"]!["uri"]).ShouldBe("file:///1");
            response.Dispose();
        }

        await Eventually.HoldsAsync(() => a.Of("resources/unsubscribe").Length == 1);
    }

    [Fact]
    public async Task Lists_AreReadAgain_WhenTheBackendsAnswerIsOver()
    {
        FakeTimeProvider clock = new();
        await using BackendServer a = await BackendServer.StartAsync("a");
        (a.Eras, a.Life) = (ServerEras.Modern, 10_000);
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", clock, a);
        ((int)(await gateway.ModernAsync("tools/list"))["result"]!["ttlMs"]!).ShouldBe(10_000);
        clock.Advance(TimeSpan.FromMilliseconds(9_999));
        ((int)(await gateway.ModernAsync("tools/list"))["result"]!["ttlMs"]!).ShouldBe(1);
        a.Of("tools/list").ShouldHaveSingleItem();
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await gateway.ModernAsync("tools/list");
        a.Of("tools/list").Length.ShouldBe(2);

        a.Life = 0;
        clock.Advance(TimeSpan.FromSeconds(10));
        for (int i = 0; i < 5; i++)
        {
            await gateway.ModernAsync("tools/list");
        }

        a.Of("tools/list").Length.ShouldBe(3); // A caller that lists in a loop makes no work in the backend.
    }

    [Fact]
    public async Task Lists_OfCallersWithOtherCredentials_AreTheirOwn()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        a.Eras = ServerEras.Modern;
        a.Override = async (context, message) =>
        {
            bool isList = (string?)message["method"] == "tools/list";
            await (isList
                ? BackendServer.JsonAsync(context, BackendServer.Complete(message["id"], $$"""{"tools":[{"name":"of-{{context.Request.Headers.Authorization.ToString()[^1]}}"}],"ttlMs":60000}"""[1..^1]))
                : Task.CompletedTask);
            return isList;
        };
        await using VirtualGateway gateway = await VirtualGateway.OfAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers: [{ name: a, upstream: "{{a.Endpoint}}", forwardAuthorization: true }]
            virtualServers: [{ name: toolkit, backends: [a] }]
            """);
        foreach (string key in new[] { "1", "2", "1" })
        {
            HttpRequestMessage request = VirtualGateway.Modern("tools/list");
            request.Headers.Authorization = new("Bearer", key);
            JsonObject answer = (await gateway.SendAllModernAsync(request))[^1];
            ((string?)answer["result"]!["tools"]![0]!["name"]).ShouldBe($"a_of-{key}");
        }

        a.Of("tools/list").Length.ShouldBe(2);
    }
}
