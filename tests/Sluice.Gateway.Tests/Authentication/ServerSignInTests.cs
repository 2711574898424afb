using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>A server that signs in its callers itself, behind a gateway that does not.</summary>
public sealed class ServerSignInTests
{
    private const string Root = "/.well-known/oauth-protected-resource";

    [Theory]
    [InlineData("", "/mcp", null)]
    [InlineData("auth: { publicUrl: \"https://example.com/tools\" }", "/mcp", "https://example.com/tools")]
    [InlineData("auth: { publicUrl: \"https://example.com\" }", "/one/mcp", "https://example.com")]
    public async Task Challenge_OfTheServer_LeadsToMetadataWithThePublicAddress(string auth, string path, string? publicUrl)
    {
        await using FakeUpstream upstream = await StartServerAsync(Root + "/mcp");
        await using GatewayFixture gateway = await StartAsync(auth, upstream);
        string address = publicUrl ?? gateway.Address.GetLeftPart(UriPartial.Authority);

        using HttpResponseMessage response = await gateway.Client.SendAsync(GatewayFixture.Post(TokenScene.Call, path));

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.GetValues("WWW-Authenticate").ShouldBe(
            [$"Bearer error=\"invalid_token\", resource_metadata=\"{address}{Root}{path}\", scope=\"a\"", "Basic realm=\"x\""]);
        (HttpStatusCode status, string body) = await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root + path));
        status.ShouldBe(HttpStatusCode.OK);
        body.ShouldBe(
            $"{{\"resource\":\"{address}{path}\",\"authorization_servers\":[\"https://login.example.com\"],\"x\":{{\"n\":1.50}}}}");
    }

    [Theory]
    [InlineData(Root, HttpStatusCode.OK)]
    [InlineData("/elsewhere", HttpStatusCode.NotFound)]
    public async Task Metadata_AtTheServersRootAlone_IsFound(string at, HttpStatusCode expected)
    {
        await using FakeUpstream upstream = await StartServerAsync(at);
        await using GatewayFixture gateway = await StartAsync("", upstream);

        (await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root + "/mcp"))).Status.ShouldBe(expected);
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("redirect")]
    [InlineData("away")]
    public async Task Metadata_ThatTheServerCannotGive_Is502(string kind)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.StatusCode = kind == "away" ? 503 : 200;
            if (kind == "redirect")
            {
                context.Response.Redirect("http://127.0.0.1:1/");
            }

            await context.Response.WriteAsync(kind);
        });
        await using GatewayFixture gateway = await StartAsync("", upstream);

        (HttpStatusCode status, string body) = await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root + "/mcp"));

        status.ShouldBe(HttpStatusCode.BadGateway);
        body.ShouldContain("gave no metadata that can be read.");
    }

    [Fact]
    public async Task Challenge_OfAServerWhoseCallersHaveKeysOfTheGateway_IsLeftAlone()
    {
        await using FakeUpstream upstream = await StartServerAsync(Root + "/mcp");
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, "{ perUser: 9/1d }");
        using HttpRequestMessage request = GatewayFixture.Post(TokenScene.Call);
        request.Headers.Add("X-API-Key", GatewayFixture.AliceKey);

        using HttpResponseMessage response = await gateway.Client.SendAsync(request);

        response.Headers.GetValues("WWW-Authenticate").First().ShouldContain("http://internal:3001");
        (await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Get, Root + "/mcp"))).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("", null, null, null)]
    [InlineData("auth: { publicUrl: \"https://example.com:8443/tools\" }", "https", "example.com:8443", "/tools")]
    [InlineData("auth: { publicUrl: \"https://example.com\" }", "https", "example.com", null)]
    public async Task Server_WithAPublicUrl_IsToldIt(string auth, string? scheme, string? host, string? prefix)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await StartAsync(auth, upstream);
        using HttpRequestMessage request = GatewayFixture.Post(TokenScene.Call);
        request.Headers.Add("X-Forwarded-Host", "invented.example.com");

        await gateway.SendAsync(request);

        IHeaderDictionary headers = upstream.Received.Single().Headers;
        ((string?)headers["X-Forwarded-Proto"]).ShouldBe(scheme);
        ((string?)headers["X-Forwarded-Host"]).ShouldBe(host);
        ((string?)headers["X-Forwarded-Prefix"]).ShouldBe(prefix);
    }

    private static Task<GatewayFixture> StartAsync(string auth, FakeUpstream upstream) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        {{auth}}
        servers:
          - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: { shared: 1000/1d } }
        """);

    private static Task<FakeUpstream> StartServerAsync(string metadataAt) => FakeUpstream.StartAsync(async context =>
    {
        string path = context.Request.Path.Value!;
        if (path == "/mcp")
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = new(
            [
                $"Bearer error=\"invalid_token\", resource_metadata=\"http://internal:3001{Root}/mcp\", scope=\"a\"",
                "Basic realm=\"x\"",
            ]);
        }
        else if (path == metadataAt)
        {
            await context.Response.WriteAsync(
                "{\"resource\":\"http://internal:3001/mcp\",\"authorization_servers\":[\"https://login.example.com\"],\"x\":{\"n\":1.50}}");
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    });
}
