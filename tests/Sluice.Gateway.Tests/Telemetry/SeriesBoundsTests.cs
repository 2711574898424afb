using Sluice.Documents;

namespace Sluice.Gateway.Tests.Telemetry;

public sealed class SeriesBoundsTests
{
    [Fact]
    public void WhyTooSmallFor_MoreSeriesThanReserved_NamesTheMetric()
    {
        static SeriesBounds Of(int servers) => SeriesBounds.Of(GatewayFile.Parse(
            $"servers: [ {string.Join(", ", Enumerable.Range(0, servers).Select(server => $"{{ name: s{server}, upstream: \"http://127.0.0.1:1/mcp\" }}"))} ]",
            "f").RequireConfiguration());

        Of(1).WhyTooSmallFor(Of(100)).ShouldBeNull(); // There is always room for 2,000.
        Of(1).WhyTooSmallFor(Of(300)).ShouldBe("the metric sluice.calls can have 3300 series, and the limit is 2000");
        Of(300).WhyTooSmallFor(Of(300)).ShouldBeNull();
        Of(300).WhyTooSmallFor(Of(480)).ShouldBeNull(); // 3,300 and 2,000 more, for what reloads replace.
        Of(300).WhyTooSmallFor(Of(500)).ShouldBe("the metric sluice.calls can have 5500 series, and the limit is 5300");
    }

    [Fact]
    public void Warning_WithToolHivesMetrics_CountsTheirSeriesToo()
    {
        const string Auth = "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User, tenantHeader: X-Tenant, clientHeader: X-Client } }";
        const string Limits = "shared: 9/1m, perTenant: 9/1m, perUser: 9/1m, perClient: 9/1m";
        string servers = string.Join(
            ", ",
            Enumerable.Range(0, 150).Select(server =>
                $"{{ name: s{server}, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: {{ {Limits}, tools: [ {{ name: a, {Limits} }} ] }} }}"));
        SeriesBounds Of(string compat) => SeriesBounds.Of(GatewayFile.Parse($"{Auth}\nservers: [ {servers} ]\n{compat}", "f").RequireConfiguration());

        Of("").WhyTooSmallFor(Of("compat: toolhive")).ShouldBe(
            "the metric toolhive_rate_limit_decisions can have 2400 series, and the limit is 2000"); // Two for each of 8 limits.
        Of("compat: toolhive").WhyTooSmallFor(Of("compat: toolhive")).ShouldBeNull();
    }

    [Theory]
    [InlineData(1, 2 + (2 * 2))]
    [InlineData(600, (600 * 2) + (2 * 601))]
    public void Largest_OfAServerWithTools_IsThatOfItsLimits(int tools, int series)
    {
        string entries = string.Join(", ", Enumerable.Range(0, tools).Select(tool => $"{{ name: tool-{tool}, shared: 5/1m }}"));
        GatewayConfiguration configuration = GatewayFile.Parse(
            $"servers: [ {{ name: one, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: {{ shared: 9/1m, tools: [ {entries} ] }} }} ]",
            "f").RequireConfiguration();

        (string instrument, int largest) = SeriesBounds.Of(configuration).Largest;

        SeriesBounds.Of(configuration).Warning.ShouldBe(
            tools == 1 ? null : "the metric sluice.limit.decisions can have 2402 series");

        // With few limits, the calls of a server have the most series.
        (instrument, largest).ShouldBe(series < 11 ? ("sluice.calls", 11) : ("sluice.limit.decisions", series));
    }
}
