namespace Sluice.EndToEnd.Harness;

/// <summary>The programs that the other tests rely on work without the gateway between them.</summary>
[Collection(RealServers.Name)]
public sealed class HarnessTests(EverythingServer everything, ModernServer modern)
{
    [Fact]
    public async Task Inspector_ToolsListOfEverything_ExitsWithZero()
    {
        ProcessResult result = await Inspector.RunAsync(everything.Url, apiKey: null, "tools/list");

        result.ExitCode.ShouldBe(0, result.Errors);
        JsonNode.Parse(result.Output)!["tools"]!.AsArray().ShouldContain(tool => tool!["name"]!.GetValue<string>() == "echo");
    }

    [Fact]
    public async Task Inspector_EchoOfModernServer_PrintsTheAnswer()
    {
        ProcessResult result = await Inspector.EchoAsync(modern.Url, apiKey: null);

        result.ExitCode.ShouldBe(0, result.Errors);
        result.Output.ShouldContain("Echo: hi");
    }

    [Fact]
    public async Task LegacyClient_StepsAgainstEverything_AllSucceed()
    {
        IReadOnlyList<StepOutcome> outcomes = await NodeDriver.RunLegacyAsync(
            everything.Url, apiKey: null, Step.Echo(times: 2), Step.List("tools"), Step.Ping());

        outcomes.Select(outcome => outcome.Step).ShouldBe(["connect", "call", "call", "list", "ping"]);
        outcomes.ShouldAllBe(outcome => outcome.Ok);
        outcomes[0].Result!["protocolVersion"]!.GetValue<string>().ShouldBe("2025-11-25");
    }

    [Fact]
    public async Task ModernClient_StepsAgainstModernServer_AllSucceed()
    {
        IReadOnlyList<StepOutcome> outcomes = await NodeDriver.RunModernAsync(
            modern.Url, apiKey: null, Step.Echo(times: 2), Step.List("tools"));

        outcomes.Select(outcome => outcome.Step).ShouldBe(["connect", "call", "call", "list"]);
        outcomes.ShouldAllBe(outcome => outcome.Ok);
        outcomes[0].Result!["protocolVersion"]!.GetValue<string>().ShouldBe("2026-07-28");
    }

    [Fact]
    public async Task LegacyClient_NothingListens_FailsToConnect()
    {
        Uri nowhere = new($"http://127.0.0.1:{FreePort.Next()}/mcp");

        IReadOnlyList<StepOutcome> outcomes = await NodeDriver.RunLegacyAsync(nowhere, apiKey: null, Step.Echo());

        outcomes.ShouldHaveSingleItem().Error!.Class.ShouldBe("TypeError");
    }
}
