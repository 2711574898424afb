using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

public sealed class AllowListTests
{
    private const string List =
        """
        , allow: [
            { tools: ["read_*", search], claim: scope, values: ["files:read", "files:write"] },
            { tools: "write_*", claim: scope, values: "files:write" },
            { tools: admin, claim: realm_access.roles, values: [admin, owner] },
            { tools: level, claim: level, values: "7" },
            { tools: ping_me },
            { resources: "file:///public/*" }]
        """;

    [Theory]
    [InlineData("read_file", "{\"scope\":\"files:read\"}", true)]
    [InlineData("READ_file", "{\"scope\":\"other files:read\"}", true)]
    [InlineData(" search ", "{\"scope\":\"files:write\"}", true)]
    [InlineData("search", "{\"scope\":[\"files:read\"]}", true)]
    [InlineData("search", "{\"scope\":\"files:reader\"}", false)]
    [InlineData("search", "{\"scope\":\"FILES:READ\"}", false)]
    [InlineData("search", "{\"scope\":{\"files:read\":true}}", false)]
    [InlineData("search", "{\"scp\":\"files:read\"}", false)]
    [InlineData("search", "{}", false)]
    [InlineData("write_file", "{\"scope\":\"files:read\"}", false)]
    [InlineData("write_file", "{\"scope\":\"files:read files:write\"}", true)]
    [InlineData("admin", "{\"realm_access\":{\"roles\":[\"user\",\"admin\"]}}", true)]
    [InlineData("admin", "{\"realm_access.roles\":\"owner\"}", true)]
    [InlineData("admin", "{\"realm_access.roles\":\"owner admin\"}", false)]
    [InlineData("admin", "{\"realm_access\":\"admin\"}", false)]
    [InlineData("level", "{\"level\":7}", true)]
    [InlineData("ping_me", "{}", true)]
    [InlineData("unlisted", "{\"scope\":\"files:read files:write\"}", false)]
    public async Task Call_OfATool_NeedsAnEntryThatAllowsIt(string tool, string claims, bool isAllowed)
    {
        await using TokenScene scene = await TokenScene.StartAsync(server: List);

        (HttpStatusCode status, string body) = await scene.CallAsync(TokenWith(scene, claims), Call("tools/call", "name", tool));

        status.ShouldBe(HttpStatusCode.OK);
        if (isAllowed)
        {
            body.ShouldBe("{}");
        }
        else
        {
            body.ShouldStartWith("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":403,\"message\":\"Forbidden: ");
        }

        scene.Upstream.Received.Count.ShouldBe(isAllowed ? 1 : 0);
    }

    [Theory]
    [InlineData("resources/read", "uri", "file:///public/a", true)]
    [InlineData("resources/read", "uri", "FILE:///public/../public/a", true)]
    [InlineData("resources/read", "uri", "file:///public/%2e%2e/secret", false)]
    [InlineData("prompts/get", "name", "any", false)]
    [InlineData("tools/list", "name", "any", true)]
    [InlineData("initialize", "name", "any", true)]
    public async Task Call_OfAnotherKind_NeedsAnEntryOfItsKind(string method, string field, string name, bool isAllowed)
    {
        await using TokenScene scene = await TokenScene.StartAsync(server: List);

        string body = (await scene.CallAsync(TokenWith(scene, "{}"), Call(method, field, name))).Body;

        body.Contains("\"code\":403", StringComparison.Ordinal).ShouldBe(!isAllowed);
        scene.Upstream.Received.Count.ShouldBe(isAllowed ? 1 : 0);
    }

    [Fact]
    public async Task Call_ThatIsNotAllowed_CostsNothing()
    {
        await using TokenScene scene = await TokenScene.StartAsync("{ shared: 1/1d, perUser: 1/1d }", server: List);
        string token = TokenWith(scene, "{\"scope\":\"files:read\"}");
        for (int i = 0; i < 5; i++)
        {
            (await scene.CallAsync(token, Call("tools/call", "name", "write_file"))).Body.ShouldContain("\"code\":403");
        }

        (await scene.CallAsync(token, Call("tools/call", "name", "search"))).Body.ShouldBe("{}");
        (await scene.CallAsync(token, Call("tools/call", "name", "search"))).Body.ShouldContain("Rate limit exceeded");
    }

    [Theory]
    [InlineData("2026-07-28", "{}", "files:read", "no scope")]
    [InlineData("2025-11-25", "{}", "files:read", "no scope")]
    [InlineData("2026-07-28", "{\"scope\":\"other:read offline_access\"}", "other:read offline_access files:read", "the scopes 'other:read offline_access'")]
    [InlineData("2026-07-28", "{\"scope\":\"a\",\"scp\":[\"b\",\"a\"]}", "a b files:read", "the scopes 'a b'")]
    [InlineData("2026-07-28", "{\"scope\":\"a \\\"quoted\\\" é\"}", "a files:read", "the scopes 'a'")]
    public async Task Call_ThatAScopeWouldAllow_Is403WithTheScopesToAskFor(string revision, string claims, string scope, string has)
    {
        await using TokenScene scene = await TokenScene.StartAsync(server: List);
        using HttpRequestMessage request = TokenScene.CallWith(TokenWith(scene, claims), Call("tools/call", "name", "search"));
        request.Headers.Add("MCP-Protocol-Version", revision);

        using HttpResponseMessage response = await scene.Gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        response.Headers.RetryAfter.ShouldBeNull();
        response.Headers.WwwAuthenticate.ToString().ShouldBe(
            $"Bearer resource_metadata=\"{scene.Gateway.Address}.well-known/oauth-protected-resource/mcp\", "
            + $"error=\"insufficient_scope\", scope=\"{scope}\"");
        (await response.Content.ReadAsStringAsync()).ShouldStartWith(
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":403,\"message\":\"Forbidden: the token has "
            + $"{has} and needs the scope 'files:read' for this operation");
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("unlisted")]
    public async Task Call_ThatNoScopeWouldAllow_Is403WithoutAChallenge(string tool)
    {
        await using TokenScene scene = await TokenScene.StartAsync(server: List);
        using HttpRequestMessage request = TokenScene.CallWith(TokenWith(scene, "{\"scope\":\"files:read\"}"), Call("tools/call", "name", tool));
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");

        using HttpResponseMessage response = await scene.Gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        response.Headers.WwwAuthenticate.ShouldBeEmpty();
    }

    [Fact]
    public async Task Call_AsNotificationThatIsNotAllowed_IsDropped()
    {
        await using TokenScene scene = await TokenScene.StartAsync(server: List);

        (HttpStatusCode status, string body) = await scene.CallAsync(
            TokenWith(scene, "{}"), """{"jsonrpc":"2.0","method":"tools/call","params":{"name":"search"}}""");

        status.ShouldBe(HttpStatusCode.Accepted);
        body.ShouldBeEmpty();
        scene.Upstream.Received.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(", scopes: [\"files:read\"]", true)]
    [InlineData(", scopes: [\"other\"]", false)]
    [InlineData("", false)]
    public async Task Call_WithAnApiKey_HasTheScopesOfTheKey(string scopes, bool isAllowed)
    {
        string hash = Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(GatewayFixture.AliceKey)));
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            auth: { apiKeys: [{ user: alice, sha256: {{hash}}{{scopes}} }] }
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}"{{List.Replace('\n', ' ')}} }
            """);

        string body = (await gateway.SendAsync(
            TokenScene.CallWith(GatewayFixture.AliceKey, Call("tools/call", "name", "search")))).Body;

        body.Contains("\"code\":403", StringComparison.Ordinal).ShouldBe(!isAllowed);
        upstream.Received.Count.ShouldBe(isAllowed ? 1 : 0);
    }

    [Fact]
    public async Task Call_WithAnApiKeyThatLacksAScope_IsNotToldToSignIn()
    {
        await using TokenScene scene = await TokenScene.StartAsync(
            auth: $", apiKeys: [{{ user: alice, sha256: {GatewayFixture.HashOf(GatewayFixture.AliceKey)} }}]", server: List);
        using HttpRequestMessage request = TokenScene.CallWith(GatewayFixture.AliceKey, Call("tools/call", "name", "search"));
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");

        using HttpResponseMessage response = await scene.Gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        response.Headers.WwwAuthenticate.ShouldBeEmpty("a key cannot ask for a scope");
    }

    [Fact]
    public async Task Call_CaseSensitiveLimits_MakeACaseSensitiveList()
    {
        await using TokenScene scene = await TokenScene.StartAsync(
            "{ shared: 100/1d, caseSensitive: true }", server: ", allow: [{ tools: search }]");

        (await scene.CallAsync(scene.Provider.Token(), Call("tools/call", "name", "search"))).Body.ShouldBe("{}");
        (await scene.CallAsync(scene.Provider.Token(), Call("tools/call", "name", "Search"))).Body.ShouldContain("\"code\":403");
    }

    private static string TokenWith(TokenScene scene, string claims)
    {
        JsonObject all = scene.Provider.Claims();
        foreach ((string name, JsonNode? value) in JsonNode.Parse(claims)!.AsObject())
        {
            all[name] = value?.DeepClone();
        }

        return scene.Provider.Key.Sign(all);
    }

    private static string Call(string method, string field, string name) =>
        $"{{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"{method}\",\"params\":{{\"{field}\":\"{name}\"}}}}";
}
