using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>What only a socket can send: requests behind one another, inside one another, and by the drop.</summary>
public sealed class RawHttpTests : IAsyncLifetime
{
    private const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}""";
    private const string Ping = """{"jsonrpc":"2.0","id":2,"method":"ping"}""";

    private FakeUpstream _upstream = null!;
    private GatewayFixture _gateway = null!;

    private IEnumerable<string> Forwarded => _upstream.Received.Select(request => Encoding.UTF8.GetString(request.Body));

    public async Task InitializeAsync()
    {
        _upstream = await FakeUpstream.StartAsync(async context =>
        {
            if (HttpMethods.IsGet(context.Request.Method))
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            await context.Response.WriteAsync("{}");
        });
        _gateway = await StartAsync(ServingBounds.Default);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Requests_Pipelined_AreMeteredOneByOneAndAnsweredInOrder()
    {
        string answers = await SpeakAsync(Post(Call) + Post(Call) + Post(Call) + Post(Ping, last: true));

        Forwarded.ShouldBe([Call, Call, Ping]);
        answers.Split("HTTP/1.1 200 OK").Length.ShouldBe(5);
        answers.IndexOf("Rate limit exceeded", StringComparison.Ordinal).ShouldBeInRange(1, answers.LastIndexOf("HTTP/1.1", StringComparison.Ordinal));
    }

    /// <summary>A body that one reader of HTTP takes for the end of the request, and another for its beginning.</summary>
    [Theory]
    [InlineData("Content-Length: 40\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Content-Length: 40\r\nContent-Length: 0\r\n")]
    [InlineData("Content-Length: 0, 40\r\n")]
    [InlineData("Content-Length: +40\r\n")]
    [InlineData("Content-Length: 4 0\r\n")]
    [InlineData("Content-Length: 40, and more than a number has digits\r\n")]
    [InlineData("content-length: 00000000000000000000000000000000000040x\r\n")]
    [InlineData("Content-Length: \u00ff\u00fe\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n")]
    [InlineData("Transfer-Encoding:\u000bchunked\r\n")]
    [InlineData(" Content-Length: 40\r\n")]
    public async Task Request_WhoseEndIsDisputed_NeverSmugglesAnother(string length)
    {
        string request = $"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{length}\r\n";

        string answers = await SpeakAsync(request + "0\r\n\r\n" + Post(Call, last: true));

        Forwarded.ShouldBeEmpty();
        answers.ShouldStartWith("HTTP/1.1 400");
        answers.Split("HTTP/1.1 400 ").Length.ShouldBe(answers.Split("HTTP/1.1 ").Length, answers);
    }

    [Theory]
    [InlineData("GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n", 400)]
    [InlineData("GET /mcp HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET http://evil.example/mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400)]
    [InlineData("GET /mcp HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403)]
    [InlineData("GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\n\r\n", 403)]
    [InlineData("GET /one/../mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\n\r\n", 403)]
    [InlineData("GET /%6dcp/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404)]
    [InlineData("CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400)]
    public async Task Request_ForAnotherHost_IsRefused(string request, int status)
    {
        string answer = await SpeakAsync(request.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal));

        Forwarded.ShouldBeEmpty();
        answer.ShouldStartWith(status == 400 ? "HTTP/1.1 4" : $"HTTP/1.1 {status}");
    }

    [Theory]
    [InlineData(70_000, 1)]
    [InlineData(1, 200)]
    public async Task Request_WithHeadersBeyondTheBounds_Is431(int length, int count)
    {
        string headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: {new string('x', length)}\r\n"));

        string answer = await SpeakAsync($"GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n");

        answer.ShouldStartWith("HTTP/1.1 431");
        Forwarded.ShouldBeEmpty();
    }

    [Fact]
    public async Task Head_ThatComesTooSlowly_Is408()
    {
        await using GatewayFixture impatient = await StartAsync(new ServingBounds { HeadTime = TimeSpan.FromSeconds(1) });

        string answer = await SpeakAsync("POST /mcp HTTP/1.1\r\nHost: 127.0", impatient);

        answer.ShouldStartWith("HTTP/1.1 408");
        await Eventually.HoldsAsync(() => PingsAsync(impatient)); // On a busy machine, the head of a ping may be late as well.
    }

    [Fact]
    public async Task Body_ThatComesTooSlowly_Is408()
    {
        await using GatewayFixture impatient = await StartAsync(
            new ServingBounds { BodyGrace = TimeSpan.FromMilliseconds(1_100), BytesPerSecond = 1_000 }); // The server looks once a second.
        string request = Post(Call);

        string answer = await SpeakAsync(request[..^10], impatient);

        answer.ShouldStartWith("HTTP/1.1 408");
        answer.ShouldContain("""{"error":"The body came too slowly."}""");
        Forwarded.ShouldBeEmpty();
        await Eventually.HoldsAsync(() => PingsAsync(impatient));
    }

    [Fact]
    public async Task Streams_AThousandIdleOnes_LeaveRoomForCallsAndNoneForAnother()
    {
        List<HttpResponseMessage> open = [];
        try
        {
            foreach (HttpResponseMessage[] some in await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => OpenAsync(100))))
            {
                open.AddRange(some);
            }

            open.ShouldAllBe(response => response.StatusCode == HttpStatusCode.OK);
            HttpResponseMessage[] further = await OpenAsync(1);
            open.AddRange(further);
            further[0].StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await PingsAsync(_gateway)).ShouldBeTrue();
        }
        finally
        {
            open.ForEach(response => response.Dispose());
        }
    }

    private async Task<HttpResponseMessage[]> OpenAsync(int count)
    {
        List<HttpResponseMessage> open = [];
        for (int i = 0; i < count; i++)
        {
            open.Add(await _gateway.Client.GetAsync(new Uri("/mcp", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead));
        }

        return [.. open];
    }

    private Task<GatewayFixture> StartAsync(ServingBounds bounds) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        streams: { total: 1000 }
        servers:
          - { name: one, upstream: "{{_upstream.Endpoint}}", rateLimiting: { tools: [{ name: search, shared: 2/1d }] } }
        """,
        TimeProvider.System,
        bounds);

    private static async Task<bool> PingsAsync(GatewayFixture gateway) =>
        (await gateway.SendAsync(GatewayFixture.Post(Ping))).Status == HttpStatusCode.OK;

    private static string Post(string body, bool last = false) =>
        $"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{(last ? "Connection: close\r\n" : "")}"
        + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    /// <summary>Sends text, and returns all that is answered until the gateway closes the connection.</summary>
    private async Task<string> SpeakAsync(string text, GatewayFixture? gateway = null)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, (gateway ?? _gateway).Address.Port);
        NetworkStream stream = client.GetStream();
        using MemoryStream received = new();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
            await stream.CopyToAsync(received).WaitAsync(Eventually.Patience);
        }
        catch (IOException exception) when (exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // A rejected client may be cut off while it still sends; the answer before that counts.
            return Encoding.UTF8.GetString(received.ToArray());
        }

        return Encoding.UTF8.GetString(received.ToArray());
    }
}
