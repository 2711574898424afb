using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>For which server a token is.</summary>
public sealed class AudienceTests : IAsyncLifetime
{
    private const string Root = "/.well-known/oauth-protected-resource";
    private FakeUpstream _upstream = null!;
    private OidcProvider _provider = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        _provider = await OidcProvider.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _provider.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("", "/mcp", "/mcp")]
    [InlineData("", "/mcp", "/one/mcp")]
    [InlineData("", "/mcp", "")]
    [InlineData("", "/one/mcp", "/mcp")]
    [InlineData(", publicUrl: \"https://mcp.example.com\"", "/mcp", "/mcp")]
    [InlineData(", publicUrl: \"https://mcp.example.com:8443/\"", "/mcp", "/one/mcp")]
    [InlineData(", publicUrl: \"https://example.com/tools\"", "/mcp", "/mcp")]
    [InlineData(", publicUrl: \"https://example.com/tools/\"", "/tools/one/mcp", "/one/mcp")]
    [InlineData(", publicUrl: \"https://mcp.example.com\", trustedProxy: { from: 127.0.0.1 }", "/mcp", "/mcp")]
    public async Task Token_ForTheResourceThatTheServerAdvertises_IsAccepted(string auth, string called, string advertisedBy)
    {
        await using GatewayFixture gateway = await StartAsync(auth, "");
        (HttpStatusCode status, string metadata) = await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root + advertisedBy));
        status.ShouldBe(HttpStatusCode.OK);
        string resource = JsonNode.Parse(metadata)!["resource"]!.GetValue<string>();

        (await gateway.SendAsync(Call(called, TokenFor(resource)))).Status.ShouldBe(HttpStatusCode.OK);
        (HttpStatusCode other, string body) = await gateway.SendAsync(Call(called, TokenFor(resource + "/other")));
        other.ShouldBe(HttpStatusCode.Unauthorized);
        body.ShouldContain("the token is for another audience. Ask its issuer for one whose audience is '");
        (await gateway.SendAsync(Call(called, TokenFor("https://elsewhere.example.com/mcp", resource)))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Token_ForTheAdvertisedResource_IsAcceptedBesideAConfiguredAudience()
    {
        // The example of the page on tokens, before it knew resources.
        await using GatewayFixture gateway = await StartAsync(
            ", publicUrl: \"https://mcp.example.com\"", ", audience: \"https://mcp.example.com\"");

        (await gateway.SendAsync(Call("/mcp", TokenFor("https://mcp.example.com/mcp")))).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.SendAsync(Call("/mcp", TokenFor("https://mcp.example.com")))).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.SendAsync(Call("/mcp", TokenFor("https://mcp.example.com/")))).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.SendAsync(Call("/mcp", TokenFor("https://mcp.example.com/other")))).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("")]
    [InlineData(", audience: [\"https://mcp.example.com/a/mcp\", \"https://mcp.example.com/b/mcp\"]")]
    public async Task Token_ForOneServer_IsRefusedAtAnother(string audience)
    {
        await using GatewayFixture gateway = await StartAsync(", publicUrl: \"https://mcp.example.com\"", audience, "a", "b");
        string token = TokenFor("https://mcp.example.com/a/mcp");
        foreach (int _ in new[] { 1, 2 }) // The second time from memory.
        {
            (await gateway.SendAsync(Call("/a/mcp", token))).Status.ShouldBe(HttpStatusCode.OK);
            (await gateway.SendAsync(Call("/b/mcp", token))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        (await gateway.SendAsync(Call("/b/mcp", TokenFor("https://mcp.example.com/a/mcp", "https://mcp.example.com/b/mcp"))))
            .Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root))).Status.ShouldBe(
            HttpStatusCode.NotFound, "the gateway itself is no resource");
    }

    [Fact]
    public async Task Token_ForAConfiguredAudience_IsAcceptedAtEveryServer()
    {
        await using GatewayFixture gateway = await StartAsync(
            ", publicUrl: \"https://mcp.example.com\"", ", audience: \"https://mcp.example.com\"", "a", "b");
        string token = TokenFor("https://mcp.example.com");

        (await gateway.SendAsync(Call("/a/mcp", token))).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.SendAsync(Call("/b/mcp", token))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("127.0.0.1:1", "http://127.0.0.1:1/mcp")]
    [InlineData("localhost", "http://localhost/mcp")]
    public async Task Token_ForAnAddressThatOnlyTheClientNames_IsRefused(string host, string audience)
    {
        await using GatewayFixture gateway = await StartAsync("", "");
        using HttpRequestMessage request = Call("/mcp", TokenFor(audience));
        request.Headers.Host = host;

        (await gateway.SendAsync(request)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Metadata_BehindAPathPrefix_IsFoundWithAndWithoutThePrefix()
    {
        await using GatewayFixture gateway = await StartAsync(", publicUrl: \"https://example.com/tools\"", "");
        using HttpResponseMessage challenge = await gateway.Client.SendAsync(Call("/mcp", token: null));
        challenge.Headers.WwwAuthenticate.ToString().ShouldBe(
            "Bearer resource_metadata=\"https://example.com/tools/.well-known/oauth-protected-resource/mcp\"");

        foreach (string path in new[] { Root + "/mcp", "/tools" + Root + "/mcp", Root + "/tools/mcp" })
        {
            (HttpStatusCode status, string body) = await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, path));
            status.ShouldBe(HttpStatusCode.OK, path);
            body.ShouldContain("\"resource\":\"https://example.com/tools/mcp\"");
        }
    }

    [Theory]
    [InlineData("/tools", "/tools/mcp")]
    [InlineData("/a/b/", "/a/b/mcp")]
    [InlineData("/tools, /inner", "/tools/mcp")]
    [InlineData("tools", "/mcp")]
    [InlineData("/tools\"", "/mcp")]
    [InlineData("/../x", "/mcp")]
    [InlineData("//evil.example.com", "/mcp")]
    public async Task Metadata_BehindAProxyThatSaysItsPrefix_IsBelowIt(string prefix, string path)
    {
        await using GatewayFixture gateway = await StartAsync(", trustedProxy: { from: 127.0.0.1 }", ", audience: x");
        using HttpRequestMessage request = new(HttpMethod.Get, Root + "/mcp");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", "example.com");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Prefix", prefix);

        (await gateway.SendAsync(request)).Body.ShouldContain($"\"resource\":\"https://example.com{path}\"");
    }

    [Fact]
    public async Task Metadata_PrefixFromAnUntrustedClient_IsIgnored()
    {
        await using GatewayFixture gateway = await StartAsync("", "");
        using HttpRequestMessage request = new(HttpMethod.Get, Root + "/mcp");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Prefix", "/tools");

        (await gateway.SendAsync(request)).Body.ShouldNotContain("tools");
    }

    [Fact]
    public async Task Token_OfTheSecondOfTwoKeysWithOneName_IsAccepted()
    {
        _provider.Published = [TestKey.OfAStranger.PublicJson(), TestKey.Usual.PublicJson()];
        await using GatewayFixture gateway = await StartAsync("", ", audience: x");

        (await gateway.SendAsync(Call("/mcp", TokenFor("x")))).Status.ShouldBe(HttpStatusCode.OK);
        JsonObject claims = _provider.Claims();
        claims["aud"] = "x";
        (await gateway.SendAsync(Call("/mcp", TestKey.OfAStranger.Sign(claims)))).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.SendAsync(Call("/mcp", new TestKey("one", "RS256").Sign(claims)))).Body.ShouldContain("the token's signature is wrong");
    }

    [Theory]
    [InlineData("")]
    [InlineData(", apiKeys: [{ user: bob, sha256: 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752 }]")]
    public async Task Token_Encrypted_SaysSo(string auth)
    {
        await using GatewayFixture gateway = await StartAsync(auth, ", audience: x");
        string header = TestKey.Encode("""{"alg":"RSA-OAEP","enc":"A256CBC-HS512","kid":"k","typ":"at+jwt","cty":"JWT"}"""u8.ToArray());

        (await gateway.SendAsync(Call("/mcp", $"{header}.a.b.c.d"))).Body.ShouldContain(
            "Unauthorized: the token is encrypted for another recipient; its issuer must sign only (OpenIddict: DisableAccessTokenEncryption).");
    }

    [Fact]
    public async Task Token_WhoseIssuerDiffersByTheFinalSlash_NamesTheConfiguredOne()
    {
        await using GatewayFixture gateway = await StartAsync("", ", audience: x");
        JsonObject claims = _provider.Claims();
        claims["iss"] = _provider.Issuer + "/";

        (await gateway.SendAsync(Call("/mcp", _provider.Key.Sign(claims)))).Body.ShouldContain(
            $"of an issuer that is not accepted here: 'auth.jwt.issuer' is '{_provider.Issuer}', and the token's differs from it by the final slash");
    }

    private Task<GatewayFixture> StartAsync(string auth, string jwt, params string[] servers) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        auth: { jwt: { issuer: "{{_provider.Issuer}}"{{jwt}} }{{auth}} }
        servers:
        {{string.Join('\n', (servers.Length == 0 ? ["one"] : servers).Select(name => $"  - {{ name: {name}, upstream: \"{_upstream.Endpoint}\", rateLimiting: {{ perUser: 1000/1d }} }}"))}}
        """,
        new MovableClock());

    private string TokenFor(params string[] audiences)
    {
        JsonObject claims = _provider.Claims();
        claims["aud"] = audiences.Length == 1 ? audiences[0] : new JsonArray([.. audiences.Select(audience => JsonValue.Create(audience))]);
        return _provider.Key.Sign(claims);
    }

    private static HttpRequestMessage Call(string path, string? token)
    {
        HttpRequestMessage request = GatewayFixture.Post(TokenScene.Call, path);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        return request;
    }
}
