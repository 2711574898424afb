using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

public sealed class ResourceMetadataTests
{
    private const string Root = "/.well-known/oauth-protected-resource";

    [Theory]
    [InlineData("", "")]
    [InlineData("/", "")]
    [InlineData("/mcp", "/mcp")]
    [InlineData("/one/mcp", "/one/mcp")]
    public async Task Metadata_OfAServer_NamesTheIssuerAndTheServer(string asked, string resource)
    {
        await using TokenScene scene = await TokenScene.StartAsync(
            server: ", scopes: [\"a:use\", \"a:read\"], allow: [{ tools: x, claim: scope, values: [\"a:read\", \"a:write\"] }, { tools: y, claim: roles, values: z }]");

        (HttpStatusCode status, string body) = await scene.Gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root + asked));

        status.ShouldBe(HttpStatusCode.OK);
        JsonNode json = JsonNode.Parse(body)!;
        json["resource"]!.GetValue<string>().ShouldBe(scene.Gateway.Address.GetLeftPart(UriPartial.Authority) + resource);
        json["authorization_servers"]!.ToJsonString().ShouldBe($"[\"{scene.Provider.Issuer}\"]");
        json["bearer_methods_supported"]!.ToJsonString().ShouldBe("[\"header\"]");
        json["scopes_supported"]!.ToJsonString().ShouldBe("[\"a:use\",\"a:read\",\"a:write\"]");
        scene.Upstream.Received.ShouldBeEmpty();
        (await scene.ChallengeOfAsync(null)).ShouldEndWith(", scope=\"a:use a:read\"");
    }

    [Fact]
    public async Task Metadata_AskedForOften_IsNeverLimited()
    {
        await using TokenScene scene = await TokenScene.StartAsync("{ shared: 1/1d, meter: all }", auth: ", failures: 1/1d");
        await scene.CallAsync("wrong");
        (await scene.StatusOfAsync("wrong too")).ShouldBe(HttpStatusCode.TooManyRequests);

        for (int i = 0; i < 20; i++)
        {
            (await scene.Gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root + "/mcp"))).Status.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("GET", "/nobody/mcp", HttpStatusCode.NotFound)]
    [InlineData("HEAD", "/mcp", HttpStatusCode.OK)]
    [InlineData("OPTIONS", "/mcp", HttpStatusCode.NoContent)]
    [InlineData("POST", "/mcp", HttpStatusCode.MethodNotAllowed)]
    public async Task Metadata_OtherRequests_AreAnsweredHere(string method, string path, HttpStatusCode expected)
    {
        await using TokenScene scene = await TokenScene.StartAsync();
        using HttpRequestMessage request = new(new HttpMethod(method), Root + path);
        using HttpResponseMessage response = await scene.Gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(expected);
        response.Headers.Contains("Access-Control-Allow-Origin").ShouldBe(expected != HttpStatusCode.NotFound);
        scene.Upstream.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Metadata_WithoutTokens_IsNotThere()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, "{ perUser: 1/1d }");

        (await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root))).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Metadata_WithAPublicUrl_IsBelowIt()
    {
        await using TokenScene scene = await TokenScene.StartAsync(auth: ", publicUrl: \"https://mcp.example.com:8443\"");

        (await scene.ChallengeOfAsync(null)).ShouldBe(
            "Bearer resource_metadata=\"https://mcp.example.com:8443/.well-known/oauth-protected-resource/mcp\"");
        (await scene.Gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root + "/mcp"))).Body
            .ShouldContain("\"resource\":\"https://mcp.example.com:8443/mcp\"");
    }

    [Theory]
    [InlineData("mcp.example.com", null, HttpStatusCode.Unauthorized)]
    [InlineData("MCP.example.com:8443", "https://mcp.example.com:8443", HttpStatusCode.Unauthorized)]
    [InlineData("evil.example", null, HttpStatusCode.Forbidden)]
    [InlineData("mcp.example.com", "https://evil.example", HttpStatusCode.Forbidden)]
    public async Task Request_ByThePublicName_IsNoRebinding(string host, string? origin, HttpStatusCode expected)
    {
        await using TokenScene scene = await TokenScene.StartAsync(auth: ", publicUrl: \"https://mcp.example.com:8443\"");
        using HttpRequestMessage request = TokenScene.CallWith(null);
        request.Headers.Host = host;
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        (await scene.Gateway.SendAsync(request)).Status.ShouldBe(expected);
    }

    [Theory]
    [InlineData("from: 127.0.0.1", "https", "mcp.example.com", "https://mcp.example.com/")]
    [InlineData("from: 127.0.0.1", "https, http", "mcp.example.com, inner", "https://mcp.example.com/")]
    [InlineData("from: 127.0.0.1", "gopher", "mcp.example.com", null)]
    [InlineData("from: 127.0.0.1", "https", "a b\"c", null)]
    [InlineData("from: 192.0.2.1", "https", "evil.example.com", null)]
    public async Task Challenge_BehindAProxy_IsWhereTheClientAsked(string from, string scheme, string host, string? expected)
    {
        await using TokenScene scene = await TokenScene.StartAsync(auth: $", trustedProxy: {{ {from} }}");
        using HttpRequestMessage request = TokenScene.CallWith(null);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", scheme);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", host);

        using HttpResponseMessage response = await scene.Gateway.Client.SendAsync(request);

        response.Headers.WwwAuthenticate.ToString().ShouldBe(
            $"Bearer resource_metadata=\"{expected ?? scene.Gateway.Address.ToString()}.well-known/oauth-protected-resource/mcp\"");
    }
}
