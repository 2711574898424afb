using System.Net;

namespace Sluice.Gateway.Tests;

/// <summary>Callers without credentials on a gateway that also knows callers.</summary>
public sealed class AnonymousTests : IAsyncLifetime
{
    private FakeUpstream _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Theory]
    [InlineData("pool", "{}", "Rate limit exceeded: perUser")]
    [InlineData("skip", "{}", "{}")]
    [InlineData("reject", "The call does not say whose it is", "The call does not say whose it is")]
    public async Task NoCredentials_AreDecidedAsMissingIdentitySays(string missingIdentity, string first, string second)
    {
        await using GatewayFixture gateway = await StartAsync($"{{ perUser: 1/1d, missingIdentity: {missingIdentity} }}");

        (await gateway.SendAsync(TokenScene.CallWith(null))).Body.ShouldContain(first);
        (await gateway.SendAsync(TokenScene.CallWith(null))).Body.ShouldContain(second);
        (await gateway.SendAsync(TokenScene.CallWith(GatewayFixture.AliceKey))).Body.ShouldBe("{}", "alice has a bucket of her own");
        (await gateway.SendAsync(TokenScene.CallWith(GatewayFixture.AliceKey))).Body.ShouldContain("Rate limit exceeded: perUser");
    }

    [Theory]
    [InlineData("Authorization", "Bearer wrong", "the API key is not known")]
    [InlineData("Authorization", "Bearer", "holds no credentials that are accepted here")]
    [InlineData("Authorization", "Basic YWxpY2U6eA==", "holds no credentials that are accepted here")]
    [InlineData("X-API-Key", "wrong", "the API key is not known")]
    [InlineData("X-API-Key", "", "the API key is not known")]
    public async Task WrongCredentials_Are401(string header, string value, string why)
    {
        await using GatewayFixture gateway = await StartAsync("{ perUser: 1/1d }");
        using HttpRequestMessage request = TokenScene.CallWith(null);
        request.Headers.TryAddWithoutValidation(header, value);

        (HttpStatusCode status, string body) = await gateway.SendAsync(request);

        status.ShouldBe(HttpStatusCode.Unauthorized);
        body.ShouldContain(why);
        _upstream.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task NoCredentials_ForAnOperationThatNeedsAClaim_AreChallenged()
    {
        await using TokenScene scene = await TokenScene.StartAsync(
            auth: ", anonymous: true", server: ", scopes: [\"a:use\"], allow: [{ tools: x, claim: scope, values: [\"a:read\", \"a:write\"] }, { tools: open }]");

        using HttpResponseMessage response = await scene.Gateway.Client.SendAsync(TokenScene.CallWith(null));

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ToString().ShouldBe(
            $"Bearer resource_metadata=\"{scene.Gateway.Address}.well-known/oauth-protected-resource/mcp\", scope=\"a:use a:read\"");
        (await response.Content.ReadAsStringAsync()).ShouldBe(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600,\"message\":\"Unauthorized: this operation needs credentials, and none were sent.\"}}");
        (await scene.CallAsync(null, TokenScene.Call.Replace("\"x\"", "\"open\"", StringComparison.Ordinal))).Body.ShouldBe("{}");
        (await scene.CallAsync(null, TokenScene.Call.Replace("\"x\"", "\"unlisted\"", StringComparison.Ordinal))).Body
            .ShouldContain("\"code\":403", customMessage: "no credentials would help");
        (await scene.StatusOfAsync("wrong")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private Task<GatewayFixture> StartAsync(string rateLimiting) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        auth: { anonymous: true, apiKeys: [{ user: alice, sha256: {{GatewayFixture.HashOf(GatewayFixture.AliceKey)}} }] }
        servers:
          - { name: one, upstream: "{{_upstream.Endpoint}}", rateLimiting: {{rateLimiting}} }
        """);
}
