using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>Real stdio servers behind the gateway, and the clients that reach them over HTTP.</summary>
public sealed class StdioUpstreamTests
{
    private const string TwoEchoes =
        """[{ "tool": "echo", "arguments": { "message": "hi" } }, { "tool": "echo", "arguments": { "message": "again" } }, { "list": true }]""";

    private const string TwoForecasts =
        """[{ "tool": "forecast", "arguments": { "city": "Oslo" } }, { "tool": "forecast", "arguments": { "city": "Rome" } }]""";

    private static readonly string Everything = $"{{ command: node, args: ['{Repository.Everything}', stdio] }}";

    [Theory]
    [InlineData("sdk", "McpError", "perSession")]
    [InlineData("client-legacy", "ProtocolError", "perSession")]
    [InlineData("sdk", "McpError", "shared")]
    [InlineData("client-legacy", "ProtocolError", "shared")]
    public async Task Everything_TypeScriptClient_IsServedAndRefused(string kind, string errorClass, string instances)
    {
        string upstream = Everything.Replace(" }", $", instances: {instances} }}", StringComparison.Ordinal);
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            upstream, "{ perUser: 100/1d, tools: [{ name: echo, perUser: 1/1d }] }"));

        JsonElement[] seen = await Callers.TypeScriptAsync(kind, sluice.Endpoint, "key-of-alice", TwoEchoes);
        JsonElement[] another = await Callers.TypeScriptAsync(kind, sluice.Endpoint, "key-of-bob", TwoEchoes);

        seen[1].GetProperty("text").GetString().ShouldBe("Echo: hi");
        seen[2].GetProperty("error").GetString().ShouldBe(errorClass);
        seen[2].GetProperty("code").GetInt32().ShouldBe(429);
        seen[3].GetProperty("tools").GetInt32().ShouldBeGreaterThan(1);
        another[1].GetProperty("text").GetString().ShouldBe("Echo: hi");
    }

    [Fact]
    public async Task Everything_Inspector_IsServedAndRefused()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            Everything, "{ tools: [{ name: echo, perUser: 1/1d }] }"));

        ProgramResult first = await EchoAsync(sluice);
        ProgramResult second = await EchoAsync(sluice);

        first.ExitCode.ShouldBe(0, first.ToString());
        first.Output.ShouldContain("Echo: hi");
        second.ExitCode.ShouldBe(1, second.ToString());
        (second.Output + second.Error).ShouldContain("Rate limit exceeded: perUser limit on tool 'echo'");
    }

    [Fact]
    public async Task ModernServer_ModernTypeScriptClient_IsServedAndRefused()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            $"{{ command: dotnet, args: ['{Repository.Sample("StdioServer")}'] }}", "{ tools: [{ name: forecast, perUser: 1/1d }] }"));

        JsonElement[] seen = await Callers.TypeScriptAsync("client-modern", sluice.Endpoint, "key-of-alice", TwoForecasts);

        seen[1].GetProperty("text").GetString().ShouldBe("Sunny in Oslo.");
        seen[2].GetProperty("error").GetString().ShouldBe("SdkHttpError");
        seen[2].GetProperty("data").GetProperty("status").GetInt32().ShouldBe(429);
    }

    [Fact]
    public async Task Terminate_Gateway_EndsItsProcesses()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            $"{{ command: dotnet, args: ['{Repository.OddServer}', odd-server] }}", "{ shared: 100/1d }"));
        using Session session = await Session.StartAsync(sluice.Endpoint, "key-of-alice");
        Answer answer = await session.PostAsync(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pid"}}""");
        int process = Processes.IdIn(answer.Body);
        Processes.IsRunning(process).ShouldBeTrue();

        sluice.Process.Terminate();

        (await sluice.Process.WaitForExitAsync()).ExitCode.ShouldBe(0);
        await Processes.GoneAsync(process);
    }

    private static Task<ProgramResult> EchoAsync(SluiceProgram sluice) => Callers.InspectorAsync(
        sluice.Endpoint, "alice", "--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hi");
}
