using System.Net;

namespace Sluice.Gateway.Tests.Telemetry;

public sealed class GatewayMetricsTests : IDisposable
{
    private readonly string _server = $"gateway-{Guid.NewGuid():N}";
    private readonly Measurements _seen;

    public GatewayMetricsTests() => _seen = new Measurements(_server);

    public void Dispose() => _seen.Dispose();

    [Fact]
    public async Task Requests_OfEveryKind_AreCountedOnce()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await StartAsync(upstream.Endpoint, "{ shared: 2/1d }");
        for (int call = 0; call < 3; call++)
        {
            await SendAsync(gateway, "tools/call");
        }

        await SendAsync(gateway, "tools/list");
        await gateway.SendAsync(GatewayFixture.Post("{"));
        await gateway.SendAsync(GatewayFixture.Post("""{"jsonrpc":"2.0","method":"notifications/initialized"}"""));
        await gateway.SendAsync(GatewayFixture.Post("""{"jsonrpc":"2.0","id":1,"result":{}}"""));

        _seen.Counted("sluice.calls").ShouldBe(
        [
            "{outcome=allowed,source=store} 2",
            "{outcome=invalid,source=none} 1",
            "{outcome=refused,source=store} 1",
            "{outcome=unmetered,source=none} 1",
        ]);
    }

    [Fact]
    public async Task Requests_ToAServerWithoutLimits_AreUnmetered()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers: [ { name: {{_server}}, upstream: "{{upstream.Endpoint}}" } ]
            """);
        await SendAsync(gateway, "tools/call");

        _seen.Counted("sluice.calls").ShouldBe(["{outcome=unmetered,source=none} 1"]);
    }

    [Fact]
    public async Task Start_ShowsEveryCounterAtZeroBeforeTheFirstCall()
    {
        await using GatewayFixture gateway = await StartAsync(new Uri("http://127.0.0.1:1/mcp"), "{ shared: 2/1d }");

        _seen.Series.ShouldContain("sluice.calls{outcome=refused,source=store}");
        _seen.Series.ShouldContain("sluice.limit.decisions{limit=shared,scope=shared,operation=other,decision=refused}");
        _seen.Counted("sluice.calls").ShouldBeEmpty();
    }

    [Fact]
    public async Task Request_ThatIsForwarded_IsActiveUntilItsAnswerIsCompleteAndMeasuredThen()
    {
        ManualTimeProvider time = new();
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource answers = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            arrived.SetResult();
            await answers.Task;
            await FakeUpstream.Json("{}")(context);
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(Yaml(upstream.Endpoint, "{ shared: 9/1d }"), time);
        Task<(HttpStatusCode, string)> call = SendAsync(gateway, "tools/call");
        await arrived.Task;
        _seen.Observe();
        _seen.Sum("sluice.proxy.active{}").ShouldBe(1);
        _seen.Count("sluice.proxy.duration{}").ShouldBe(0);

        time.Advance(TimeSpan.FromSeconds(3));
        answers.SetResult();
        await call;
        await gateway.StopAsync(); // The measurement is made once the answer has been sent.

        _seen.Sum("sluice.proxy.duration{}").ShouldBe(3, 0.001);
        _seen.Count("sluice.proxy.duration{}").ShouldBe(1);
    }

    [Fact]
    public async Task Stop_EndsTheObservationOfItsServers()
    {
        GatewayFixture gateway = await StartAsync(new Uri("http://127.0.0.1:1/mcp"), "{ shared: 2/1d }");
        _seen.Observe();
        _seen.Count("sluice.proxy.active{}").ShouldBe(1);

        await gateway.DisposeAsync();
        _seen.Observe();

        _seen.Count("sluice.proxy.active{}").ShouldBe(1);
    }

    private Task<GatewayFixture> StartAsync(Uri upstream, string limits) => GatewayFixture.StartAsync(Yaml(upstream, limits));

    private string Yaml(Uri upstream, string limits) =>
        $$"""
        listen: http://127.0.0.1:0
        servers: [ { name: {{_server}}, upstream: "{{upstream}}", rateLimiting: {{limits}} } ]
        """;

    private static Task<(HttpStatusCode Status, string Body)> SendAsync(GatewayFixture gateway, string method) =>
        gateway.SendAsync(GatewayFixture.Post($$$"""{"jsonrpc":"2.0","id":1,"method":"{{{method}}}","params":{"name":"x"}}"""));
}
