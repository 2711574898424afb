using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Sluice.Redis;

namespace Sluice.Gateway.Tests.Telemetry;

/// <summary>The table of metrics in docs/observability.md is what the code has.</summary>
public sealed partial class MetricsTableTests
{
    private static readonly string Page =
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "observability.md")).ReplaceLineEndings("\n");

    private static readonly Row[] Table = [.. MetricRow().Matches(Page).Select(match => new Row(
        match.Groups["name"].Value,
        match.Groups["kind"].Value,
        match.Groups["unit"].Value,
        string.Join(",", LabelName().Matches(match.Groups["labels"].Value).Select(label => label.Groups[1].Value))))];

    [Fact]
    public void Table_HasEveryInstrument_WithItsKindAndUnit()
    {
        using Measurements seen = new(server: null);
        _ = SluiceInstruments.Meter;

        seen.Instruments
            .Select(instrument => new Row(instrument.Name, KindOf(instrument), instrument.Unit ?? "", ""))
            .OrderBy(row => row.Name)
            .ShouldBe(Table.Select(row => row with { Labels = "" }).OrderBy(row => row.Name));
        seen.Instruments.ShouldAllBe(instrument => instrument.Description!.EndsWith('.'));
    }

    [Fact]
    public async Task Table_HasTheLabelsOfEachMetric()
    {
        string server = $"table-{Guid.NewGuid():N}";
        using Measurements ofServer = new(server);
        using Measurements others = new(server: null);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers: [ { name: {{server}}, upstream: "{{upstream.Endpoint}}", rateLimiting: { shared: 9/1d } } ]
            """);
        await gateway.SendAsync(GatewayFixture.Post("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}"""));
        await using RedisStore redis = RedisStore.Connect(new RedisStoreOptions { Configuration = "127.0.0.1:1" });
        SluiceInstruments.TelemetryErrors.Add(0);
        SluiceInstruments.AuditDropped.Add(0);
        SluiceInstruments.RecordDropped.Add(0);
        ofServer.Observe();
        others.Observe();

        Dictionary<string, string> measured = [];
        foreach (string series in ofServer.Series)
        {
            measured[NameOf(series)] = string.Join(",", (string[])["server", .. LabelsOf(series)]);
        }

        foreach (string series in others.Series)
        {
            measured[NameOf(series)] = string.Join(",", LabelsOf(series));
        }

        measured.OrderBy(metric => metric.Key).ShouldBe(
            Table.Select(row => KeyValuePair.Create(row.Name, row.Labels)).OrderBy(metric => metric.Key));
    }

    [Fact]
    public void Instruments_AsPrometheusWritesThem_HaveDifferentNames()
    {
        using Measurements seen = new(server: null);
        _ = SluiceInstruments.Meter;

        seen.Instruments
            .Select(instrument => instrument.Name.Replace('.', '_').Replace("_total", "", StringComparison.Ordinal))
            .ShouldBeUnique();
    }

    private static string NameOf(string series) => series[..series.IndexOf('{')];

    private static IEnumerable<string> LabelsOf(string series) =>
        LabelOfSeries().Matches(series[series.IndexOf('{')..]).Select(match => match.Groups[1].Value);

    private static string KindOf(Instrument instrument) => instrument switch
    {
        Counter<long> or ObservableCounter<long> => "counter",
        Histogram<double> => "histogram",
        ObservableGauge<int> or ObservableGauge<long> => "gauge",
        ObservableUpDownCounter<int> => "up-down counter",
        _ => instrument.GetType().Name,
    };

    [GeneratedRegex(@"^\| `(?<name>sluice\.[a-z_.]+)` \| (?<kind>[a-z -]+) \| `(?<unit>[^`]+)` \| (?<labels>[^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex LabelName();

    [GeneratedRegex("[{,]([a-z_]+)=")]
    private static partial Regex LabelOfSeries();

    private sealed record Row(string Name, string Kind, string Unit, string Labels);
}
