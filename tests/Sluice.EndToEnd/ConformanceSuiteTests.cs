using System.Net;
using System.Text;

namespace Sluice.EndToEnd;

/// <summary>The official conformance suite finds the same in a server whether or not the gateway stands in front of it.</summary>
public sealed class ConformanceSuiteTests(ConformanceServer server) : IClassFixture<ConformanceServer>
{
    private const int Plenty = 1_000_000;

    // A virtual server answers a call that has no notifications as JSON, also where its backend answers by a stream; and streams to its own
    // clients have no ids of events, so a client cannot leave one and come back for the rest.
    private static readonly string[] NotCarried = ["server-sse-multiple-streams", "server-sse-polling"];

    // All tests of the class have the same server, so one run of each revision is enough.
    private static readonly Dictionary<string, ConformanceRun> DirectRuns = [];

    [Theory]
    [InlineData("2025-11-25", 33)]
    [InlineData("2026-07-28", 50)]
    public async Task Requirements_ThroughTheGateway_ComeToTheSameAsDirectly(string revision, int scenarios)
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - name: fixture
                upstream: {{server.Endpoint}}
                rateLimiting:
                  shared: {{Plenty}}/366d
                  tools: [{ name: "*", shared: {{Plenty}}/366d }]
                  prompts: [{ name: "*", shared: {{Plenty}}/366d }]
                  resources: [{ name: "*", shared: {{Plenty}}/366d }]
                  headers: always
            """);

        ConformanceRun direct = await RunDirectlyAsync(revision);
        ConformanceRun through = await ConformanceSuite.RunAsync(sluice.Endpoint, revision);

        direct.Program.ExitCode.ShouldBe(0, direct.Program.ToString());
        direct.Scenarios.Count.ShouldBe(scenarios);
        through.DifferencesFrom(direct).ShouldBeEmpty();
        through.Summary.ShouldBe(direct.Summary);
        through.Program.ExitCode.ShouldBe(0);
        (await SpentAsync(sluice.Endpoint)).ShouldBeGreaterThan(15); // What the suite called was counted, and not waved through.
    }

    [Theory]
    [InlineData("2025-11-25", 33)]
    [InlineData("2026-07-28", 50)]
    public async Task Requirements_ThroughAVirtualServerOverTwoFixtures_ComeToTheSameAsDirectly(string revision, int scenarios)
    {
        ConformanceServer other = new();
        await other.InitializeAsync();
        try
        {
            await using SluiceProgram sluice = await SluiceProgram.StartAsync(
                $$"""
                listen: http://127.0.0.1:0
                servers:
                  - { name: first, upstream: {{server.Endpoint}} }
                  - { name: second, upstream: {{other.Endpoint}}, expose: false }
                virtualServers: [{ name: both, backends: [first, second], conflicts: priority, path: /mcp }]
                """);
            ConformanceRun direct = await RunDirectlyAsync(revision);
            ConformanceRun through = await ConformanceSuite.RunAsync(sluice.Endpoint, revision);

            direct.Scenarios.Count.ShouldBe(scenarios);
            through.Scenarios.Count.ShouldBe(scenarios);
            through.DifferencesFrom(direct).Where(difference => !NotCarried.Any(name => difference.StartsWith(name + "\n", StringComparison.Ordinal))).ShouldBeEmpty();
            NotCarried.Select(name => through.Scenarios.GetValueOrDefault(name, "")).ShouldAllBe(checks => !checks.Contains("FAILURE", StringComparison.Ordinal));
            through.Program.ExitCode.ShouldBe(0, through.Program.ToString());
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    private async Task<ConformanceRun> RunDirectlyAsync(string revision)
    {
        if (!DirectRuns.TryGetValue(revision, out ConformanceRun? run))
        {
            run = await ConformanceSuite.RunAsync(server.Endpoint, revision);
            DirectRuns.Add(revision, run);
        }

        return run;
    }

    /// <summary>How many calls the gateway has let through, the one that asks among them.</summary>
    private static async Task<int> SpentAsync(Uri endpoint)
    {
        const string Call =
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"test_simple_text","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}""";
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Post, endpoint)
        {
            Content = new StringContent(Call, Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("Mcp-Method", "tools/call");
        request.Headers.Add("Mcp-Name", ConformanceServer.Tool);
        using HttpResponseMessage response = await http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return Plenty - (await Answer.ReadAsync(response)).Left("shared");
    }
}
