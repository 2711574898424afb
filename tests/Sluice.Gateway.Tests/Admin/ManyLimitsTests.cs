namespace Sluice.Gateway.Tests.Admin;

/// <summary>The bound of the number of series.</summary>
/// <remarks>The process has one meter, so the gateways of tests that run beside this one would fill its reader.</remarks>
[Collection(RunAlone.Name)]
public sealed class ManyLimitsTests
{
    private readonly string _server = $"many-{Guid.NewGuid():N}";

    [Fact]
    public async Task Metrics_WithTenThousandLimitsAndInventedNames_StayWithinTheBoundOfTheConfiguration()
    {
        GC.Collect(); // The counters of tests that have ended would take room.
        const int Tools = 995;
        const int Servers = 10;
        string tools = string.Join(", ", Enumerable.Range(0, Tools).Select(tool => $"{{ name: tool-{tool}, perUser: 5/1m }}"));
        string servers = $"[ {string.Join(", ", Enumerable.Range(0, Servers).Select(server =>
            $"{{ name: {_server}-{server}, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: {{ shared: 1000000/1m, tools: [ {tools} ] }} }}"))} ]";
        await using AdminFixture admin = await AdminFixture.StartAsync(
            servers, more: "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User }, anonymous: true }");
        for (int call = 0; call < 50; call++)
        {
            await admin.CallAsync($"/{_server}-{call % Servers}/mcp", $"invented-{call}");
        }

        (_, string page) = await admin.GetAsync("/metrics", accept: "text/plain");

        string[] series = [.. page.Split('\n').Where(line => line.Contains(_server, StringComparison.Ordinal))];
        int Count(string metric) => series.Count(line => line.StartsWith(metric + "{", StringComparison.Ordinal));
        Count("sluice_limit_decisions_total").ShouldBe(Servers * ((2 * Tools) + (2 * (Tools + 1))));
        Count("sluice_limit_near_total").ShouldBe(Servers * (Tools + 1));
        Count("sluice_calls_total").ShouldBe(Servers * 11); // None of them is in the overflow, which other tests may fill.
        page.ShouldNotContain("invented");
    }
}

/// <summary>Tests that no other test of the assembly may run beside.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RunAlone
{
    internal const string Name = "run alone";
}
