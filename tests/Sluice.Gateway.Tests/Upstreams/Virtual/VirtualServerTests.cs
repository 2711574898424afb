using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>What clients see of a virtual server whose backends answer.</summary>
public sealed class VirtualServerTests
{
    [Fact]
    public async Task Initialize_TwoBackends_UnitesCapabilitiesAndJoinsInstructions()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using BackendServer b = await BackendServer.StartAsync("b");
        a.Instructions = "Use a first.";
        b.Instructions = "Then b.";
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        JsonObject result = await gateway.InitializeAsync();
        ((string?)result["protocolVersion"]).ShouldBe("2025-11-25");
        ((string?)result["serverInfo"]!["name"]).ShouldBe("toolkit");
        ((string?)result["instructions"]).ShouldBe("## a\n\nUse a first.\n\n## b\n\nThen b.");
        (result["capabilities"]!.ToJsonString()).ShouldBe("""{"tools":{"listChanged":true},"prompts":{},"resources":{"subscribe":true},"logging":{},"completions":{}}""");
        ((a.Sessions, b.Sessions)).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Initialize_OfTheClient_ReachesBackendsAsItIs()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        await gateway.InitializeAsync("""{"sampling":{},"x-odd":1e2}""");
        (a.Of("initialize").Single()["params"]!["capabilities"]!.ToJsonString()).ShouldBe("""{"sampling":{},"x-odd":1e2}""");
        a.Of("notifications/initialized").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task List_ByPrefix_HasEveryToolUnderItsServersName()
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "search", "read");
        await using BackendServer b = await BackendServer.StartAsync("b", "search");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        await gateway.InitializeAsync();
        JsonObject answer = await gateway.SendAsync("tools/list");
        (answer["result"]!.ToJsonString()).ShouldBe("""
            {"tools":[{"name":"a_search","x-of":"a","inputSchema":{"type":"object"}},{"name":"a_read","x-of":"a","inputSchema":{"type":"object"}},{"name":"b_search","x-of":"b","inputSchema":{"type":"object"}}]}
            """.Trim());
    }

    [Theory]
    [InlineData("priority", new[] { "search", "read", "write" }, "a")]
    [InlineData("error", new[] { "search", "read", "write" }, "a")]
    public async Task List_WithoutPrefix_HidesWhatAnEarlierServerHas(string conflicts, string[] tools, string winner)
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "search", "read");
        await using BackendServer b = await BackendServer.StartAsync("b", "search", "write");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync($"conflicts: {conflicts}", a, b);
        CapturedLog log = gateway.Gateway.Capture();
        await gateway.InitializeAsync();
        (await gateway.ListAsync("tools")).ShouldBe(tools);
        ((string?)(await gateway.CallAsync("search"))["result"]!["of"]).ShouldBe(winner);
        ((string?)(await gateway.CallAsync("write"))["result"]!["of"]).ShouldBe("b");
        log.Lines.Any(line => line.Contains("The tool 'search' of 'b' is hidden: 'a' has it too", StringComparison.Ordinal)).ShouldBeTrue();
    }

    [Fact]
    public async Task List_WithToolsAndRename_HasWhatTheBackendEntrySays()
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "issue_create", "issue_list", "delete_all");
        await using VirtualGateway gateway = await VirtualGateway.OfAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers: [{ name: a, upstream: "{{a.Endpoint}}" }]
            virtualServers:
              - name: toolkit
                backends: [{ server: a, tools: "issue_*", rename: { issue_create: new_issue } }]
            """);
        await gateway.InitializeAsync();
        (await gateway.ListAsync("tools")).ShouldBe(["a_new_issue", "a_issue_list"]);
        ((string?)(await gateway.CallAsync("a_new_issue"))["result"]!["got"]!["name"]).ShouldBe("issue_create");
        foreach (string hidden in new[] { "a_issue_create", "a_delete_all", "delete_all" })
        {
            JsonObject answer = await gateway.CallAsync(hidden);
            ((int?)answer["error"]!["code"]).ShouldBe(-32602);
            ((string?)answer["error"]!["message"]).ShouldBe($"The virtual server 'toolkit' has no tool '{hidden}'.");
        }
    }

    [Fact]
    public async Task Call_OfAnAdvertisedName_ReachesItsServerWithItsOwnNameAndNothingElseChanged()
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "search");
        await using BackendServer b = await BackendServer.StartAsync("b", "search");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        await gateway.InitializeAsync();
        JsonObject answer = await gateway.SendAsync(
            "tools/call",
            """{"x":1.50,"name":"b_search","arguments":{"n":12345678901234567890,"é":"\u00e9"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28x","mine":[1]}}""");
        ((string?)answer["result"]!["of"]).ShouldBe("b");
        (b.Of("tools/call").Single()["params"]!.ToJsonString()).ShouldBe("""{"x":1.50,"name":"search","arguments":{"n":12345678901234567890,"\u00E9":"\u00E9"},"_meta":{"mine":[1]}}""");
        a.Of("tools/call").ShouldBeEmpty();
    }

    [Fact]
    public async Task Call_WithATextAsId_IsAnsweredWithThatText()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        await gateway.InitializeAsync();
        using HttpResponseMessage response = await gateway.PostAsync(
            """{"jsonrpc":"2.0","id":"\u0061/1","method":"tools/call","params":{"name":"a_echo"}}""");
        (await response.Content.ReadAsStringAsync()).ShouldContain(""" "id":"\u0061/1" """.Trim());
        (a.Of("tools/call").Single()["id"]!.ToString()).ShouldNotBe("a/1");
    }

    [Fact]
    public async Task PromptsAndResources_OfTwoServers_ReachTheirOwners()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using BackendServer b = await BackendServer.StartAsync("b");
        a.Prompts = ["greet"];
        b.Prompts = ["greet"];
        a.Resources = ["file:///1", "file:///both"];
        b.Resources = ["file:///2", "file:///both"];
        b.Templates = ["db://{table}/rows/{id}"];
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        await gateway.InitializeAsync();
        (await gateway.ListAsync("prompts")).ShouldBe(["a_greet", "b_greet"]);
        (await gateway.ListAsync("resources", "uri")).ShouldBe(["file:///1", "file:///both", "file:///2", "sluice+b:file:///both"]);
        (await gateway.ListAsync("resourceTemplates", "uriTemplate")).ShouldBe(["db://{table}/rows/{id}"]);
        (await OwnerAsync("prompts/get", """{"name":"b_greet"}""", "name")).ShouldBe(("b", "greet"));
        (await OwnerAsync("resources/read", """{"uri":"file:///2"}""", "uri")).ShouldBe(("b", "file:///2"));
        (await OwnerAsync("resources/read", """{"uri":"file:///both"}""", "uri")).ShouldBe(("a", "file:///both"));
        (await OwnerAsync("resources/read", """{"uri":"sluice+b:file:///both"}""", "uri")).ShouldBe(("b", "file:///both"));
        (await OwnerAsync("resources/read", """{"uri":"db://users/rows/7"}""", "uri")).ShouldBe(("b", "db://users/rows/7"));
        (await OwnerAsync("resources/subscribe", """{"uri":"file:///1"}""", "uri")).ShouldBe(("a", "file:///1"));
        JsonObject completed = await gateway.SendAsync(
            "completion/complete", """{"ref":{"type":"ref/prompt","name":"b_greet"},"argument":{"name":"n","value":"v"}}""");
        ((string?)completed["result"]!["got"]!["ref"]!["name"]).ShouldBe("greet");
        ((string?)completed["result"]!["of"]).ShouldBe("b");
        JsonObject byTemplate = await gateway.SendAsync(
            "completion/complete", """{"ref":{"type":"ref/resource","uri":"db://{table}/rows/{id}"},"argument":{"name":"id","value":"v"}}""");
        ((string?)byTemplate["result"]!["of"]).ShouldBe("b");
        JsonObject unknown = await gateway.SendAsync("resources/read", """{"uri":"file:///3"}""");
        (((int)unknown["error"]!["code"]!, (string?)unknown["error"]!["message"])).ShouldBe((-32002, "The virtual server 'toolkit' has no resource 'file:///3'."));
        ((string?)unknown["error"]!["data"]!["uri"]).ShouldBe("file:///3");

        async Task<(string?, string?)> OwnerAsync(string method, string parameters, string key)
        {
            JsonObject answer = await gateway.SendAsync(method, parameters);
            return ((string?)answer["result"]!["of"], (string?)answer["result"]!["got"]![key]);
        }
    }

    [Fact]
    public async Task SetLevel_TwoServers_ReachesBoth()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using BackendServer b = await BackendServer.StartAsync("b");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        await gateway.InitializeAsync();
        ((await gateway.SendAsync("logging/setLevel", """{"level":"debug"}"""))["result"]!.ToJsonString()).ShouldBe("{}");
        ((await gateway.SendAsync("ping"))["result"]!.ToJsonString()).ShouldBe("{}");
        a.Of("logging/setLevel").ShouldHaveSingleItem();
        b.Of("logging/setLevel").ShouldHaveSingleItem();
        a.Of("ping").ShouldBeEmpty();
    }

    [Fact]
    public async Task UnknownMethod_IsRejectedWithItsName()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        await gateway.InitializeAsync();
        JsonObject answer = await gateway.SendAsync("x/odd");
        ((int?)answer["error"]!["code"]).ShouldBe(-32601);
        ((string?)answer["error"]!["message"]).ShouldBe("A virtual server does not know to which server the method 'x/odd' goes.");
    }

    [Fact]
    public async Task Lists_AskedAgain_AreReadOnce()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        await gateway.InitializeAsync();
        for (int i = 0; i < 5; i++)
        {
            await gateway.ListAsync("tools");
        }

        a.Of("tools/list").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Session_OfAnotherUser_IsNotFound()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.OfAsync(
            $$"""
            listen: http://127.0.0.1:0
            auth:
              apiKeys:
                - { user: alice, sha256: {{GatewayFixture.HashOf("key-of-alice")}} }
                - { user: bob, sha256: {{GatewayFixture.HashOf("key-of-bob")}} }
            servers: [{ name: a, upstream: "{{a.Endpoint}}" }]
            virtualServers: [{ name: toolkit, backends: [a] }]
            """);
        using HttpResponseMessage begun = await gateway.PostAsync(
            """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""",
            bearer: "key-of-alice");
        string session = begun.Headers.GetValues("Mcp-Session-Id").Single();
        const string Call = """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a_echo"}}""";
        using HttpResponseMessage others = await gateway.PostAsync(Call, session, "key-of-bob");
        others.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        a.Of("tools/call").ShouldBeEmpty();
        using HttpResponseMessage own = await gateway.PostAsync(Call, session, "key-of-alice");
        own.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Delete_EndsTheSessionsOfAllServers()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using BackendServer b = await BackendServer.StartAsync("b");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b);
        await gateway.InitializeAsync();
        HttpRequestMessage delete = new(HttpMethod.Delete, "/toolkit/mcp");
        delete.Headers.Add("Mcp-Session-Id", gateway.Session);
        using HttpResponseMessage deleted = await gateway.Gateway.Client.SendAsync(delete);
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.HoldsAsync(() => a.Sessions + b.Sessions == 0);
        using HttpResponseMessage after = await gateway.PostAsync("""{"jsonrpc":"2.0","id":1,"method":"ping"}""");
        after.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task UnexposedServer_IsReachedThroughTheVirtualServerAlone()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.OfAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers: [{ name: a, upstream: "{{a.Endpoint}}", expose: false }]
            virtualServers: [{ name: toolkit, backends: [a] }]
            """);
        (HttpStatusCode direct, _) = await gateway.Gateway.SendAsync(GatewayFixture.Post("{}", "/a/mcp"));
        direct.ShouldBe(HttpStatusCode.NotFound);
        await gateway.InitializeAsync();
        ((string?)(await gateway.CallAsync("a_echo"))["result"]!["of"]).ShouldBe("a");
    }

    [Fact]
    public async Task Headers_OfTheCaller_ReachABackendOnlyWhereItSaysSo()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using BackendServer b = await BackendServer.StartAsync("b");
        await using VirtualGateway gateway = await VirtualGateway.OfAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - { name: a, upstream: "{{a.Endpoint}}", headers: { X-Own: secret } }
              - { name: b, upstream: "{{b.Endpoint}}", forwardAuthorization: true }
            virtualServers: [{ name: toolkit, backends: [a, b] }]
            """);
        gateway.Gateway.Client.DefaultRequestHeaders.Add("Authorization", "Bearer of-the-caller");
        gateway.Gateway.Client.DefaultRequestHeaders.Add("Cookie", "a=b");
        gateway.Gateway.Client.DefaultRequestHeaders.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        await gateway.InitializeAsync();
        await gateway.CallAsync("a_echo");
        await gateway.CallAsync("b_echo");
        a.Headers.ToList().ForEach(headers => ((headers.Authorization.ToString(), headers.Cookie.ToString(), headers["X-Own"].ToString())).ShouldBe(("", "", "secret")));
        b.Headers.ToList().ForEach(headers => ((headers.Authorization.ToString(), headers.Cookie.ToString())).ShouldBe(("Bearer of-the-caller", "")));
        a.Headers.ToList().ForEach(headers => (headers["traceparent"].ToString()).ShouldStartWith("00-0af7651916cd43dd8448eb211c80319c-"));
    }
}
