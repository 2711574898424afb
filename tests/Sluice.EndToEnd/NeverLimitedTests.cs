using System.Net;

namespace Sluice.EndToEnd;

/// <summary>What is no call of an operation passes even when every bucket is empty.</summary>
[Collection(RealServers.Name)]
public sealed class NeverLimitedTests(EverythingServer everything)
{
    // More than any bucket of the gateway holds.
    private const int Sessions = 3;

    [Fact]
    public async Task Traffic_EveryBucketIsEmpty_OnlyCallsAreRefused()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            GatewayFile.Limiting(everything.Url, "shared: 1/1d", "perUser: 1/1d"));
        IReadOnlyList<StepOutcome> spent = await NodeDriver.RunLegacyAsync(
            gateway.McpUrl, Caller.Alice.ApiKey, Step.Echo(times: 2));
        spent.Select(outcome => outcome.Ok).ShouldBe([true, true, false]);

        using McpSession session = new(gateway.McpUrl, Caller.Alice);
        for (int round = 0; round < Sessions; round++)
        {
            await UseSessionAsync(session);
        }
    }

    private static async Task UseSessionAsync(McpSession session)
    {
        await session.InitializeAsync();
        await session.ExpectStatusAsync(HttpMethod.Post, McpHttp.Initialized, HttpStatusCode.Accepted);
        (await session.AskAsync(McpHttp.Request("ping"))).ShouldContainKey("result");
        (await session.AskAsync(McpHttp.Request("tools/list"))).ShouldContainKey("result");
        (await session.AskAsync(McpHttp.Request("resources/list"))).ShouldContainKey("result");
        Refusal.ShouldBe((await session.AskAsync(McpHttp.Echo("x")))["error"], "shared", "shared", maxTokens: 1);
        await session.ExpectStatusAsync(HttpMethod.Get, body: null, HttpStatusCode.OK);
        await session.ExpectStatusAsync(HttpMethod.Delete, body: null, HttpStatusCode.OK);
    }
}
