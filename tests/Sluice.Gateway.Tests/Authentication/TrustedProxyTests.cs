using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>The gateway believes a proxy on 127.0.0.2, and no proxy on 127.0.0.1.</summary>
public sealed class TrustedProxyTests : IAsyncLifetime
{
    private const string Call = TokenScene.Call;
    private FakeUpstream _upstream = null!;
    private GatewayFixture _gateway = null!;
    private HttpClient _proxy = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        _gateway = await StartAsync("{ perUser: 2/1d }", "");
        _proxy = _gateway.ClientFrom(IPAddress.Parse("127.0.0.2"));
    }

    public async Task DisposeAsync()
    {
        _proxy.Dispose();
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Identity_FromTheProxy_IsBelievedAndTravelsOn()
    {
        (await SendAsync(_proxy, ("X-Auth-User", "alice"))).Body.ShouldBe("{}");
        (await SendAsync(_proxy, ("x-auth-user", " alice "))).Body.ShouldBe("{}");
        (await SendAsync(_proxy, ("X-Auth-User", "alice"))).Body.ShouldContain("Rate limit exceeded: perUser");
        (await SendAsync(_proxy, ("X-Auth-User", "Alice"))).Body.ShouldBe("{}");

        _upstream.Received.First().Headers["X-Auth-User"].ToString().ShouldBe("alice");
    }

    [Fact]
    public async Task Identity_InTwoSpellingsOfUtf8_IsOneCaller()
    {
        (await SendAsync(_proxy, ("X-Auth-User", "\u00E9va"))).Body.ShouldBe("{}");
        (await SendAsync(_proxy, ("X-Auth-User", "e\u0301va"))).Body.ShouldBe("{}");
        (await SendAsync(_proxy, ("X-Auth-User", "\u00E9va"))).Body.ShouldContain("Rate limit exceeded: perUser");
    }

    [Theory]
    [InlineData("X-Auth-User")]
    [InlineData("x-AUTH-user")]
    [InlineData("X_Auth_User")]
    public async Task Identity_FromAnybodyElse_IsNeitherBelievedNorForwarded(string header)
    {
        (HttpStatusCode status, string body) = await SendAsync(_gateway.Client, (header, "alice"));

        status.ShouldBe(HttpStatusCode.Unauthorized);
        body.ShouldContain("no trusted proxy says who calls");
        _upstream.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Identity_ForwardedForByAnybodyElse_DoesNotMakeATrustedAddress()
    {
        (await SendAsync(_gateway.Client, ("X-Auth-User", "alice"), ("X-Forwarded-For", "127.0.0.2"))).Status
            .ShouldBe(HttpStatusCode.Unauthorized);
        _upstream.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Identity_WithUnderscoresByWayOfTheProxy_IsTheClientsOwnInvention()
    {
        (await SendAsync(_proxy, ("X_Auth_User", "alice"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync(_proxy, ("X-Auth-User", "bob"), ("X_Auth_User", "alice"))).Body.ShouldBe("{}");

        _upstream.Received.Single().Headers.ShouldNotContainKey("X_Auth_User");
    }

    [Fact]
    public async Task Identity_Twice_IsRefused()
    {
        string answer = await RawRequest.PostAsync(
            _gateway.Address, IPAddress.Parse("127.0.0.2"), Call, "X-Auth-User: alice", "X-Auth-User: bob");

        answer.ShouldStartWith("HTTP/1.1 401 ");
        answer.ShouldContain("the header X-Auth-User is there twice");
        _upstream.Received.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "no trusted proxy says who calls")]
    [InlineData(null, "no trusted proxy says who calls")]
    public async Task Identity_Empty_IsNotACaller(string? user, string why)
    {
        (HttpStatusCode status, string body) = await SendAsync(_proxy, ("X-Auth-User", user), ("X-Auth-Tenant", "acme"));

        status.ShouldBe(HttpStatusCode.Unauthorized);
        body.ShouldContain(why);
    }

    [Fact]
    public async Task Identity_ThatIsNotUtf8OrTooLong_IsRefused()
    {
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:10.0.0.1");
        ProxyAuthenticator authenticator = new(
            new TrustedProxies([IPNetwork.Parse("10.0.0.0/8")]),
            new() { From = [IPNetwork.Parse("10.0.0.0/8")], UserHeader = "X-Auth-User" },
            userSpansTenants: false,
            claimNames: []);

        context.Request.Headers["X-Auth-User"] = "\u00E9va";
        (await authenticator.AuthenticateAsync(context, "one")).Failure.ShouldBe("the header X-Auth-User is not UTF-8");
        context.Request.Headers["X-Auth-User"] = new string('x', 1_025);
        (await authenticator.AuthenticateAsync(context, "one")).Failure.ShouldBe("the header X-Auth-User has more than 1024 characters");
        context.Request.Headers["X-Auth-User"] = new string('x', 1_024);
        (await authenticator.AuthenticateAsync(context, "one")).Caller!.Subject!.Length.ShouldBe(1_024);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("identity: { userAcrossTenants: true }", true)]
    public async Task Identity_OneNameInTwoTenants_IsTwoUsersUnlessConfigured(string identity, bool isOne)
    {
        await using GatewayFixture gateway = await StartAsync("{ perUser: 1/1d }", "", identity);
        using HttpClient proxy = gateway.ClientFrom(IPAddress.Parse("127.0.0.2"));

        (await SendAsync(proxy, ("X-Auth-User", "a"), ("X-Auth-Tenant", "acme"))).Body.ShouldBe("{}");
        (await SendAsync(proxy, ("X-Auth-User", "a"), ("X-Auth-Tenant", "acme"))).Body.ShouldContain("exceeded: perUser");
        (await SendAsync(proxy, ("X-Auth-User", "a"), ("X-Auth-Tenant", "other"))).Body
            .Contains("exceeded: perUser", StringComparison.Ordinal).ShouldBe(isOne);
    }

    [Fact]
    public async Task Identity_TenantAndClient_AreBelievedToo()
    {
        await using GatewayFixture gateway = await StartAsync("{ perTenant: 1/1d, perClient: 1/1d, missingIdentity: skip }", "");
        using HttpClient proxy = gateway.ClientFrom(IPAddress.Parse("127.0.0.2"));

        (await SendAsync(proxy, ("X-Auth-User", "a"), ("X-Auth-Tenant", "acme"))).Body.ShouldBe("{}");
        (await SendAsync(proxy, ("X-Auth-User", "b"), ("X-Auth-Tenant", "acme"))).Body.ShouldContain("exceeded: perTenant");
        (await SendAsync(proxy, ("X-Auth-User", "a"), ("X-Auth-Client", "ide"))).Body.ShouldBe("{}");
        (await SendAsync(proxy, ("X-Auth-User", "b"), ("X-Auth-Client", "ide"))).Body.ShouldContain("exceeded: perClient");
    }

    [Fact]
    public async Task ForwardedHeaders_FromTheProxy_GrowByItsAddress()
    {
        await SendAsync(
            _proxy,
            ("X-Auth-User", "alice"),
            ("X-Forwarded-For", "203.0.113.9, 198.51.100.7"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "mcp.example.com"),
            ("Forwarded", "for=203.0.113.9"));

        IHeaderDictionary seen = _upstream.Received.Single().Headers;
        seen["X-Forwarded-For"].ToString().ShouldBe("203.0.113.9, 198.51.100.7, 127.0.0.2");
        seen["X-Forwarded-Proto"].ToString().ShouldBe("https");
        seen["X-Forwarded-Host"].ToString().ShouldBe("mcp.example.com");
        seen["Forwarded"].ToString().ShouldBe("for=203.0.113.9");
    }

    [Fact]
    public async Task ForwardedHeaders_AbsentBehindTheProxy_AreWhatTheGatewaySaw()
    {
        await SendAsync(_proxy, ("X-Auth-User", "alice"));

        IHeaderDictionary seen = _upstream.Received.Single().Headers;
        seen["X-Forwarded-For"].ToString().ShouldBe("127.0.0.2");
        seen["X-Forwarded-Proto"].ToString().ShouldBe("http");
        seen["X-Forwarded-Host"].ToString().ShouldBe(_gateway.Address.Authority);
    }

    [Theory]
    [InlineData("")]
    [InlineData("auth: { trustedProxy: { from: 127.0.0.2 } }")]
    public async Task ForwardedHeaders_FromAnybodyElse_AreNeitherBelievedNorForwarded(string auth)
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            {{auth}}
            servers:
              - { name: one, upstream: "{{_upstream.Endpoint}}" }
            """);

        await SendAsync(
            gateway.Client,
            ("X-Forwarded-For", "203.0.113.9"),
            ("x-forwarded-proto", "https"),
            ("X-Forwarded-Host", "mcp.example.com"),
            ("X-Forwarded-Prefix", "/a"),
            ("X_Forwarded_For", "203.0.113.9"),
            ("X-Real-IP", "203.0.113.9"),
            ("Forwarded", "for=203.0.113.9"),
            ("X-Kept", "1"));

        IHeaderDictionary seen = _upstream.Received.Single().Headers;
        seen["X-Kept"].ToString().ShouldBe("1");
        seen.Keys.ShouldNotContain(name => name.Contains("Forwarded", StringComparison.OrdinalIgnoreCase) || name == "X-Real-IP");
    }

    [Fact]
    public async Task Request_PastTheProxyWithAKey_IsTheKeysUser()
    {
        string hash = Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(GatewayFixture.AliceKey)));
        await using GatewayFixture gateway = await StartAsync("{ perUser: 1/1d }", $", apiKeys: [{{ user: alice, sha256: {hash} }}]");
        using HttpClient proxy = gateway.ClientFrom(IPAddress.Parse("127.0.0.2"));

        (await SendAsync(gateway.Client, ("X-API-Key", GatewayFixture.AliceKey), ("X-Auth-User", "bob"))).Body.ShouldBe("{}");
        (await SendAsync(proxy, ("X-API-Key", GatewayFixture.AliceKey))).Body.ShouldContain("Rate limit exceeded");
        (await SendAsync(proxy, ("X-Auth-User", "alice"))).Body.ShouldBe("{}", "this alice is of another issuer");
    }

    private Task<GatewayFixture> StartAsync(string rateLimiting, string auth, string identity = "") => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        {{identity}}
        auth:
          { trustedProxy:
              { from: [127.0.0.2, 10.0.0.0/8], userHeader: X-Auth-User, tenantHeader: X-Auth-Tenant, clientHeader: X-Auth-Client }{{auth}} }
        servers:
          - { name: one, upstream: "{{_upstream.Endpoint}}", rateLimiting: {{rateLimiting}} }
        """);

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(
        HttpClient client, params (string Name, string? Value)[] headers)
    {
        using HttpRequestMessage request = GatewayFixture.Post(Call);
        foreach ((string name, string? value) in headers)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
            }
        }

        using HttpResponseMessage response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
