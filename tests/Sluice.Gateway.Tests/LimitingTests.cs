using System.Net;

namespace Sluice.Gateway.Tests;

public sealed class LimitingTests
{
    [Fact]
    public async Task Call_BeyondItsLimit_NeverReachesTheUpstream()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, "{ tools: [{ name: x, shared: 1/1d }] }");
        await gateway.SendAsync(GatewayFixture.Post(Call("x")));

        foreach (string disguise in new[] { "x", "X", " x ", "\\u0078" })
        {
            (await gateway.SendAsync(GatewayFixture.Post(Call(disguise)))).Body.ShouldContain("Rate limit exceeded: shared limit on tool 'x'", Case.Sensitive, disguise);
        }

        upstream.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Call_ModernEra_Is429WithRetryAfterAndLimitHeaders()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            upstream.Endpoint, "{ shared: 1/1d, headers: { mode: always, style: both } }");
        await gateway.SendAsync(Modern());

        using HttpResponseMessage response = await gateway.Client.SendAsync(Modern());

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(86_000, 86_400);
        response.Headers.GetValues("RateLimit-Policy").Single().ShouldBe("\"shared\";q=1;w=86400");
        response.Headers.GetValues("RateLimit").Single().ShouldStartWith("\"shared\";r=0;t=86");
        response.Headers.GetValues("X-RateLimit-Limit").Single().ShouldBe("1");
        response.Headers.GetValues("X-RateLimit-Remaining").Single().ShouldBe("0");
    }

    [Theory]
    [InlineData("draft11", "RateLimit;\"up\";r=7;t=30", "RateLimit-Policy,RateLimit")]
    [InlineData("draft11", "X-RateLimit-Limit;50", "RateLimit-Policy,RateLimit")]
    [InlineData("draft11", "X-Rate-Limit-Remaining;50", "RateLimit-Policy,RateLimit")]
    [InlineData("x-ratelimit", "RateLimit-Remaining;50", "X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset")]
    [InlineData("x-ratelimit", "X-RateLimit-Used;50", "X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset")]
    public async Task Call_ServerSendsLimitHeadersToo_ClientGetsThoseOfTheGatewayAlone(string style, string header, string names)
    {
        string[] sent = header.Split(';', 2);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            context.Response.Headers[sent[0]] = sent[1];
            return Task.CompletedTask;
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            upstream.Endpoint, $"{{ shared: 3/1d, headers: {{ mode: always, style: {style} }} }}");

        using HttpResponseMessage response = await gateway.Client.SendAsync(GatewayFixture.Post(Call("x")));

        response.Headers.Select(one => one.Key)
            .Where(name => name.Replace("-", "", StringComparison.Ordinal).Contains("RateLimit", StringComparison.OrdinalIgnoreCase))
            .ShouldBe(names.Split(','), ignoreOrder: true);
        response.Headers.GetValues(names.Split(',')[1]).Single().ShouldNotBe(sent[1]);
    }

    [Fact]
    public async Task Call_GatewaySendsNoLimitHeaders_ThoseOfTheServerPass()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            context.Response.Headers["X-RateLimit-Limit"] = "50";
            return Task.CompletedTask;
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, "{ shared: 3/1d }");

        using HttpResponseMessage response = await gateway.Client.SendAsync(GatewayFixture.Post(Call("x")));

        response.Headers.GetValues("X-RateLimit-Limit").Single().ShouldBe("50");
    }

    [Fact]
    public async Task Call_BeyondAPermissiveLimit_IsForwardedAndReported()
    {
        ManualTimeProvider time = new();
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", path: /mcp, rateLimiting: { shared: 1/1d, mode: permissive } }
            """,
            time);
        CapturedLog log = gateway.Capture();

        for (int call = 0; call < 3; call++)
        {
            (await gateway.SendAsync(GatewayFixture.Post(Call("x")))).Status.ShouldBe(HttpStatusCode.OK);
        }

        time.Advance(TimeSpan.FromMinutes(1));
        upstream.Received.Count.ShouldBe(3);
        log.Lines.Where(line => line.Contains("permissive")).ShouldBe(
        [
            "The permissive limit 'shared' of 'one' would now reject calls.",
            "The permissive limit 'shared' of 'one' would have rejected 2 calls since the last report.",
        ]);
    }

    [Fact]
    public async Task Call_AsNotificationBeyondItsLimit_IsDropped()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, "{ shared: 1/1d }");
        const string Notification = """{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x"}}""";
        await gateway.SendAsync(GatewayFixture.Post(Notification));

        (HttpStatusCode status, string body) = await gateway.SendAsync(GatewayFixture.Post(Notification));

        status.ShouldBe(HttpStatusCode.Accepted);
        body.ShouldBeEmpty();
        upstream.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Response_OfTheClient_IsNeverMetered()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, "{ shared: 1/1d, meter: all }");

        for (int i = 0; i < 3; i++)
        {
            await gateway.SendAsync(GatewayFixture.Post("""{"jsonrpc":"2.0","id":1,"result":{}}"""));
        }

        upstream.Received.Count.ShouldBe(3);
    }

    internal static HttpRequestMessage Modern()
    {
        HttpRequestMessage request = GatewayFixture.Post(Call("x"));
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        return request;
    }

    private static string Call(string tool) =>
        $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\"}}}}";
}
