using System.Net;

namespace Sluice.Gateway.Tests;

/// <summary>A call to a server over stdio holds its slot until it ends, however it ends, and frees one slot then.</summary>
/// <remarks>
/// Another call runs in the meantime, in a process of its own. A slot that is not released is missing afterwards; one that is released
/// twice is the other call's.
/// </remarks>
public sealed class StdioSlotEndTests
{
    private const string Cancel = """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}}""";

    [Theory]
    [InlineData("echo")]
    [InlineData("progress")]
    [InlineData("die")]
    [InlineData("die-in-stream")]
    public async Task Call_Ends_FreesOneSlot(string tool)
    {
        await using StdioGateway gateway = await StartAsync();
        using HttpResponseMessage other = await OpenAsync(gateway);
        string session = await gateway.BeginAsync();

        await gateway.Fixture.SendAsync(StdioGateway.Legacy(session, StdioGateway.Call("\"c\"", tool, meta: """{"progressToken":1}""")));

        await ShouldHaveFreedOneAsync(gateway);
    }

    [Fact]
    public async Task Call_ProcessDoesNotAnswerInTime_FreesItsSlot()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(server: "    rateLimiting: { concurrency: { shared: 1 } }\n    timeout: 1s");
        string session = await gateway.BeginAsync();

        for (int call = 0; call < 3; call++)
        {
            (await gateway.CallAsync(session, "\"c\"", "hang")).Status.ShouldBe(HttpStatusCode.GatewayTimeout);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_LeavesOrCancels_FreesOneSlot(bool cancels)
    {
        await using StdioGateway gateway = await StartAsync();
        using HttpResponseMessage other = await OpenAsync(gateway);
        string session = await gateway.BeginAsync();
        using CancellationTokenSource leaves = new();
        Task<HttpResponseMessage> call =
            gateway.Fixture.Client.SendAsync(StdioGateway.Legacy(session, StdioGateway.Call("\"c\"", "hang")), leaves.Token);
        await Eventually.HoldsAsync(() => gateway.Fixture.Gate.RunningWithSlots == 2);

        if (cancels)
        {
            await gateway.Fixture.SendAsync(StdioGateway.Legacy(session, Cancel));
        }
        else
        {
            await leaves.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(call);
        }

        await ShouldHaveFreedOneAsync(gateway);
    }

    [Fact]
    public async Task Client_LeavesInTheStream_FreesOneSlot()
    {
        await using StdioGateway gateway = await StartAsync();
        using HttpResponseMessage other = await OpenAsync(gateway);
        HttpResponseMessage call = await OpenAsync(gateway);
        gateway.Fixture.Gate.RunningWithSlots.ShouldBe(2);

        call.Dispose();

        await ShouldHaveFreedOneAsync(gateway);
    }

    [Fact]
    public async Task Delete_OfTheSessionOfARunningCall_FreesOneSlot()
    {
        await using StdioGateway gateway = await StartAsync();
        using HttpResponseMessage other = await OpenAsync(gateway);
        string session = await gateway.BeginAsync();
        Task<(HttpStatusCode Status, string Body)> call = gateway.CallAsync(session, "\"c\"", "hang");
        await Eventually.HoldsAsync(() => gateway.Fixture.Gate.RunningWithSlots == 2);
        using HttpRequestMessage delete = new(HttpMethod.Delete, "/mcp");
        delete.Headers.Add("Mcp-Session-Id", session);

        (await gateway.Fixture.Client.SendAsync(delete)).Dispose();

        await call;
        await ShouldHaveFreedOneAsync(gateway);
    }

    [Fact]
    public async Task Stop_CallsRun_LeavesNoSlotHeld()
    {
        await using StdioGateway gateway = await StartAsync();
        using HttpResponseMessage streaming = await OpenAsync(gateway);
        string session = await gateway.BeginAsync();
        Task<(HttpStatusCode Status, string Body)> silent = gateway.CallAsync(session, "\"c\"", "hang");
        await Eventually.HoldsAsync(() => gateway.Fixture.Gate.RunningWithSlots == 2);
        Sluice.Mcp.CallGate gate = gateway.Fixture.Gate;

        await gateway.Fixture.StopAsync();

        (await silent).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await Eventually.HoldsAsync(() => gate.RunningWithSlots == 0);
    }

    // The other call runs to the end of the test, which must not wait for it.
    private static Task<StdioGateway> StartAsync() =>
        StdioGateway.StartAsync(server: "    rateLimiting: { concurrency: { shared: 2 } }\nstop: { drain: 0s }");

    /// <summary>A call in a session of its own, whose answer is a stream that has begun.</summary>
    private static async Task<HttpResponseMessage> OpenAsync(StdioGateway gateway)
    {
        string session = await gateway.BeginAsync();
        using HttpRequestMessage request =
            StdioGateway.Legacy(session, StdioGateway.Call("1", "progress-only", meta: """{"progressToken":1}"""));
        HttpResponseMessage response = await gateway.Fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        (await StdioGateway.NextEventAsync(new StreamReader(await response.Content.ReadAsStreamAsync()))).ShouldContain("notifications/progress");
        return response;
    }

    /// <summary>One of two slots is free, and the other call still has its own.</summary>
    private static async Task ShouldHaveFreedOneAsync(StdioGateway gateway)
    {
        await Eventually.HoldsAsync(() => gateway.Fixture.Gate.RunningWithSlots == 1);
        using HttpResponseMessage next = await OpenAsync(gateway);
        (await gateway.CallAsync(await gateway.BeginAsync(), "9", "echo")).Body.ShouldContain("\"maxRunning\":2,\"running\":2,");
        gateway.Fixture.Gate.RunningWithSlots.ShouldBe(2);
    }
}
