using System.Net;

namespace Sluice.Gateway.Tests;

/// <summary>Answers whose end or head a server writes wrongly.</summary>
public sealed class FramingTests
{
    private const string Call = """{"jsonrpc":"2.0","id":"a7","method":"tools/call","params":{"name":"x"}}""";

    [Theory]
    [InlineData("200 OK", "Content-Length: 2\r\nContent-Length: 3\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: 2, 3\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: abc\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: -2\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: +2\r\n", "{}")]
    [InlineData("200 OK", "Content-Length:\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: 2,\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: 99999999999999999999\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: 2\r\nX-Odd: a\u0001b\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: 2\r\nX-Odd: a\u007fb\r\n", "{}")]
    [InlineData("200 O\rK", "Content-Length: 2\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: 2\r\nContent-Language: a\u0001b\r\n", "{}")]
    [InlineData("200 OK", "Content-Length: 2, abc\r\n", "{}")]
    [InlineData("200 O\u0001K", "Content-Length: 2\r\n", "{}")]
    [InlineData("204 No Content", "Content-Length: 2\r\n", "{}")]
    [InlineData("205 Reset Content", "Content-Length: 2\r\n", "{}")]
    [InlineData("101 Switching Protocols", "Connection: Upgrade\r\nUpgrade: websocket\r\n", "")]
    [InlineData("200 OK", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")]
    [InlineData("200 OK", "Bad Name: 1\r\nContent-Length: 2\r\n", "{}")]
    public async Task Post_AnswerThatCannotBeTrusted_Is502WithTheId(string status, string headers, string body)
    {
        await using RawUpstream upstream = RawUpstream.Start($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}\r\n{body}");
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        (HttpStatusCode seen, string answer) = await gateway.SendAsync(GatewayFixture.Post(Call));

        seen.ShouldBe(HttpStatusCode.BadGateway, answer);
        answer.ShouldBe(
            """{"jsonrpc":"2.0","id":"a7","error":{"code":-32603,"message":"The server 'one' did not answer: its answer is not valid HTTP."}}""");
    }

    [Theory]
    [InlineData("Content-Length: 2\r\nContent-Length: 2\r\n", "{}")]
    [InlineData("Content-Length: 2, 2\r\n", "{}")]
    [InlineData("Content-Length: 02\r\n", "{}")]
    [InlineData("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 5000\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Content-Length: abc\r\nTransfer-Encoding: CHUNKED\r\n", "2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 2\r\nX-Tab: a\tb\r\nX-Zero: a\0b\r\nX-Empty:\r\n", "{}")]
    [InlineData("Transfer-Encoding: chunked\r\nTrailer: X-After\r\n", "2\r\n{}\r\n0\r\nX-After: a\u0001b\r\n\r\n")]
    public async Task Post_AnswerWhoseEndIsKnown_Arrives(string headers, string body)
    {
        await using RawUpstream upstream = RawUpstream.Start($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}\r\n{body}");
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        (await gateway.SendAsync(GatewayFixture.Post(Call))).ShouldBe((HttpStatusCode.OK, "{}"));
        (await gateway.SendAsync(GatewayFixture.Post(Call))).ShouldBe((HttpStatusCode.OK, "{}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Length: 0\r\n")]
    public async Task Delete_NoContent_Arrives(string length)
    {
        await using RawUpstream upstream = RawUpstream.Start($"HTTP/1.1 204 No Content\r\n{length}\r\n");
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        (await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/mcp"))).ShouldBe((HttpStatusCode.NoContent, ""));
    }

    [Fact]
    public async Task Post_HeadWithoutItsBody_Is502WithTheId()
    {
        await using RawUpstream upstream = RawUpstream.Start(async (stream, _) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"u8.ToArray());
            stream.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        (HttpStatusCode status, string body) = await gateway.SendAsync(GatewayFixture.Post(Call));

        status.ShouldBe(HttpStatusCode.BadGateway);
        body.ShouldContain("\"id\":\"a7\"");
        body.ShouldContain("it broke off its answer");
    }
}
