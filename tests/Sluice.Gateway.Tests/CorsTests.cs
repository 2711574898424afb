using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>What a web page may read. Pages of this machine pass the guard against DNS rebinding without being configured.</summary>
public sealed class CorsTests
{
    private const string Page = "http://localhost:6274";
    private const string OtherPage = "http://localhost:9";
    private const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}""";

    [Theory]
    [InlineData(Page)]
    [InlineData("*")]
    public async Task Rejection_OriginThatTheServerAllows_IsReadable(string allowed)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(Opens(allowed));
        await using GatewayFixture gateway = await StartAsync(upstream);
        (await SendAsync(gateway, Preflight(Page))).Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe(allowed);
        await SendAsync(gateway, Post(Page, key: true));

        HttpResponseMessage[] own =
        [
            await SendAsync(gateway, Post(Page, key: true)),
            await SendAsync(gateway, Post(Page, key: true, version: "2026-07-28")),
            await SendAsync(gateway, Post(Page, key: false)),
            await SendAsync(gateway, With(Post(Page, key: true), request => request.Content = new StringContent("x"))),
        ];

        own.Select(answer => (int)answer.StatusCode).ShouldBe([200, 429, 401, 415]);
        foreach (HttpResponseMessage answer in own)
        {
            answer.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe(Page);
            answer.Headers.Vary.ShouldContain("Origin");
            answer.Headers.GetValues("Access-Control-Expose-Headers").Single().Split(", ").ShouldBe(
                [
                    "Mcp-Session-Id", "Retry-After", "WWW-Authenticate", "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit",
                    "X-RateLimit-Remaining", "X-RateLimit-Reset",
                ],
                ignoreOrder: true);
        }
    }

    [Fact]
    public async Task Rejection_OriginThatTheServerDoesNotAllow_IsNotReadable()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(Opens(Page));
        await using GatewayFixture gateway = await StartAsync(upstream);
        await SendAsync(gateway, Preflight(Page));
        await SendAsync(gateway, Preflight(OtherPage));

        HttpResponseMessage other = await SendAsync(gateway, Post(OtherPage, key: false));

        other.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        other.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        (await SendAsync(gateway, Post(Page, key: false))).Headers.Contains("Access-Control-Allow-Origin").ShouldBeTrue();
    }

    [Fact]
    public async Task Rejection_ServerThatAllowsTheOriginNoLonger_IsNotReadable()
    {
        string? allowed = Page;
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => Opens(allowed)(context));
        await using GatewayFixture gateway = await StartAsync(upstream);
        await SendAsync(gateway, Preflight(Page));
        allowed = null;
        await SendAsync(gateway, Preflight(Page));

        (await SendAsync(gateway, Post(Page, key: false))).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task Error_InPlaceOfAnAnswerOfAServerThatAllowsTheOrigin_IsReadable()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            if (HttpMethods.IsPost(context.Request.Method))
            {
                context.Abort();
            }

            return Opens(Page)(context);
        });
        await using GatewayFixture gateway = await StartAsync(upstream);
        await SendAsync(gateway, Preflight(Page));

        for (int call = 0; call < 2; call++) // An error of the gateway says nothing about what the server allows.
        {
            HttpResponseMessage error = await SendAsync(
                gateway, With(Post(Page, key: true), request => request.Content = new StringContent(
                    """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"))));

            error.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
            error.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe(Page);
            error.Headers.GetValues("Access-Control-Expose-Headers").ShouldHaveSingleItem();
        }
    }

    [Fact]
    public async Task Answer_OfAServerWithoutCors_IsReadableByAConfiguredOriginAlone()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = HttpMethods.IsOptions(context.Request.Method) ? 405 : 200;
            return Task.CompletedTask;
        });
        await using GatewayFixture gateway = await StartAsync(upstream, $"cors: {{ origins: '{Page}' }}");

        HttpResponseMessage preflight = await SendAsync(gateway, With(
            Preflight(Page), request => request.Headers.Add("Access-Control-Request-Headers", "content-type, mcp-session-id")));
        preflight.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        preflight.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe(Page);
        preflight.Headers.GetValues("Access-Control-Allow-Headers").Single().ShouldBe("content-type, mcp-session-id");
        preflight.Headers.GetValues("Access-Control-Allow-Methods").Single().ShouldContain("DELETE");
        upstream.Received.ShouldBeEmpty();
        (await SendAsync(gateway, Post(Page, key: true))).Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe(Page);

        (await SendAsync(gateway, Preflight(OtherPage))).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        (await SendAsync(gateway, Post(OtherPage, key: true))).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task Request_OfAConfiguredOriginOfAnotherMachine_PassesTheGuardAndOthersDoNot()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await StartAsync(upstream, "cors: { origins: ['https://app.example.com'] }");

        (await SendAsync(gateway, Post("https://app.example.com", key: true))).StatusCode.ShouldBe(HttpStatusCode.OK);

        HttpResponseMessage foreign = await SendAsync(gateway, Post("https://evil.example.com", key: true));
        foreign.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        foreign.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        HttpResponseMessage rebound = await SendAsync(
            gateway, With(Post("https://app.example.com", key: true), request => request.Headers.Host = "evil.example.com"));
        rebound.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        rebound.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe("https://app.example.com");
    }

    [Fact]
    public async Task Answer_OfAServerThatIsDown_IsReadableByAConfiguredOrigin()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            cors: { origins: '{{Page}}' }
            servers:
              - { name: one, path: /mcp, upstream: "http://127.0.0.1:1/mcp" }
            """);

        HttpResponseMessage answer = await SendAsync(gateway, Post(Page, key: false));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        answer.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe(Page);
    }

    [Fact]
    public async Task Answer_RequestWithoutOrigin_HasNoCorsHeaders()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await StartAsync(upstream, $"cors: {{ origins: '{Page}' }}");

        HttpResponseMessage answer = await SendAsync(gateway, GatewayFixture.Post(Call));

        answer.Headers.Any(header => header.Key.StartsWith("Access-Control", StringComparison.Ordinal)).ShouldBeFalse();
    }

    private static Task<GatewayFixture> StartAsync(FakeUpstream upstream, string cors = "") => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        auth: { apiKeys: [{ user: alice, sha256: {{GatewayFixture.HashOf(GatewayFixture.AliceKey)}} }] }
        {{cors}}
        servers:
          - { name: one, path: /mcp, upstream: "{{upstream.Endpoint}}", rateLimiting: { perUser: 1/1d } }
        """);

    private static RequestDelegate Opens(string? origin) => context =>
    {
        if (origin is not null)
        {
            context.Response.Headers.AccessControlAllowOrigin = origin;
        }

        return Task.CompletedTask;
    };

    private static async Task<HttpResponseMessage> SendAsync(GatewayFixture gateway, HttpRequestMessage request) =>
        await gateway.Client.SendAsync(request);

    private static HttpRequestMessage Preflight(string origin)
    {
        HttpRequestMessage request = new(HttpMethod.Options, "/mcp");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        return request;
    }

    private static HttpRequestMessage Post(string origin, bool key, string version = "2025-11-25")
    {
        HttpRequestMessage request = GatewayFixture.Post(Call);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("MCP-Protocol-Version", version);
        if (key)
        {
            request.Headers.Add("X-API-Key", GatewayFixture.AliceKey);
        }

        return request;
    }

    private static HttpRequestMessage With(HttpRequestMessage request, Action<HttpRequestMessage> change)
    {
        change(request);
        return request;
    }
}
