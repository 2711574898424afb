using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>What a token that is right is worth.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task Token_OfTheIssuer_IsLetThroughAndTravelsOn()
    {
        await using TokenScene scene = await TokenScene.StartAsync();
        string token = scene.Provider.Token();

        (await scene.StatusOfAsync(token)).ShouldBe(HttpStatusCode.OK);

        scene.Upstream.Received.Single().Headers.Authorization.ToString().ShouldBe($"Bearer {token}");
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public async Task Token_OfEachAlgorithm_IsAccepted(string algorithm)
    {
        TestKey key = new("other", algorithm);
        await using TokenScene scene = await TokenScene.StartAsync(prepare: provider => provider.Published.Add(key.PublicJson()));

        (await scene.StatusOfAsync(key.Sign(scene.Provider.Claims()))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Token_WithoutAKeysName_IsCheckedByAllKeys()
    {
        await using TokenScene scene = await TokenScene.StartAsync(
            prepare: provider => provider.Published.Insert(0, TestKey.OfAStranger.PublicJson()));
        JsonObject header = scene.Provider.Key.Header();
        header.Remove("kid");

        (await scene.StatusOfAsync(scene.Provider.Key.Sign(header, scene.Provider.Claims().ToJsonString()))).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("use", "enc")]
    [InlineData("alg", "PS256")]
    [InlineData("kty", "oct")]
    [InlineData("e", "")]
    public async Task Token_OfAKeyThatIsForSomethingElse_IsRefused(string field, string value)
    {
        await using TokenScene scene = await TokenScene.StartAsync(prepare: provider => provider.Published[0][field] = value);

        (HttpStatusCode status, string body) = await scene.CallAsync(scene.Provider.Token());

        status.ShouldBe(HttpStatusCode.Unauthorized);
        body.ShouldContain("a key that its issuer does not have");
    }

    [Fact]
    public async Task Token_InTwoSpellingsOfOneName_IsOneCaller()
    {
        await using TokenScene scene = await TokenScene.StartAsync("{ perUser: 1/1d }");

        (await scene.CallAsync(scene.Provider.Token("e\u0301va"))).Body.ShouldBe("{}");
        (await scene.CallAsync(scene.Provider.Token(" \u00E9va "))).Body.ShouldContain("Rate limit exceeded");
    }

    [Theory]
    [InlineData("perTenant", "tid")]
    [InlineData("perTenant", "org_id")]
    [InlineData("perClient", "azp")]
    [InlineData("perClient", "client_id")]
    public async Task Token_TenantAndClient_AreReadByDefault(string scope, string claim)
    {
        await using TokenScene scene = await TokenScene.StartAsync($"{{ {scope}: 1/1d }}");

        (await scene.CallAsync(With(scene, "alice", claim, "acme"))).Body.ShouldBe("{}");
        (await scene.CallAsync(With(scene, "bob", claim, "acme"))).Body.ShouldContain("Rate limit exceeded");
        (await scene.CallAsync(With(scene, "bob", claim, "other"))).Body.ShouldBe("{}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Token_OneNameInTwoTenants_IsTwoUsersUnlessConfigured(bool acrossTenants)
    {
        await using TokenScene scene = await TokenScene.StartAsync("{ perUser: 1/1d }", userAcrossTenants: acrossTenants);

        (await scene.CallAsync(With(scene, "alice", "tid", "acme"))).Body.ShouldBe("{}");
        (await scene.CallAsync(With(scene, "alice", "tid", "acme"))).Body.ShouldContain("Rate limit exceeded");
        (await scene.CallAsync(With(scene, "alice", "tid", "other"))).Body.Contains("Rate limit exceeded", StringComparison.Ordinal)
            .ShouldBe(acrossTenants);
    }

    [Fact]
    public async Task Token_ConfiguredClaims_AreReadInPlaceOfTheUsual()
    {
        await using TokenScene scene = await TokenScene.StartAsync(
            "{ perUser: 1/1d, missingIdentity: skip, perTenant: 2/1d }",
            jwt: ", userClaim: email, tenantClaim: realm.tenant, clientClaim: \"https://example.com/client\"");
        JsonObject claims = scene.Provider.Claims("the same");
        claims["realm"] = new JsonObject { ["tenant"] = "acme" };
        foreach (string email in new[] { "a@example.com", "b@example.com" })
        {
            claims["email"] = email;
            (await scene.CallAsync(scene.Provider.Key.Sign(claims))).Body.ShouldBe("{}", email);
        }

        claims["email"] = "c@example.com";
        (await scene.CallAsync(scene.Provider.Key.Sign(claims))).Body.ShouldContain("Rate limit exceeded: perTenant");
        claims.Remove("email");
        (await scene.CallAsync(scene.Provider.Key.Sign(claims))).Body.ShouldContain("the token names no user: its claim 'email'");
    }

    [Fact]
    public async Task Token_OneSubjectOfTwoIssuers_IsTwoCallers()
    {
        await using OidcProvider other = await OidcProvider.StartAsync(TestKey.OfAStranger);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using OidcProvider provider = await OidcProvider.StartAsync();
        await using GatewayFixture gateway = await StartWithTwoAsync(upstream, provider, other);

        (await gateway.SendAsync(TokenScene.CallWith(provider.Token()))).Body.ShouldBe("{}");
        (await gateway.SendAsync(TokenScene.CallWith(other.Token()))).Body.ShouldBe("{}");
        (await gateway.SendAsync(TokenScene.CallWith(provider.Token()))).Body.ShouldContain("Rate limit exceeded");
        (await gateway.SendAsync(TokenScene.CallWith(other.Token()))).Body.ShouldContain("Rate limit exceeded");
        upstream.Received.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Token_OfOneIssuerSignedByAnother_IsRefused()
    {
        await using OidcProvider other = await OidcProvider.StartAsync(TestKey.OfAStranger);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using OidcProvider provider = await OidcProvider.StartAsync();
        await using GatewayFixture gateway = await StartWithTwoAsync(upstream, provider, other);

        (HttpStatusCode status, string body) = await gateway.SendAsync(TokenScene.CallWith(other.Key.Sign(provider.Claims())));

        status.ShouldBe(HttpStatusCode.Unauthorized);
        body.ShouldContain("the token's signature is wrong");
        upstream.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Request_TokensAndKeysTogether_EachIsJudgedByItsOwnKind()
    {
        await using TokenScene scene = await TokenScene.StartAsync(
            auth: ", failures: 100/1s, apiKeys: [{ user: alice, sha256: b0d6b3f8d3cdb3e6a2d6fbbd5ed09fe9f1d8f6d8cdf2ef3d4ab81ba22b93be6b }, "
                + $"{{ user: bob, sha256: {Sha256(GatewayFixture.AliceKey)} }}]");

        (await scene.StatusOfAsync(scene.Provider.Token())).ShouldBe(HttpStatusCode.OK);
        (await scene.StatusOfAsync(GatewayFixture.AliceKey)).ShouldBe(HttpStatusCode.OK);
        (await scene.CallAsync("wrong")).Body.ShouldContain("the API key is not known");
        (await scene.CallAsync(new TestKey("x", "ES256").Sign(scene.Provider.Claims()))).Body.ShouldContain("the token is signed by a key");
        (await scene.CallAsync(new string('.', 2) + new string('x', 20_000))).Body.ShouldContain("more than 16384 characters");
        (await scene.CallAsync(null)).Body.ShouldContain("neither a token nor an API key was sent");
    }

    [Fact]
    public async Task Request_KeyInItsOwnHeaderBesideAToken_IsTheKeysUser()
    {
        await using TokenScene scene = await TokenScene.StartAsync(
            "{ perUser: 1/1d }", auth: $", apiKeys: [{{ user: bob, sha256: {Sha256(GatewayFixture.AliceKey)} }}]");
        using HttpRequestMessage request = TokenScene.CallWith("for.the.upstream");
        request.Headers.Add("X-API-Key", GatewayFixture.AliceKey);

        (await scene.Gateway.SendAsync(request)).Body.ShouldBe("{}");

        scene.Upstream.Received.Single().Headers.Authorization.ToString().ShouldBe("Bearer for.the.upstream");
        (await scene.CallAsync(GatewayFixture.AliceKey)).Body.ShouldContain("Rate limit exceeded");
    }

    private static string With(TokenScene scene, string user, string claim, string value)
    {
        JsonObject claims = scene.Provider.Claims(user);
        claims[claim] = value;
        return scene.Provider.Key.Sign(claims);
    }

    private static Task<GatewayFixture> StartWithTwoAsync(FakeUpstream upstream, OidcProvider one, OidcProvider two) =>
        GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            auth:
              jwt:
                - { issuer: "{{one.Issuer}}", audience: "{{OidcProvider.Audience}}" }
                - { issuer: "{{two.Issuer}}", audience: "{{OidcProvider.Audience}}" }
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: { perUser: 1/1d } }
            """,
            new MovableClock());

    private static string Sha256(string key) => Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key)));
}
