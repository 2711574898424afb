using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>Prometheus, its rules and Grafana's dashboard read what the gateway serves.</summary>
public sealed partial class PrometheusTests
{
    private const string Token = "a-token-of-the-admin-address";
    private static readonly string Rules = Path.Combine(Repository.Root, "deploy", "prometheus", "alerts.yaml");
    private static readonly string Dashboard = Path.Combine(Repository.Root, "deploy", "grafana", "sluice.json");

    [Fact]
    public async Task Scrape_AfterCalls_AnswersQueriesWithTheirNumbers()
    {
        using RedisServer redis = RedisServer.Start();
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        await using SluiceProgram gateway = await StartAsync(upstream, redis);
        Uri admin = await gateway.AdminAsync();
        await using PrometheusServer prometheus = await PrometheusServer.StartAsync(admin, Token);
        using HttpClient http = new();
        for (int call = 0; call < 5; call++)
        {
            await EchoCalls.PostAsync(http, gateway.Endpoint, "alice", call);
        }

        await prometheus.WaitAsync("""sum(sluice_calls_total{outcome="allowed"})""", 3);
        await prometheus.WaitAsync("""sum(sluice_calls_total{outcome="refused"})""", 2);
        await prometheus.WaitAsync("""sluice_limit_decisions_total{limit="echo/perUser",operation="echo",decision="refused"}""", 2);
        await prometheus.WaitAsync("""sum(sluice_calls_total{outcome="invalid"})""", 0);
        await prometheus.WaitAsync("""sum(sluice_decision_duration_seconds_count)""", 5);
        await prometheus.WaitAsync("""sluice_decision_duration_seconds_bucket{le="2.5"}""", 5);
        await prometheus.WaitAsync("""sluice_store_available""", 1);
        await prometheus.WaitAsync("""up{job="sluice"}""", 1);
        await prometheus.WaitAsync("""sum(sluice_proxy_duration_seconds_count)""", 3);

        string[] names = await prometheus.NamesAsync();
        names.ShouldNotContain(name => name.EndsWith("_created", StringComparison.Ordinal));
        foreach (string file in (string[])[Rules, Dashboard])
        {
            string[] used = [.. MetricName().Matches(await File.ReadAllTextAsync(file)).Select(match => match.Value).Distinct()];
            used.Length.ShouldBeGreaterThan(8);
            used.Except(names).ShouldBeEmpty(file);
        }
    }

    [Fact]
    public async Task Page_OfTheGateway_IsCleanToPromtool()
    {
        using RedisServer redis = RedisServer.Start();
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        await using SluiceProgram gateway = await StartAsync(upstream, redis);
        using HttpClient http = new();
        await EchoCalls.PostAsync(http, gateway.Endpoint, "alice", 1);
        http.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        http.DefaultRequestHeaders.Accept.ParseAdd("text/plain");
        string page = await http.GetStringAsync(new Uri(await gateway.AdminAsync(), "/metrics"));

        await using ChildProcess promtool = ChildProcess.StartWithInput("promtool", "check", "metrics");
        foreach (string line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            promtool.WriteLine(line);
        }

        promtool.CloseInput();
        ProgramResult result = await promtool.WaitForExitAsync();

        result.Error.ShouldBeEmpty();
        result.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("check", "rules", "alerts.yaml")]
    [InlineData("test", "rules", "alerts.test.yaml")]
    public async Task Rules_OfDeploy_PassPromtool(string verb, string what, string file)
    {
        ProgramResult result = await ChildProcess.RunAsync(
            "promtool", verb, what, Path.Combine(Path.GetDirectoryName(Rules)!, file));

        result.ExitCode.ShouldBe(0, $"{result.Output}\n{result.Error}");
    }

    private static async Task<SluiceProgram> StartAsync(DemoProgram upstream, RedisServer redis) => await SluiceProgram.StartAsync(
        $$"""
        {{SluiceProgram.Configuration(await upstream.ServerEndpointAsync(), "{ shared: 1000/1d, tools: [{ name: echo, perUser: 3/1d }] }")}}
        store: { redis: '{{redis.Configuration}}', timeout: 5s }
        admin: { listen: "http://127.0.0.1:0", token: {{Token}} }
        """);

    [GeneratedRegex(@"\bsluice_[a-z_]+")]
    private static partial Regex MetricName();
}
