namespace Sluice.EndToEnd;

/// <summary>The Inspector's command line through the gateway.</summary>
[Collection(RealServers.Name)]
public sealed class InspectorTests(EverythingServer everything, ModernServer modern)
{
    private static readonly string[] OneEchoADay =
        ["shared: 1000/1d", "perUser: 100/1d", "tools:", "  - { name: echo, perUser: 1/1d }"];

    [Fact]
    public async Task Call_BeyondTheToolsLimit_ExitsWithOneAndShowsTheRefusal()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            GatewayFile.Limiting(everything.Url, OneEchoADay));

        ProcessResult first = await Inspector.EchoAsync(gateway.McpUrl, Caller.Alice.ApiKey);
        ProcessResult second = await Inspector.EchoAsync(gateway.McpUrl, Caller.Alice.ApiKey);

        first.ExitCode.ShouldBe(0, first.Errors);
        first.Output.ShouldContain("Echo: hi");
        second.ExitCode.ShouldBe(1, second.Output);
        second.Errors.ShouldContain(Refusal.ByToolLimit);
    }

    [Fact]
    public async Task Call_AnotherUserIsLimited_Passes()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            GatewayFile.Limiting(everything.Url, OneEchoADay));
        await NodeDriver.RunLegacyAsync(gateway.McpUrl, Caller.Alice.ApiKey, Step.Echo(times: 2));

        ProcessResult bobs = await Inspector.EchoAsync(gateway.McpUrl, Caller.Bob.ApiKey);

        bobs.ExitCode.ShouldBe(0, bobs.Errors);
        bobs.Output.ShouldContain("Echo: hi");
    }

    [Fact]
    public async Task Call_ModernEraBeyondTheLimit_ExitsWithOneAndShowsTheRefusal()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            GatewayFile.Limiting(modern.Url, OneEchoADay));
        await NodeDriver.RunModernAsync(gateway.McpUrl, Caller.Alice.ApiKey, Step.Echo());

        ProcessResult refused = await Inspector.EchoAsync(
            gateway.McpUrl, Caller.Alice.ApiKey, "--protocol-era", "modern");

        refused.ExitCode.ShouldBe(1, refused.Output);
        refused.Errors.ShouldContain(Refusal.ByToolLimit);
    }

    [Fact]
    public async Task Call_NoKey_ExitsWithAnError()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            GatewayFile.Limiting(everything.Url, OneEchoADay));

        ProcessResult result = await Inspector.EchoAsync(gateway.McpUrl, apiKey: null);

        result.ExitCode.ShouldNotBe(0, result.Output);
    }
}
