using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Sluice.Gateway.Tests;

/// <summary>What becomes of calls in flight when the gateway stops.</summary>
public sealed class StopTests
{
    private const string Call = """{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"echo"}}""";
    private const string Error =
        """{"jsonrpc":"2.0","id":"c","error":{"code":-32603,"message":"The server 'one' did not answer: the gateway is stopping."}}""";

    [Fact]
    public async Task Stop_CallLongerThanTheDrain_GetsAnErrorWithItsId()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using GatewayFixture gateway = await StartAsync(upstream, "{ drain: 0s }");
        Task<(HttpStatusCode Status, string Body)> call = gateway.SendAsync(GatewayFixture.Post(Call));
        await arrived.Task;

        await gateway.StopAsync();

        (await call).ShouldBe((HttpStatusCode.ServiceUnavailable, Error));
    }

    [Fact]
    public async Task Stop_StreamOfACallLongerThanTheDrain_EndsWithAnErrorEvent()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n");
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using GatewayFixture gateway = await StartAsync(upstream, "{ drain: 0s }");
        using HttpRequestMessage request = GatewayFixture.Post(Call);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader events = new(await response.Content.ReadAsStreamAsync());
        (await events.ReadLineAsync())!.ShouldContain("notifications/progress");

        await gateway.StopAsync();

        (await events.ReadToEndAsync()).ShouldEndWith($"event: message\ndata: {Error}\n\n");
    }

    [Fact]
    public async Task Stop_CallOfASessionLongerThanTheDrain_GetsAnErrorWithItsId()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(server: "stop: { drain: 0s }");
        string session = await gateway.BeginAsync();
        Task<(HttpStatusCode Status, string Body)> call = gateway.CallAsync(session, "\"c\"", "hold", """{"until":2,"text":""}""");
        await Eventually.HoldsAsync(async () => (await gateway.TextAsync(session, "held")) == "1");

        await gateway.Fixture.StopAsync();

        (await call).ShouldBe((HttpStatusCode.ServiceUnavailable, Error.Replace("'one'", "'odd'", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_StreamOfACallOfAProcess_EndsWithAnErrorEvent(bool isLegacy)
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(server: "stop: { drain: 0s }");
        string call = StdioGateway.Call("\"c\"", "progress-only", meta: """{"progressToken":1}""");
        using HttpRequestMessage request = isLegacy ? StdioGateway.Legacy(await gateway.BeginAsync(), call) : StdioGateway.Modern(call);
        using HttpResponseMessage response = await gateway.Fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader events = new(await response.Content.ReadAsStreamAsync());
        (await StdioGateway.NextEventAsync(events)).ShouldContain("notifications/progress");

        await gateway.Fixture.StopAsync();

        (await events.ReadToEndAsync()).ShouldEndWith(
            $"event: message\ndata: {Error.Replace("'one'", "'odd'", StringComparison.Ordinal)}\n\n");
    }

    [Fact]
    public async Task Stop_LongDrain_IsNotCutShortByTheHost()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await StartAsync(upstream, "{ drain: 10m }");

        // The host's own default is half a minute, which no test should wait for.
        gateway.Options<HostOptions>().ShutdownTimeout.ShouldBeGreaterThan(TimeSpan.FromMinutes(10));
    }

    private static Task<GatewayFixture> StartAsync(FakeUpstream upstream, string stop) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        stop: {{stop}}
        servers: [ { name: one, upstream: "{{upstream.Endpoint}}" } ]
        """);
}
