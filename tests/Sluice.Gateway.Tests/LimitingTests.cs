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

    private static HttpRequestMessage Modern()
    {
        HttpRequestMessage request = GatewayFixture.Post(Call("x"));
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        return request;
    }

    private static string Call(string tool) =>
        $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\"}}}}";
}
