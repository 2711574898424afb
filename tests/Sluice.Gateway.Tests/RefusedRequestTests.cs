using System.Net;
using System.Text;

namespace Sluice.Gateway.Tests;

/// <summary>Nothing that the gateway cannot read as one message of a known caller reaches the upstream.</summary>
public sealed class RefusedRequestTests : IAsyncLifetime
{
    private FakeUpstream _upstream = null!;
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        _gateway = await GatewayFixture.StartAsync(_upstream.Endpoint);
    }

    public async Task DisposeAsync()
    {
        _upstream.Received.ShouldBeEmpty();
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("[]", 400, -32600)]
    [InlineData("{", 400, -32700)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}""", 400, -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}""", 400, -32602)]
    public async Task Post_NotOneMessage_IsAnsweredHere(string body, int status, int code)
    {
        (HttpStatusCode seen, string answer) = await _gateway.SendAsync(GatewayFixture.Post(body));

        ((int)seen).ShouldBe(status);
        answer.ShouldContain($"\"code\":{code},");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)]
    public async Task Post_AnotherMediaType_Is415(string? contentType)
    {
        HttpRequestMessage request = GatewayFixture.Post("{}");
        request.Content!.Headers.Remove("Content-Type");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        (HttpStatusCode status, string body) = await _gateway.SendAsync(request);

        status.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        body.ShouldContain(contentType is null ? "The request has no Content-Type." : "The Content-Type 'CT' is not supported.".Replace("CT", contentType, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_CompressedBody_Is415()
    {
        HttpRequestMessage request = GatewayFixture.Post("{}");
        request.Content!.Headers.ContentEncoding.Add("gzip");

        (HttpStatusCode status, string body) = await _gateway.SendAsync(request);

        status.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        body.ShouldContain("The Content-Encoding 'gzip' is not supported.");
    }

    [Fact]
    public async Task Post_LongOddMediaType_IsShownEscapedAndCut()
    {
        HttpRequestMessage request = GatewayFixture.Post("{}");
        request.Content!.Headers.Remove("Content-Type");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "x/\u00e4'" + new string('y', 200));

        (HttpStatusCode status, string body) = await _gateway.SendAsync(request);

        status.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        string message = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(body)
            .GetProperty("error").GetProperty("message").GetString()!;
        message.ShouldMatch(@"^The Content-Type 'x/(\\u00[0-9a-f]{2}){2,3}y{95,97}…' is not supported\.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_ToolNameOfTenMegabytes_Is413(bool chunked)
    {
        string name = new('x', 10 * 1024 * 1024);
        HttpRequestMessage request = GatewayFixture.Post(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":" """ + name + "\"}}");
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true; // So that the answer is read although the body is not.

        (HttpStatusCode status, string answer) = await _gateway.SendAsync(request);

        status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer.ShouldContain("The body is larger than 4194304 bytes.");
    }

    [Theory]
    [InlineData(1023, true)]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public async Task Post_BodyOfAServersOwnBound_IsReadUpToIt(int bytes, bool isRead)
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - { name: one, upstream: "{{_upstream.Endpoint}}", maxRequestBytes: 1024 }
            """);

        (HttpStatusCode status, _) = await gateway.SendAsync(GatewayFixture.Post("[]".PadRight(bytes)));

        status.ShouldBe(isRead ? HttpStatusCode.BadRequest : HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Post_HeadersThatDisagreeWhereTheyMustNot_Is400()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - { name: one, upstream: "{{_upstream.Endpoint}}", strictHeaders: true }
            """);
        HttpRequestMessage request = GatewayFixture.Post("""{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"a"}}""");
        request.Headers.Add("Mcp-Method", "ping");

        (await gateway.SendAsync(request)).ShouldBe((
            HttpStatusCode.BadRequest,
            """{"jsonrpc":"2.0","id":9,"error":{"code":-32020,"message":"The header 'Mcp-Method' is not the body's method."}}"""));
    }

    [Theory]
    [InlineData("evil.example", null)]
    [InlineData("127.0.0.1.evil.example", null)]
    [InlineData("127.0.0.1", "http://evil.example")]
    [InlineData("localhost", "null")]
    public async Task Request_ThroughAForeignName_Is403(string host, string? origin)
    {
        HttpRequestMessage request = GatewayFixture.Post("""{"jsonrpc":"2.0","id":1,"method":"ping"}""");
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("Origin", origin);

        (await _gateway.SendAsync(request)).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("TRACE")]
    public async Task Request_OfAnotherMethod_Is405(string method)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), "/mcp");
        using HttpResponseMessage response = await _gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["GET", "POST", "DELETE", "OPTIONS"]);
    }

    [Fact]
    public async Task Request_ToAnUnknownPath_Is404() =>
        (await _gateway.SendAsync(GatewayFixture.Post("{}", "/nobody/mcp"))).Status.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task Post_BodyThatStopsShort_EndsTheConnectionOnly()
    {
        using System.Net.Sockets.TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, _gateway.Address.Port);
        System.Net.Sockets.NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\""));
        client.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);

        (await ReadToEndAsync(stream)).ShouldBeEmpty();
        (await _gateway.SendAsync(GatewayFixture.Post("[]"))).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <summary>What comes before the connection ends, by a close or by a reset.</summary>
    private static async Task<byte[]> ReadToEndAsync(Stream stream)
    {
        using MemoryStream received = new();
        try
        {
            await stream.CopyToAsync(received);
        }
        catch (IOException exception) when (exception.InnerException is System.Net.Sockets.SocketException)
        {
            return received.ToArray();
        }

        return received.ToArray();
    }
}
