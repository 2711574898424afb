using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>Long streams are bounded by their number and their age, and never by a rate.</summary>
public sealed class StreamTests : IAsyncLifetime
{
    private const string Listen = """{"jsonrpc":"2.0","id":"s","method":"subscriptions/listen","params":{}}""";

    private readonly ManualTimeProvider _time = new();
    private FakeUpstream _upstream = null!;
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: open\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        _gateway = await StartAsync("{ perUser: 2, total: 3, maxAge: 1h }");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_OneMoreThanAUserMay_Is503AndOthersAreNotHit(bool isPost)
    {
        using HttpResponseMessage first = await OpenAsync("alice", isPost);
        using HttpResponseMessage second = await OpenAsync("alice", !isPost);

        using HttpResponseMessage third = await OpenAsync("alice", isPost);

        third.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        third.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        (await third.Content.ReadAsStringAsync()).ShouldBe(
            (isPost ? """{"jsonrpc":"2.0","id":"s",""" : """{"jsonrpc":"2.0",""")
            + "\"error\":{\"code\":503,\"message\":\"No stream can be opened: this user has 2 streams open, and may have no more. "
            + "Close one, or try again later.\"}}");
        using HttpResponseMessage other = await OpenAsync("bob", isPost);
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
        using HttpResponseMessage another = await OpenAsync("bob", isPost);
        another.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await another.Content.ReadAsStringAsync()).ShouldContain("the limit on open streams is reached");
    }

    [Fact]
    public async Task Open_AfterOneWasClosed_IsOpened()
    {
        using HttpResponseMessage first = await OpenAsync("alice", isPost: false);
        HttpResponseMessage second = await OpenAsync("alice", isPost: false);
        second.Dispose(); // The gateway learns of it when its connection ends, some time after.

        await UntilAsync(async () =>
        {
            using HttpResponseMessage third = await OpenAsync("alice", isPost: false);
            return third.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task Stream_AsOldAsItMayBe_EndsProperly()
    {
        using HttpResponseMessage response = await OpenAsync("alice", isPost: false);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        (await reader.ReadLineAsync()).ShouldBe("data: open");
        Task<string> rest = reader.ReadToEndAsync();

        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        rest.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromTicks(1));

        string left = await rest.WaitAsync(Eventually.Patience);
        left.Replace(": keep-alive\n\n", "", StringComparison.Ordinal).ShouldBe("\n");
    }

    [Fact]
    public async Task Stream_WithoutAnyEventYet_IsOpenForTheClient()
    {
        await using FakeUpstream silent = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers: [ { name: one, upstream: "{{silent.Endpoint}}" } ]
            """,
            _time); // The clock does not move, so no comment opens the stream.

        using HttpResponseMessage response = await gateway.Client
            .GetAsync(new Uri("/mcp", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead)
            .WaitAsync(Eventually.Patience);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Stream_SilentServer_GetsCommentsAtTheConfiguredInterval()
    {
        const int Seconds = 90;
        await using FakeUpstream silent = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            streams: { keepAlive: {{Seconds}}s }
            servers: [ { name: one, upstream: "{{silent.Endpoint}}" } ]
            """,
            _time);
        using HttpResponseMessage response = await gateway.Client
            .GetAsync(new Uri("/mcp", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead)
            .WaitAsync(Eventually.Patience);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        await SecondsUntilACommentAsync(reader); // The first one comes after a second.

        int seconds = await SecondsUntilACommentAsync(reader);

        seconds.ShouldBeGreaterThanOrEqualTo(Seconds); // A busy machine sees it later.
    }

    [Fact]
    public async Task Open_RefusedPost_CostsNothing()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            streams: { perUser: 1, total: 1 }
            servers:
              - { name: one, upstream: "{{_upstream.Endpoint}}", rateLimiting: { meter: all, shared: 1/1d } }
            """,
            _time);
        using HttpResponseMessage open = await gateway.Client
            .GetAsync(new Uri("/mcp", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);

        for (int call = 0; call < 2; call++)
        {
            (HttpStatusCode status, string body) = await gateway.SendAsync(GatewayFixture.Post(Listen));
            status.ShouldBe(HttpStatusCode.ServiceUnavailable, body);
            body.ShouldContain("the limit on open streams is reached");
        }
    }

    [Fact]
    public async Task OrdinaryCalls_WhileAllStreamsAreOpen_Pass()
    {
        using HttpResponseMessage first = await OpenAsync("alice", isPost: false);
        using HttpResponseMessage second = await OpenAsync("alice", isPost: false);
        using HttpResponseMessage third = await OpenAsync("bob", isPost: false);

        HttpRequestMessage call = GatewayFixture.Post("""{"jsonrpc":"2.0","id":1,"method":"ping"}""", "/quick/mcp");
        call.Headers.Add("X-API-Key", "alice");

        (await _gateway.SendAsync(call)).Status.ShouldBe(HttpStatusCode.BadGateway); // No program listens there, and the call got so far.
    }

    private Task<GatewayFixture> StartAsync(string streams) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        streams: {{streams}}
        auth:
          apiKeys:
            - { user: alice, sha256: {{GatewayFixture.HashOf("alice")}} }
            - { user: bob, sha256: {{GatewayFixture.HashOf("bob")}} }
        servers:
          - { name: one, upstream: "{{_upstream.Endpoint}}", rateLimiting: { shared: 1/1d } }
          - { name: quick, upstream: "http://127.0.0.1:1/mcp" }
        """,
        _time,
        ServingBounds.Default);

    private Task<HttpResponseMessage> OpenAsync(string key, bool isPost)
    {
        HttpRequestMessage request = isPost
            ? GatewayFixture.Post(Listen, "/one/mcp")
            : new HttpRequestMessage(HttpMethod.Get, new Uri("/one/mcp", UriKind.Relative));
        request.Headers.Add("X-API-Key", key);
        return _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Moves the clock until a comment comes, and tells how far.</summary>
    private async Task<int> SecondsUntilACommentAsync(StreamReader stream)
    {
        using CancellationTokenSource patience = new(Eventually.Patience);
        Task<string?> line = stream.ReadLineAsync(patience.Token).AsTask();
        int seconds = 0;
        while (!line.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            seconds++;
            await Task.WhenAny(line, Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None));
        }

        (await line).ShouldBe(": keep-alive");
        (await stream.ReadLineAsync(patience.Token)).ShouldBe("");
        return seconds;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using CancellationTokenSource patience = new(Eventually.Patience);
        while (!await isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), patience.Token);
        }
    }
}
