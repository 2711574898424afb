namespace Sluice.EndToEnd;

/// <summary>Which buckets a call spends from, seen from outside: by what still passes afterwards.</summary>
[Collection(RealServers.Name)]
public sealed class LimitSelectionTests(EverythingServer everything)
{
    private static readonly JsonObject Sum = new()
    {
        ["call"] = "get-sum",
        ["args"] = new JsonObject { ["a"] = 1, ["b"] = 2 },
        ["times"] = 3,
    };

    [Fact]
    public async Task Call_RefusedByTheToolsLimit_LeavesTheServersLimitUntouched()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(GatewayFile.Limiting(
            everything.Url, "perUser: 3/1d", "tools:", "  - { name: echo, perUser: 1/1d }"));

        IReadOnlyList<StepOutcome> outcomes = await NodeDriver.RunLegacyAsync(
            gateway.McpUrl, Caller.Alice.ApiKey, Step.Echo(times: 6), Sum);

        // One echo and two sums are three calls; the five refused echoes in between took nothing.
        outcomes.Select(outcome => outcome.Ok).ShouldBe(
            [true, true, false, false, false, false, false, true, true, false]);
        Refusal.DataShouldBe(outcomes[2].Error!.Data, "perUser", "echo/perUser", maxTokens: 1);
        Refusal.DataShouldBe(outcomes[^1].Error!.Data, "perUser", "perUser", maxTokens: 3);
    }

    [Fact]
    public async Task Call_SharedLimitSpentByOneUser_RefusesTheOtherToo()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            GatewayFile.Limiting(everything.Url, "shared: 2/1d", "perUser: 100/1d"));
        await NodeDriver.RunLegacyAsync(gateway.McpUrl, Caller.Alice.ApiKey, Step.Echo(times: 2));

        IReadOnlyList<StepOutcome> bobs = await NodeDriver.RunLegacyAsync(
            gateway.McpUrl, Caller.Bob.ApiKey, Step.Echo());

        Refusal.DataShouldBe(bobs[^1].Error!.Data, "shared", "shared", maxTokens: 2);
    }
}
