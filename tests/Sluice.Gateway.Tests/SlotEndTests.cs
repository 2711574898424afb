using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>A call to a server over HTTP holds its slot until it ends, however it ends, and frees one slot then.</summary>
/// <remarks>
/// Another call runs in the meantime. A slot that is not released is missing afterwards; one that is released twice is the other call's.
/// </remarks>
public sealed class SlotEndTests : IAsyncLifetime
{
    private const string AtOnce = "{ limits: [{ name: at-once, concurrency: 2 }] }";
    private const string Event = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n";
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeUpstream _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(AnswerAsync);

    public async Task DisposeAsync()
    {
        _end.TrySetResult();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("answers", HttpStatusCode.OK)]
    [InlineData("fails", HttpStatusCode.InternalServerError)]
    [InlineData("streams", HttpStatusCode.OK)]
    [InlineData("closes", HttpStatusCode.BadGateway)]
    public async Task Call_Ends_FreesOneSlot(string tool, HttpStatusCode status)
    {
        await using GatewayFixture gateway = await StartAsync(AtOnce);
        using HttpResponseMessage other = await OpenAsync(gateway);

        (await gateway.SendAsync(GatewayFixture.Post(Call(tool)))).Status.ShouldBe(status);

        await ShouldHaveFreedOneAsync(gateway);
    }

    [Fact]
    public async Task Call_ServerDiesInTheStream_FreesOneSlot()
    {
        await using GatewayFixture gateway = await StartAsync(AtOnce);
        using HttpResponseMessage other = await OpenAsync(gateway);

        await Record.ExceptionAsync(() => gateway.SendAsync(GatewayFixture.Post(Call("dies-in-the-stream")))); // Its answer may have begun.

        await ShouldHaveFreedOneAsync(gateway);
    }

    [Fact]
    public async Task Call_ServerDoesNotAnswerInTime_FreesOneSlot()
    {
        await using GatewayFixture gateway = await StartAsync(AtOnce, "timeout: 1s");
        using HttpResponseMessage other = await OpenAsync(gateway); // Its answer has begun, so it may take its time.

        (await gateway.SendAsync(GatewayFixture.Post(Call("never")))).Status.ShouldBe(HttpStatusCode.GatewayTimeout);

        await ShouldHaveFreedOneAsync(gateway);
    }

    [Fact]
    public async Task Client_LeavesBeforeTheAnswer_FreesOneSlot()
    {
        await using GatewayFixture gateway = await StartAsync(AtOnce);
        using HttpResponseMessage other = await OpenAsync(gateway);
        using CancellationTokenSource leaves = new();
        Task<HttpResponseMessage> call = gateway.Client.SendAsync(GatewayFixture.Post(Call("never")), leaves.Token);
        await Eventually.HoldsAsync(() => gateway.Gate.RunningWithSlots == 2);

        await leaves.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        await ShouldHaveFreedOneAsync(gateway);
    }

    [Fact]
    public async Task Client_LeavesInTheStream_FreesOneSlot()
    {
        await using GatewayFixture gateway = await StartAsync(AtOnce);
        using HttpResponseMessage other = await OpenAsync(gateway);
        HttpResponseMessage call = await OpenAsync(gateway);
        gateway.Gate.RunningWithSlots.ShouldBe(2);

        call.Dispose();

        await ShouldHaveFreedOneAsync(gateway);
    }

    [Fact]
    public async Task Client_CancelsItsCallInTheSession_FreesOneSlot()
    {
        await using GatewayFixture gateway = await StartAsync(AtOnce);
        using HttpResponseMessage other = await OpenAsync(gateway);
        Task<(HttpStatusCode Status, string Body)> call = gateway.SendAsync(InSession(Call("never")));
        await Eventually.HoldsAsync(() => gateway.Gate.RunningWithSlots == 2);

        await gateway.SendAsync(InSession("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"""));

        await ShouldHaveFreedOneAsync(gateway);
        call.IsCompleted.ShouldBeFalse(); // The server may still answer it, and ends it otherwise.

        static HttpRequestMessage InSession(string message)
        {
            HttpRequestMessage request = GatewayFixture.Post(message);
            request.Headers.Add("Mcp-Session-Id", "s");
            return request;
        }
    }

    [Fact]
    public async Task Client_LeavesWhileItsCallWaitsForASlot_NeitherTakesNorFreesOne()
    {
        await using GatewayFixture gateway = await StartAsync("{ wait: 60s, concurrency: { shared: 2 } }");
        using HttpResponseMessage first = await OpenAsync(gateway);
        using HttpResponseMessage second = await OpenAsync(gateway);
        using CancellationTokenSource leaves = new();
        Task<HttpResponseMessage> waiting = gateway.Client.SendAsync(GatewayFixture.Post(Call("answers")), leaves.Token);
        await Eventually.HoldsAsync(() => gateway.Gate.HeldCount == 1);

        await leaves.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        await Eventually.HoldsAsync(() => gateway.Gate.HeldCount == 0);
        gateway.Gate.RunningWithSlots.ShouldBe(2);
        first.Dispose();
        await Eventually.HoldsAsync(() => gateway.Gate.RunningWithSlots == 1);
        (await gateway.SendAsync(GatewayFixture.Post(Call("answers")))).Body.ShouldContain("result");
    }

    [Fact]
    public async Task Call_ServerIsDead_FreesItsSlot()
    {
        Uri dead = _upstream.Endpoint;
        await using GatewayFixture gateway = await StartAsync("{ concurrency: { shared: 1 } }");
        await _upstream.DisposeAsync();

        for (int call = 0; call < 3; call++)
        {
            (await gateway.SendAsync(GatewayFixture.Post(Call("answers")))).Status.ShouldBe(HttpStatusCode.BadGateway, dead.ToString());
        }
    }

    [Fact]
    public async Task Stop_CallsRun_LeavesNoSlotHeld()
    {
        await using GatewayFixture gateway = await StartAsync(AtOnce, settings: "stop: { drain: 0s }");
        using HttpResponseMessage streaming = await OpenAsync(gateway);
        Task<(HttpStatusCode Status, string Body)> silent = gateway.SendAsync(GatewayFixture.Post(Call("never")));
        await Eventually.HoldsAsync(() => gateway.Gate.RunningWithSlots == 2);
        Sluice.Mcp.CallGate gate = gateway.Gate;

        await gateway.StopAsync();

        (await silent).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await Eventually.HoldsAsync(() => gate.RunningWithSlots == 0);
    }

    private Task<GatewayFixture> StartAsync(string rateLimiting, string server = "", string settings = "") => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        {{settings}}
        servers:
          - { name: one, upstream: "{{_upstream.Endpoint}}", {{server}} {{(server.Length == 0 ? "" : ",")}} rateLimiting: {{rateLimiting}} }
        """);

    /// <summary>A call whose answer is a stream that has begun, and ends with the test.</summary>
    private static async Task<HttpResponseMessage> OpenAsync(GatewayFixture gateway)
    {
        using HttpRequestMessage request = GatewayFixture.Post(Call("opens"));
        HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        (await new StreamReader(await response.Content.ReadAsStreamAsync()).ReadLineAsync()).ShouldBe(Event.TrimEnd('\n'));
        return response;
    }

    /// <summary>One of two slots is free, and the other call still has its own.</summary>
    private static async Task ShouldHaveFreedOneAsync(GatewayFixture gateway)
    {
        await Eventually.HoldsAsync(() => gateway.Gate.RunningWithSlots == 1);
        using HttpResponseMessage next = await OpenAsync(gateway);
        string rejected = (await gateway.SendAsync(GatewayFixture.Post(Call("answers")))).Body;
        rejected.ShouldContain("\"limitKind\":\"concurrency\",\"limit\":\"at-once\",\"maxRunning\":2,\"running\":2,");
        gateway.Gate.RunningWithSlots.ShouldBe(2);
    }

    private static string Call(string tool) =>
        $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{tool}}}"}}""";

    private async Task AnswerAsync(HttpContext context)
    {
        string body = System.Text.Encoding.UTF8.GetString((byte[])context.Items["body"]!);
        string tool = body.Contains("notifications/cancelled", StringComparison.Ordinal) ? "answers" : body.Split("\"name\":\"")[1].Split('"')[0];
        switch (tool)
        {
            case "answers":
                await FakeUpstream.Json("""{"jsonrpc":"2.0","id":1,"result":{}}""")(context);
                break;
            case "fails":
                context.Response.StatusCode = 500;
                break;
            case "closes":
                context.Abort();
                break;
            case "never":
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            default:
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync(Event);
                await context.Response.Body.FlushAsync();
                await StreamAsync(context, tool);
                break;
        }
    }

    private async Task StreamAsync(HttpContext context, string tool)
    {
        switch (tool)
        {
            case "streams":
                await context.Response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n");
                break;
            case "dies-in-the-stream":
                context.Abort();
                break;
            default:
                await _end.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
        }
    }
}
