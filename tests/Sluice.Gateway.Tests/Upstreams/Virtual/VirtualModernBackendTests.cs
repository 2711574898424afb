using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>Backends that speak revision 2026-07-28 only, behind a virtual server, and clients of the eras before.</summary>
public sealed class VirtualModernBackendTests : IAsyncLifetime
{
    private BackendServer _old = null!;
    private BackendServer _new = null!;

    public async Task InitializeAsync()
    {
        _old = await BackendServer.StartAsync("old");
        _new = await BackendServer.StartAsync("new");
        _new.Eras = ServerEras.Modern;
    }

    public async Task DisposeAsync()
    {
        await _old.DisposeAsync();
        await _new.DisposeAsync();
    }

    [Fact]
    public async Task Requests_OfALegacyClient_ReachItAsItsEraAsks_AndResultsAreOfTheClients()
    {
        _new.Instructions = "New.";
        _new.Resources = ["file:///n"];
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        JsonObject begun = await gateway.InitializeAsync("""{"sampling":{},"x":1.0}""");
        ((string?)begun["instructions"]).ShouldBe("## new\n\nNew.");
        (await gateway.ListAsync("tools")).ShouldBe(["old_echo", "new_echo"]);
        JsonObject called = (await gateway.SendAsync("tools/call", """{"name":"new_echo","arguments":{"n":1.50},"_meta":{"mine":[1]}}"""))["result"]!.AsObject();
        ((string?)called["of"]).ShouldBe("new");
        called["resultType"].ShouldBeNull();
        called["_meta"]!.ToJsonString().ShouldBe("""{"mine":1.50}""");
        JsonObject meta = called["got"]!["_meta"]!.AsObject();
        meta["mine"]!.ToJsonString().ShouldBe("[1]");
        meta["io.modelcontextprotocol/clientCapabilities"]!.ToJsonString().ShouldBe("""{"sampling":{},"x":1.0}""");
        ((string?)meta["io.modelcontextprotocol/clientInfo"]!["name"]).ShouldBe("test");
        JsonObject read = (await gateway.SendAsync("resources/read", """{"uri":"file:///n"}"""))["result"]!.AsObject();
        (((string?)read["of"]), read["ttlMs"], read["cacheScope"]).ShouldBe(("new", null, null));
        ((string?)(await gateway.CallAsync("old_echo"))["result"]!["of"]).ShouldBe("old");
        _new.Of("initialize").ShouldHaveSingleItem(); // It was asked in the client's era first.
    }

    [Fact]
    public async Task Call_WithoutParams_GetsWhatTheEraNeeds()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        await gateway.InitializeAsync();
        ((string?)(await gateway.SendAsync("tools/call", """{ "name":"new_echo" }"""))["result"]!["of"]).ShouldBe("new");
    }

    [Fact]
    public async Task Era_OfABackend_IsRememberedForOtherSessions()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        await gateway.InitializeAsync();
        gateway.Session = null;
        await gateway.InitializeAsync();
        _new.Of("initialize").ShouldHaveSingleItem();
        await gateway.ModernAsync("tools/list");
        _old.Of("server/discover").ShouldHaveSingleItem();
        await gateway.ModernAsync("tools/list", capabilities: """{"sampling":{}}""");
        _old.Of("server/discover").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Backend_ThatSpeaksNeitherEra_IsHiddenWithBothReasons()
    {
        _new.Override = async (context, message) =>
        {
            context.Response.StatusCode = 400;
            await BackendServer.JsonAsync(context, BackendServer.Error(message["id"], -32000, "Not " + message["method"]));
            return true;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        CapturedLog log = gateway.Gateway.Capture();
        await gateway.InitializeAsync();
        (await gateway.ListAsync("tools")).ShouldBe(["old_echo"]);
        log.Lines.ShouldContain(line => line.EndsWith(
            "it answered 'initialize' with the error 'Not initialize', and it answered 'server/discover' with the error 'Not server/discover'.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Call_ThatNeedsInput_AsksALegacyClient_AndGoesOnWithItsAnswers()
    {
        int rounds = 0;
        _new.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/call" || ++rounds > 2)
            {
                return false;
            }

            await BackendServer.JsonAsync(context, BackendServer.Result(message["id"], rounds == 1
                ? """{"resultType":"input_required","inputRequests":{"who":{"method":"elicitation/create","params":{"n":1.0}},"say":{"method":"sampling/createMessage","params":{}}},"requestState":"s\u00e9"}"""
                : """{"resultType":"input_required","requestState":"s2"}"""));
            return true;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("rateLimiting: { shared: 1/1h }", _old, _new);
        await gateway.InitializeAsync("""{"sampling":{},"elicitation":{}}""");
        using HttpResponseMessage response = await gateway.PostAsync("""{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"new_echo"}}""");
        using StreamReader stream = new(await response.Content.ReadAsStreamAsync());
        foreach ((string method, string parameters, string answer) in new[]
        {
            ("elicitation/create", """{"n":1.0}""", """{"action":"accept"}"""), ("sampling/createMessage", "{}", """{"role":"assistant","x":2.50}"""),
        })
        {
            JsonObject question = (await VirtualGateway.NextAsync(stream))!;
            ((string?)question["method"], question["params"]!.ToJsonString()).ShouldBe((method, parameters));
            using HttpResponseMessage taken = await gateway.PostAsync($$$"""{"jsonrpc":"2.0","id":{{{question["id"]!.ToJsonString()}}},"result":{{{answer}}}}""");
            taken.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        JsonObject result = (await VirtualGateway.NextAsync(stream))!;
        ((int?)result["id"], (string?)result["result"]!["of"]).ShouldBe((3, "new"));
        JsonObject[] calls = _new.Of("tools/call");
        calls[1]["params"]!["inputResponses"]!.ToJsonString().ShouldBe("""{"who":{"action":"accept"},"say":{"role":"assistant","x":2.50}}""");
        ((string?)calls[1]["params"]!["requestState"]).ShouldBe("s\u00e9");
        ((string?)calls[2]["params"]!["requestState"], calls[2]["params"]!["inputResponses"]).ShouldBe(("s2", null));
        calls.Select(call => call["params"]!["name"]!.ToString()).ShouldBe(["echo", "echo", "echo"]);
        ((int?)(await gateway.CallAsync("old_echo"))["error"]!["code"]).ShouldBe(429);
    }

    [Fact]
    public async Task Call_WhoseClientRefusesToAnswer_Fails_AndOneThatAlwaysAsksIsEnded()
    {
        _new.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/call")
            {
                return false;
            }

            string asks = (string?)message["params"]!["name"] == "echo" ? """ "inputRequests":{"who":{"method":"elicitation/create","params":{}}} """ : """ "requestState":"again" """;
            await BackendServer.JsonAsync(context, BackendServer.Result(message["id"], $$"""{"resultType":"input_required",{{asks}}}"""));
            return true;
        };
        _new.Tools = ["echo", "loop"];
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        await gateway.InitializeAsync();
        using HttpResponseMessage response = await gateway.PostAsync("""{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"new_echo"}}""");
        using StreamReader stream = new(await response.Content.ReadAsStreamAsync());
        JsonObject question = (await VirtualGateway.NextAsync(stream))!;
        using HttpResponseMessage taken = await gateway.PostAsync(BackendServer.Error(question["id"], -32601, "I have no user"));
        ((string?)(await VirtualGateway.NextAsync(stream))!["error"]!["message"])
            .ShouldBe("Server 'new': it needs an answer to 'elicitation/create', and the client answered with the error 'I have no user'.");
        ((string?)(await gateway.CallAsync("new_loop"))["error"]!["message"])
            .ShouldBe("The server 'toolkit' did not answer: its backend 'new' failed: it asked for more input 10 times.");
        _new.Of("tools/call").Length.ShouldBe(1 + VirtualUpstream.MaxRounds);
    }

    [Fact]
    public async Task Cancellation_OfALegacyClient_EndsTheRequest()
    {
        TaskCompletionSource aborted = new();
        _new.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/call")
            {
                return false;
            }

            string token = message["params"]!["_meta"]!["progressToken"]!.ToJsonString();
            await BackendServer.EventsAsync(context, $$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{token}}},"progress":1}}""");
            await Task.WhenAny(Task.Delay(Timeout.Infinite, context.RequestAborted));
            aborted.SetResult();
            return true;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        await gateway.InitializeAsync();
        using HttpResponseMessage response = await gateway.PostAsync("""{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"new_echo","_meta":{"progressToken":"p"}}}""");
        using StreamReader stream = new(await response.Content.ReadAsStreamAsync());
        ((string?)(await VirtualGateway.NextAsync(stream))!["params"]!["progressToken"]).ShouldBe("p");
        using HttpResponseMessage taken = await gateway.PostAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}}""");
        await aborted.Task;
        ((string?)(await VirtualGateway.NextAsync(stream))!["error"]!["message"]).ShouldEndWith("its client cancelled the call.");
        _new.Of("notifications/cancelled").ShouldBeEmpty();
    }

    [Fact]
    public async Task Changes_ReachALegacyClientsStream_AndItsSubscriptions()
    {
        _new.Resources = ["file:///n"];
        _new.Listen = async (context, message) =>
        {
            string id = $$"""{"io.modelcontextprotocol/subscriptionId":{{message["id"]!.ToJsonString()}}}""";
            bool isSubscribed = message["params"]!["notifications"]!["resourceSubscriptions"] is not null;
            await BackendServer.EventsAsync(context, isSubscribed
                ? $$$"""{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///n","_meta":{{{id}}}}}"""
                : $$$"""{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{{{id}}}}}""");
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        await gateway.InitializeAsync();
        (await gateway.ListAsync("tools")).ShouldBe(["old_echo", "new_echo"]);
        _new.Tools = ["other"];
        using StreamReader stream = await gateway.OpenStreamAsync();
        (await VirtualGateway.NextAsync(stream))!.ToJsonString().ShouldBe("""{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{}}}""");
        (await gateway.ListAsync("tools")).ShouldBe(["old_echo", "new_other"]);
        (await gateway.SendAsync("resources/subscribe", """{"uri":"file:///n"}"""))["result"]!.ToJsonString().ShouldBe("{}");
        ((string?)(await VirtualGateway.NextAsync(stream))!["params"]!["uri"]).ShouldBe("file:///n");
        _new.Of("resources/subscribe").ShouldBeEmpty();
    }

    [Fact]
    public async Task LogLevel_OfALegacyClient_GoesWithEachRequest()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        await gateway.InitializeAsync();
        JsonObject before = await gateway.CallAsync("new_echo");
        before["result"]!["got"]!["_meta"]!["io.modelcontextprotocol/logLevel"].ShouldBeNull();
        (await gateway.SendAsync("logging/setLevel", """{"level":"warning"}"""))["result"]!.ToJsonString().ShouldBe("{}");
        JsonObject after = await gateway.CallAsync("new_echo");
        ((string?)after["result"]!["got"]!["_meta"]!["io.modelcontextprotocol/logLevel"]).ShouldBe("warning");
        _old.Of("logging/setLevel").ShouldHaveSingleItem();
        _new.Of("logging/setLevel").ShouldBeEmpty();
    }

    [Fact]
    public async Task Arguments_ThatTheSchemaWantsInHeaders_AreInHeaders()
    {
        _new.Schema = """{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"in":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"Count"}}},"no":{"type":"string","x-mcp-header":"No"}}}""";
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        await gateway.InitializeAsync();
        await gateway.CallAsync("new_echo", """{"region":"\u00e9","in":{"n":42},"no":null}""");
        Microsoft.AspNetCore.Http.IHeaderDictionary headers = _new.Headers.Last();
        (headers["Mcp-Param-Region"].ToString(), headers["Mcp-Param-Count"].ToString(), headers.ContainsKey("Mcp-Param-No")).ShouldBe(("=?base64?w6k=?=", "42", false));
        HttpRequestMessage modern = VirtualGateway.Modern("tools/call", """ "name":"new_echo","arguments":{"region":"x"} """);
        modern.Headers.Add("Mcp-Param-Region", "x");
        await gateway.SendAllModernAsync(modern);
        _new.Headers.Last()["Mcp-Param-Region"].ToString().ShouldBe("x");
    }

    [Fact]
    public async Task Error_OfTheEra_DoesNotEndALegacyClientsSession()
    {
        _new.Override = async (context, message) =>
        {
            bool isCall = (string?)message["method"] == "tools/call";
            context.Response.StatusCode = isCall ? 404 : 200;
            await (isCall ? BackendServer.JsonAsync(context, BackendServer.Error(message["id"], -32601, "No method")) : Task.CompletedTask);
            return isCall;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _old, _new);
        await gateway.InitializeAsync();
        using HttpResponseMessage response = await gateway.PostAsync("""{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"new_echo"}}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        ((int?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]).ShouldBe(-32601);
    }

    [Fact]
    public async Task Backend_ThatDoesNotAnswerTheProbe_IsSpokenToInTheEraBefore()
    {
        Microsoft.Extensions.Time.Testing.FakeTimeProvider clock = new();
        _old.Override = async (context, message) =>
        {
            await ((string?)message["method"] == "server/discover" ? Task.WhenAny(Task.Delay(Timeout.Infinite, context.RequestAborted)) : Task.CompletedTask);
            return false;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", clock, _old);
        Task<JsonObject> calling = gateway.ModernAsync("tools/call", """ "name":"old_echo" """);
        await Eventually.HoldsAsync(() =>
        {
            clock.Advance(VirtualBackends.Patience);
            return calling.IsCompleted;
        });
        ((string?)(await calling)["result"]!["of"]).ShouldBe("old");
    }
}
