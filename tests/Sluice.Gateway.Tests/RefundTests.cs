using System.Net;

namespace Sluice.Gateway.Tests;

/// <summary>Which calls get their tokens back, because they were certainly not made.</summary>
public sealed class RefundTests
{
    private const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}""";
    private const string OnePerDay = "{ shared: 1/1d }";

    [Fact]
    public async Task Call_ConnectionRefused_CostsNothing()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(new Uri($"http://127.0.0.1:{FreePort.Next()}/mcp"), OnePerDay);

        for (int call = 0; call < 3; call++)
        {
            (HttpStatusCode status, string body) = await gateway.SendAsync(GatewayFixture.Post(Call));
            status.ShouldBe(HttpStatusCode.BadGateway, body);
        }
    }

    [Fact]
    public async Task Call_ServerClosesTheConnectionWithoutAnAnswer_StaysCharged()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, OnePerDay);
        (await gateway.SendAsync(GatewayFixture.Post(Call))).Status.ShouldBe(HttpStatusCode.BadGateway);

        (await gateway.SendAsync(GatewayFixture.Post(Call))).Body.ShouldContain("Rate limit exceeded");
    }

    [Theory]
    [InlineData(404, true, true)]
    [InlineData(404, false, false)]
    [InlineData(400, true, false)]
    [InlineData(500, true, false)]
    [InlineData(429, true, false)]
    public async Task Call_StatusOfTheServer_IsRefundedForALostSessionOnly(int status, bool hasSession, bool isRefunded)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, OnePerDay);
        await gateway.SendAsync(Post(hasSession));

        HttpStatusCode second = (await gateway.SendAsync(Post(hasSession))).Status;

        second.ShouldBe(isRefunded ? (HttpStatusCode)status : HttpStatusCode.OK); // A legacy rejection is an error in 200.
        upstream.Received.Count.ShouldBe(isRefunded ? 2 : 1);
    }

    [Fact]
    public async Task Call_ModernWithStatus404_StaysCharged()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = 404; // In this revision it answers an unknown method, whatever sessions a client invents.
            return Task.CompletedTask;
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, OnePerDay);
        HttpRequestMessage Modern()
        {
            HttpRequestMessage request = Post(hasSession: true);
            request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
            return request;
        }

        await gateway.SendAsync(Modern());

        (await gateway.SendAsync(Modern())).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_StdioServerWithoutTheSession_CostsNothing(bool namesOne)
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(server: "    rateLimiting: { shared: 1/1d }");
        string session = await gateway.BeginAsync();

        for (int call = 0; call < 3; call++)
        {
            HttpRequestMessage lost = namesOne ? StdioGateway.Legacy("lost", Call) : GatewayFixture.Post(Call);
            (await gateway.Fixture.SendAsync(lost)).Status.ShouldBe(namesOne ? HttpStatusCode.NotFound : HttpStatusCode.BadRequest);
        }

        (await gateway.CallAsync(session, "1", "echo")).Body.ShouldNotContain("Rate limit exceeded");
        (await gateway.CallAsync(session, "2", "echo")).Body.ShouldContain("Rate limit exceeded");
    }

    [Fact]
    public async Task Call_CommandThatCannotBeStarted_CostsNothing()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            """
            listen: http://127.0.0.1:0
            servers:
              - { name: one, path: /mcp, upstream: { command: /does/not/exist }, rateLimiting: { shared: 1/1d } }
            """);
        HttpRequestMessage Modern()
        {
            HttpRequestMessage request = GatewayFixture.Post(Call);
            request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
            return request;
        }

        for (int call = 0; call < 3; call++)
        {
            (await gateway.SendAsync(Modern())).Status.ShouldBeOneOf(HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable);
        }
    }

    [Fact]
    public async Task Call_NotWrittenToAProcess_CostsNothing()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            """
            listen: http://127.0.0.1:0
            servers:
              - name: one
                path: /mcp
                maxRequestBytes: 33554432
                upstream: { command: sleep, args: [ '1000' ] }
                rateLimiting: { shared: 1/1d }
            """);
        string large = StdioGateway.Call("1", "x", $$"""{"text":"{{new string('x', ChildProgram.MaxQueuedBytes)}}"}""");

        for (int call = 0; call < 2; call++)
        {
            (HttpStatusCode status, string body) = await gateway.SendAsync(StdioGateway.Modern(large));
            status.ShouldBe(HttpStatusCode.ServiceUnavailable, body);
            body.ShouldContain("its process does not read what it is sent");
        }
    }

    private static HttpRequestMessage Post(bool hasSession)
    {
        HttpRequestMessage request = GatewayFixture.Post(Call);
        if (hasSession)
        {
            request.Headers.Add("Mcp-Session-Id", "lost");
        }

        return request;
    }
}
