using Sluice.Configuration;

namespace Sluice.Gateway.Tests.Telemetry;

public sealed class SeriesBoundsTests
{
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
