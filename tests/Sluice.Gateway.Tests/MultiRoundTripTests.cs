using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>A call that asks its client for input costs as much as any other: its last leg is charged, the others are refunded.</summary>
public sealed class MultiRoundTripTests
{
    private const string Asks = """{"jsonrpc":"2.0","id":1,"result":{"inputRequests":{},"resultType":"input_required"}}""";
    private const string Done = """{"jsonrpc":"2.0","id":1,"result":{"content":[],"resultType":"complete"}}""";
    private const string OnePerDay = "{ tools: [{ name: book, shared: 1/1d }] }";

    [Theory]
    [InlineData("application/json", false)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("text/event-stream", false)]
    [InlineData("text/event-stream", true)]
    public async Task Call_ServerAsksForInput_LastLegAloneIsCharged(string type, bool inPieces)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => AnswerAsync(context, type, inPieces));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, OnePerDay);

        (await gateway.SendAsync(Leg(""))).Body.ShouldContain("input_required");
        (await gateway.SendAsync(Leg(""))).Body.ShouldContain("input_required");
        (await gateway.SendAsync(Leg(",\"inputResponses\":{}"))).Body.ShouldContain("complete");

        (await gateway.SendAsync(Leg(""))).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Call_ContinuationThatTheClientInvents_IsCharged()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json(Done));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, OnePerDay);
        const string Invented = ",\"inputResponses\":{\"a\":{}},\"requestState\":\"s\",\"resultType\":\"input_required\"";

        (await gateway.SendAsync(Leg(Invented))).Body.ShouldContain("complete");

        (await gateway.SendAsync(Leg(Invented))).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Call_ToolThatRepeatsTheWordsOfItsCaller_StaysCharged()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json(
            """{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"resultType":"input_required"},"resultType":"complete"}}"""));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, OnePerDay);
        await gateway.SendAsync(Leg(""));

        (await gateway.SendAsync(Leg(""))).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Call_OfAnOlderRevision_StaysCharged()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json(Asks));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, OnePerDay);
        await gateway.SendAsync(GatewayFixture.Post(Call("")));

        (await gateway.SendAsync(GatewayFixture.Post(Call("")))).Body.ShouldContain("Rate limit exceeded");
    }

    [Fact]
    public async Task Call_ClientThatTakesCompressedAnswers_GetsOneThatCanBeWatched()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json(Asks));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, OnePerDay);
        HttpRequestMessage request = Leg("");
        request.Headers.AcceptEncoding.ParseAdd("gzip, br");

        await gateway.SendAsync(request);

        upstream.Received.Single().Headers.AcceptEncoding.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Call_EveryLimitOfIt_GetsItsTokensBackOnce()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json(Asks));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            upstream.Endpoint, "{ shared: 3/1d, headers: always, cost: 2, tools: [{ name: book, shared: 2/1d }] }");

        for (int leg = 0; leg < 3; leg++)
        {
            using HttpResponseMessage response = await gateway.Client.SendAsync(Leg(""));
            response.Headers.GetValues("RateLimit").Single().ShouldStartWith("\"shared\";r=1;");
        }
    }

    private static async Task AnswerAsync(HttpContext context, string type, bool inPieces)
    {
        string answer = context.Request.Headers["X-Leg"] == "last" ? Done : Asks;
        context.Response.ContentType = type;
        byte[] bytes = Encoding.UTF8.GetBytes(type.StartsWith("text", StringComparison.Ordinal)
            ? $"data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{{}}}}\n\ndata: {answer}\n\n"
            : answer);
        foreach (byte[] piece in bytes.Chunk(inPieces ? 7 : bytes.Length))
        {
            await context.Response.Body.WriteAsync(piece);
            await context.Response.Body.FlushAsync();
        }
    }

    private static HttpRequestMessage Leg(string more)
    {
        HttpRequestMessage request = GatewayFixture.Post(Call(more));
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("X-Leg", more.Length == 0 ? "first" : "last");
        return request;
    }

    private static string Call(string more) =>
        $$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"book","arguments":{} {{more}} } }""";
}
