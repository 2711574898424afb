namespace Sluice.EndToEnd;

public sealed class InspectorTests(EverythingServer server) : IClassFixture<EverythingServer>
{
    [Fact]
    public async Task Call_BeyondTheToolsLimit_ExitsWithOneAndTheTextOfTheRejection()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            server.Endpoint, "{ shared: 1000/1d, perUser: 100/1d, tools: [{ name: echo, perUser: 1/1d }] }"));

        ProgramResult first = await EchoAsync(sluice, "alice");
        ProgramResult second = await EchoAsync(sluice, "alice");
        ProgramResult another = await EchoAsync(sluice, "bob");

        first.ExitCode.ShouldBe(0, first.ToString());
        first.Output.ShouldContain("Echo: hi");
        second.ExitCode.ShouldBe(1, second.ToString());
        (second.Output + second.Error).ShouldContain("Rate limit exceeded: perUser limit on tool 'echo', retry in 86");
        another.ExitCode.ShouldBe(0, another.ToString());
    }

    [Fact]
    public async Task ToolsList_BeyondEveryLimit_IsNeverLimited()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            server.Endpoint, "{ shared: 1/1d }"));
        (await EchoAsync(sluice, "alice")).ExitCode.ShouldBe(0);
        (await EchoAsync(sluice, "bob")).ExitCode.ShouldBe(1);

        ProgramResult list = await Callers.InspectorAsync(sluice.Endpoint, "bob", "--method", "tools/list");

        list.ExitCode.ShouldBe(0, list.ToString());
        list.Output.ShouldContain("\"echo\"");
    }

    [Fact]
    public async Task Call_WithAWrongKey_ExitsWithAnError()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            server.Endpoint, "{ shared: 1000/1d }"));

        ProgramResult result = await EchoAsync(sluice, "mallory");

        result.ExitCode.ShouldNotBe(0, result.ToString());
    }

    private static Task<ProgramResult> EchoAsync(SluiceProgram sluice, string user) => Callers.InspectorAsync(
        sluice.Endpoint, user, "--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hi");
}
