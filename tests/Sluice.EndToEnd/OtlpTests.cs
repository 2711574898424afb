using System.Net;
using System.Net.Sockets;

namespace Sluice.EndToEnd;

/// <summary>The program sends its telemetry as the variables of OpenTelemetry say.</summary>
public sealed class OtlpTests
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task Calls_AreInMetricsAndTraces_AsOftenAsTheyWereMade(string protocol)
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync(isGrpc: protocol == "grpc");
        await using DemoProgram demo = await DemoProgram.StartAsync(Variables(collector.Endpoint, protocol));
        using HttpClient http = new();
        for (int call = 0; call < 5; call++)
        {
            await SearchAsync(http, demo.Endpoint);
        }

        await collector.WaitAsync(() => collector.Spans.Length >= 10
            && collector.Metrics.GetValueOrDefault("sluice.decision.duration{server=demo,source=store}") == 5);
        demo.Process.Terminate();
        ProgramResult result = await demo.Process.WaitForExitAsync();
        result.ExitCode.ShouldBe(0);
        result.Error.ShouldNotContain("Telemetry failed"); // Nothing that works is reported as a failure.

        Dictionary<string, double> metrics = collector.Metrics;
        metrics["sluice.calls{outcome=allowed,server=demo,source=store}"].ShouldBe(3);
        metrics["sluice.calls{outcome=refused,server=demo,source=store}"].ShouldBe(2);
        metrics["sluice.limit.decisions{decision=refused,limit=search/perUser,operation=search,scope=perUser,server=demo}"].ShouldBe(2);
        metrics["sluice.limit.decisions{decision=allowed,limit=shared,operation=search,scope=shared,server=demo}"].ShouldBe(5);
        metrics["sluice.decision.duration{server=demo,source=store}"].ShouldBe(5);
        metrics["sluice.proxy.duration{server=demo}"].ShouldBe(3);
        metrics["sluice.store.available{}"].ShouldBe(1);

        OtlpCollector.Span[] requests = [.. collector.Spans.Where(span => span.Source == "Microsoft.AspNetCore")];
        requests.Length.ShouldBe(5); // Those of the server behind the gateway are not the gateway's.
        requests.Count(span => span.Attributes["rate_limit.decision"] == "allowed" && span.Attributes["rate_limit.rejected_by"] == "none")
            .ShouldBe(3);
        requests.Count(span => span.Attributes["rate_limit.decision"] == "rejected" && span.Attributes["rate_limit.rejected_by"] == "per_user_tool")
            .ShouldBe(2);
        requests.ShouldAllBe(span => span.Attributes["rate_limit.fail_open"] == "false");
        OtlpCollector.Span[] stores = [.. collector.Spans.Where(span => span.Source == "Sluice")];
        stores.Select(span => span.ParentId).ShouldBe(requests.Select(span => span.SpanId), ignoreOrder: true);
        collector.Spans.SelectMany(span => span.Attributes.Values).ShouldNotContain(value => value.Contains("alice"));

        collector.Resource["service.name"].ShouldBe("sluice");
        collector.Resource["deployment.environment"].ShouldBe("test");
        collector.Key.ShouldBe("k");
    }

    [Fact]
    public async Task Service_NamedByTheEnvironment_KeepsThatName()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync(isGrpc: true);
        Dictionary<string, string> variables = Variables(collector.Endpoint, "grpc");
        variables["OTEL_SERVICE_NAME"] = "limits-of-search";
        variables["OTEL_TRACES_EXPORTER"] = "none";
        await using DemoProgram demo = await DemoProgram.StartAsync(variables);
        using HttpClient http = new();
        await SearchAsync(http, demo.Endpoint);

        await collector.WaitAsync(() => collector.Metrics.GetValueOrDefault("sluice.decision.duration{server=demo,source=store}") == 1);

        collector.Resource["service.name"].ShouldBe("limits-of-search");
        collector.Metrics.ShouldNotBeEmpty();
        collector.Spans.ShouldBeEmpty();
    }

    [Fact]
    public async Task Traceparent_OfAClient_IsTheParentOfTheGatewaysSpan()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync(isGrpc: true);
        await using DemoProgram demo = await DemoProgram.StartAsync(Variables(collector.Endpoint, "grpc"));
        using HttpClient http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        const string TraceId = "0af7651916cd43dd8448eb211c80319c";
        http.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");
        await SearchAsync(http, demo.Endpoint);

        await collector.WaitAsync(() => collector.Spans.Length == 2);

        OtlpCollector.Span request = collector.Spans.Single(span => span.Source == "Microsoft.AspNetCore");
        request.TraceId.ShouldBe(TraceId);
        request.ParentId.ShouldBe("b7ad6b7169203331");
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task Collector_ThatNeverAnswers_DelaysNoCallAndNoStop(string protocol)
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync(isGrpc: protocol == "grpc");
        collector.IsSilent = true;
        await using DemoProgram demo = await DemoProgram.StartAsync(Variables(collector.Endpoint, protocol));
        using HttpClient http = new();
        (await SearchAsync(http, demo.Endpoint)).ShouldBe(HttpStatusCode.OK);

        demo.Process.Terminate();

        // The exporter by itself would hold the program for its timeout, which is longer than a test waits for a program.
        ProgramResult result = await demo.Process.WaitForExitAsync();
        result.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Collector_ThatIsAbsent_IsReportedOnceAndDelaysNoCall()
    {
        using TcpListener unused = new(IPAddress.Loopback, 0);
        unused.Start();
        string address = $"http://127.0.0.1:{((IPEndPoint)unused.LocalEndpoint).Port}";
        unused.Stop();
        await using DemoProgram demo = await DemoProgram.StartAsync(Variables(address, "http/protobuf"));
        using HttpClient http = new();

        await demo.Process.WaitForLineAsync(line => line.Contains("Telemetry failed: FailedToReachCollector", StringComparison.Ordinal));
        (await SearchAsync(http, demo.Endpoint)).ShouldBe(HttpStatusCode.OK);
        demo.Process.Terminate();

        ProgramResult result = await demo.Process.WaitForExitAsync();
        result.ExitCode.ShouldBe(0);
        result.Error.Split('\n').Count(line => line.Contains("Telemetry failed: ", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Variable_ThatWouldBeMisread_KeepsTheProgramFromStarting()
    {
        await using ChildProcess demo = ChildProcess.Start(
            "dotnet",
            new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "127.0.0.1:4317" },
            Repository.Gateway,
            "demo",
            "--port",
            "0");

        ProgramResult result = await demo.WaitForExitAsync();

        result.ExitCode.ShouldBe(1);
        result.Error.Trim().ShouldBe(
            "sluice: OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4317' is not an address. Write scheme, host and port, such as "
            + "http://127.0.0.1:4317 for grpc or http://127.0.0.1:4318 for http/protobuf.");
    }

    private static Dictionary<string, string> Variables(string endpoint, string protocol) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
        ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-collector-key=k",
        ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "600000",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment=test",
    };

    private static async Task<HttpStatusCode> SearchAsync(HttpClient http, Uri endpoint)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, endpoint)
        {
            Content = new StringContent(
                """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"sea"}}}""",
                System.Text.Encoding.UTF8,
                "application/json"),
        };
        request.Headers.Add("X-API-Key", "demo-key-of-alice");
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using HttpResponseMessage response = await http.SendAsync(request);
        await response.Content.ReadAsStringAsync();
        return response.StatusCode;
    }
}
