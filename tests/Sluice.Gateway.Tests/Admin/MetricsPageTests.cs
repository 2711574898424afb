using System.Net;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>What the page of metrics counts.</summary>
/// <remarks>
/// The process has one meter, whose reader has room for 2,000 series of each metric. Gateways with many limits in tests that run beside
/// these, or that have ended, would fill it.
/// </remarks>
[Collection(RunAlone.Name)]
public sealed class MetricsPageTests
{
    private readonly string _server = $"metrics-{Guid.NewGuid():N}";

    public MetricsPageTests() => GC.Collect();

    [Fact]
    public async Task Metrics_AfterCalls_CountThem()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }", upstream.Endpoint));
        for (int call = 0; call < 3; call++)
        {
            await admin.CallAsync();
        }

        (HttpStatusCode status, string page) = await admin.GetAsync("/metrics", accept: "text/plain");

        status.ShouldBe(HttpStatusCode.OK);
        Value(page, "sluice_calls_total", "outcome=\"allowed\"", "source=\"store\"").ShouldBe("2");
        Value(page, "sluice_calls_total", "outcome=\"refused\"", "source=\"store\"").ShouldBe("1");
        Value(page, "sluice_limit_decisions_total", "decision=\"refused\"", "limit=\"shared\"", "operation=\"other\"").ShouldBe("1");
        Value(page, "sluice_decision_duration_seconds_count", "source=\"store\"").ShouldBe("3");
        Value(page, "sluice_calls_total", "outcome=\"refused\"", "source=\"closed\"").ShouldBe("0"); // It began at zero.
        page.ShouldContain("sluice_store_available");
    }

    [Fact]
    public async Task Metrics_OfOneScrape_HaveNoSeriesTwice()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"), more: "compat: toolhive");
        await admin.CallAsync();

        (_, string page) = await admin.GetAsync("/metrics", accept: "text/plain");

        page.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[..line.LastIndexOf(' ')]).ShouldBeUnique();
        page.ShouldContain("toolhive_rate_limit_decisions_total{");
    }

    [Fact]
    public async Task Metrics_BeforeTheFirstCall_HaveToolHivesSeriesAtZero()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"), more: "compat: toolhive");

        (_, string page) = await admin.GetAsync("/metrics", accept: "text/plain");

        Value(page, "toolhive_rate_limit_decisions_total", "decision=\"rejected\"", "scope=\"shared\"").ShouldBe("0");
        Value(page, "toolhive_rate_limit_fail_open_total").ShouldBe("0");
        Value(page, "toolhive_rate_limit_redis_errors_total", "error_type=\"connection\"").ShouldBe("0");
    }

    private string Server(string limits, Uri? upstream = null) =>
        $"[ {{ name: {_server}, upstream: \"{upstream ?? new Uri("http://127.0.0.1:1/mcp")}\", rateLimiting: {limits} }} ]";

    private string Value(string page, string metric, params string[] labels) => page
        .Split('\n')
        .Single(line => line.StartsWith(metric + "{", StringComparison.Ordinal)
            && line.Contains($"server=\"{_server}\"", StringComparison.Ordinal)
            && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Split(' ')[1];
}
