namespace Sluice.EndToEnd;

/// <summary>What a refusal looks like to the callers of the TypeScript clients of both eras.</summary>
[Collection(RealServers.Name)]
public sealed class TypeScriptClientTests(EverythingServer everything, ModernServer modern)
{
    [Theory]
    [InlineData("auto")]
    [InlineData("jsonrpc")]
    public async Task LegacyClient_RefusedByJsonRpc_SeesCodeMessageAndData(string rejection)
    {
        SeenError error = await RefuseLegacyAsync(rejection);

        error.Class.ShouldBe("McpError");
        error.Code!.GetValue<int>().ShouldBe(429);
        error.Message.ShouldStartWith("MCP error 429: " + Refusal.ByToolLimit);
        Refusal.DataShouldBe(error.Data, "perUser", "echo/perUser", maxTokens: 2);
    }

    [Fact]
    public async Task LegacyClient_RefusedByHttp429_SeesTheStatusAndTheBodyAsText()
    {
        SeenError error = await RefuseLegacyAsync("http429");

        error.Class.ShouldBe("StreamableHTTPError");
        error.Code!.GetValue<int>().ShouldBe(429);
        Refusal.ShouldBe(ReadBody(error.Message), "perUser", "echo/perUser", maxTokens: 2);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("http429")]
    public async Task ModernClient_RefusedByHttp429_SeesTheStatusAndTheBodyAsText(string rejection)
    {
        SeenError error = await RefuseModernAsync(rejection);

        error.Class.ShouldBe("SdkHttpError");
        error.HttpStatus.ShouldBe(429);
        Refusal.ShouldBe(ReadBody(error.Data!["text"]!.GetValue<string>()), "perUser", "echo/perUser", maxTokens: 2);
    }

    [Fact]
    public async Task ModernClient_RefusedByJsonRpc_SeesCodeMessageAndData()
    {
        SeenError error = await RefuseModernAsync("jsonrpc");

        error.Class.ShouldBe("ProtocolError");
        error.Code!.GetValue<int>().ShouldBe(429);
        error.Message.ShouldStartWith(Refusal.ByToolLimit);
        Refusal.DataShouldBe(error.Data, "perUser", "echo/perUser", maxTokens: 2);
    }

    [Fact]
    public async Task BothClients_RefusedByToolResult_SeeAResultThatIsAnError()
    {
        await using SluiceProgram legacyGateway = await StartAsync(everything.Url, "toolResult");
        await using SluiceProgram modernGateway = await StartAsync(modern.Url, "toolResult");
        IReadOnlyList<StepOutcome>[] runs =
        [
            await NodeDriver.RunLegacyAsync(legacyGateway.McpUrl, Caller.Alice.ApiKey, Step.Echo(times: 3)),
            await NodeDriver.RunModernAsync(modernGateway.McpUrl, Caller.Alice.ApiKey, Step.Echo(times: 3)),
        ];

        foreach (JsonObject? result in runs.Select(outcomes => outcomes[^1].Result))
        {
            result!["isError"]!.GetValue<bool>().ShouldBeTrue();
            result["content"]![0]!["text"]!.GetValue<string>().ShouldStartWith(Refusal.ByToolLimit);
            Refusal.ShouldBe(result["structuredContent"], "perUser", "echo/perUser", maxTokens: 2);
        }
    }

    private static Task<SluiceProgram> StartAsync(Uri upstream, string rejection) =>
        SluiceProgram.StartAsync(GatewayFile.Limiting(
            upstream, $"rejection: {rejection}", "shared: 1000/1d", "tools:", "  - { name: echo, perUser: 2/1d }"));

    private static JsonNode? ReadBody(string text) => JsonNode.Parse(text[text.IndexOf('{')..])!["error"];

    private async Task<SeenError> RefuseLegacyAsync(string rejection)
    {
        await using SluiceProgram gateway = await StartAsync(everything.Url, rejection);
        return LastError(await NodeDriver.RunLegacyAsync(gateway.McpUrl, Caller.Alice.ApiKey, Step.Echo(times: 3)));
    }

    private async Task<SeenError> RefuseModernAsync(string rejection)
    {
        await using SluiceProgram gateway = await StartAsync(modern.Url, rejection);
        return LastError(await NodeDriver.RunModernAsync(gateway.McpUrl, Caller.Alice.ApiKey, Step.Echo(times: 3)));
    }

    // Connecting and two calls pass, and the third does not.
    private static SeenError LastError(IReadOnlyList<StepOutcome> outcomes)
    {
        outcomes.Select(outcome => outcome.Ok).ShouldBe([true, true, true, false]);
        return outcomes[^1].Error!;
    }
}
