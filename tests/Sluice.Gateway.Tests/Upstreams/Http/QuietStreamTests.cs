using System.Net;
using System.Text;

namespace Sluice.Gateway.Tests;

/// <summary>Long streams whose server sends no head.</summary>
public sealed class QuietStreamTests
{
    private const string Listen = """{"jsonrpc":"2.0","id":"s","method":"subscriptions/listen","params":{}}""";
    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource _answering = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Open_ServerSendsNoHead_IsOpenForTheClientAndHasNoTimeout(string method)
    {
        await using RawUpstream upstream = Start("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n");
        await using GatewayFixture gateway = await StartAsync(upstream.Endpoint);

        using HttpResponseMessage response = await OpenAsync(gateway, method);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        _time.Advance(TimeSpan.FromHours(1)); // Far beyond the timeout of 1 s.
        _answering.SetResult();
        string body = await reader.ReadToEndAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        body.Replace(": keep-alive\n\n", "", StringComparison.Ordinal).ShouldBe("data: 1\n\n");
    }

    [Fact]
    public async Task Open_ServerAnswersLateThatThereIsNoStream_BreaksTheStreamOff()
    {
        await using RawUpstream upstream = Start("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
        await using GatewayFixture gateway = await StartAsync(upstream.Endpoint);

        using HttpResponseMessage response = await OpenAsync(gateway, "GET");
        _answering.SetResult();

        await Should.ThrowAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Open_ServerAnswersLateWithALengthThatIsNoNumber_BreaksTheStreamOff()
    {
        await using RawUpstream upstream = Start("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: abc\r\n\r\ndata: 1\n\n");
        await using GatewayFixture gateway = await StartAsync(upstream.Endpoint);

        using HttpResponseMessage response = await OpenAsync(gateway, "GET");
        _answering.SetResult();

        await Should.ThrowAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Open_ServerAnswersAtOnceThatThereIsNoStream_PassesItOn()
    {
        await using RawUpstream upstream = RawUpstream.Start("HTTP/1.1 405 Method Not Allowed\r\nAllow: POST\r\nContent-Length: 0\r\n\r\n");
        await using GatewayFixture gateway = await StartAsync(upstream.Endpoint);
        using HttpRequestMessage request = Request("GET");

        using HttpResponseMessage response = await gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["POST"]);
    }

    [Fact]
    public async Task Stop_WhileNoHeadHasCome_EndsTheStreamProperly()
    {
        await using RawUpstream upstream = Start("");
        await using GatewayFixture gateway = await StartAsync(upstream.Endpoint);
        using HttpResponseMessage response = await OpenAsync(gateway, "GET");

        Task stopped = gateway.StopAsync();

        (await response.Content.ReadAsStringAsync()).Replace(": keep-alive\n\n", "", StringComparison.Ordinal).ShouldBe("");
        await stopped;
        _answering.SetResult();
    }

    private RawUpstream Start(string answer) => RawUpstream.Start(async (stream, _) =>
    {
        await _answering.Task;
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        stream.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
    });

    private Task<GatewayFixture> StartAsync(Uri upstream) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        servers:
          - { name: one, upstream: "{{upstream}}", timeout: 1s }
        """,
        _time);

    /// <summary>Opens a stream, and moves the clock until it is open.</summary>
    private async Task<HttpResponseMessage> OpenAsync(GatewayFixture gateway, string method)
    {
        using HttpRequestMessage request = Request(method);
        Task<HttpResponseMessage> opening = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using CancellationTokenSource patience = new(Eventually.Patience);
        while (!opening.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(opening, Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token));
            patience.Token.ThrowIfCancellationRequested();
        }

        return await opening;
    }

    private static HttpRequestMessage Request(string method)
    {
        HttpRequestMessage request = method == "POST" ? GatewayFixture.Post(Listen) : new(HttpMethod.Get, "/mcp");
        request.Headers.Accept.Clear();
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        return request;
    }
}
