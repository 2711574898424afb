using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

public sealed class DemoTests
{
    [Fact]
    public async Task Guide_CommandsOfTheGuide_ShowWhatItSays()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();
        string[] lines = demo.Process.Captured().Split('\n');
        string fourSearches = lines.Single(line => line.StartsWith("for i in", StringComparison.Ordinal));
        string bobs = lines.Single(line => line.StartsWith("curl ", StringComparison.Ordinal));
        string inspector = lines.Single(line => line.StartsWith("npx ", StringComparison.Ordinal));

        ProgramResult alice = await ChildProcess.RunAsync("bash", "-c", fourSearches);
        ProgramResult bob = await ChildProcess.RunAsync("bash", "-c", bobs);
        ProgramResult refused = await ChildProcess.RunAsync(
            "bash", "-c", $"cd '{Repository.NodeFolder}' && " + inspector.Replace("npx -y @modelcontextprotocol/inspector@2.12.0", "npx --no-install mcp-inspector", StringComparison.Ordinal));

        Regex.Count(alice.Output, "Moby-Dick").ShouldBe(3, alice.ToString());
        alice.Output.ShouldContain(
            """{"jsonrpc":"2.0","id":4,"error":{"code":429,"message":"Rate limit exceeded: perUser limit on tool 'search', retry in """);
        bob.Output.ShouldContain("Treasure Island");
        refused.ExitCode.ShouldBe(1, refused.ToString());
        await demo.Process.WaitForLineAsync(line => line.Contains("refused by search/perUser", StringComparison.Ordinal));
        demo.Process.Captured().ShouldContain("search/perUser 2/3");
    }

    [Fact]
    public async Task Guide_FirstLine_IsTheAddressOfTheDashboard()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();
        using HttpClient http = new();

        string first = demo.Process.Captured().Split('\n')[1];
        string page = await http.GetStringAsync(new Uri(first["Dashboard: ".Length..]));

        first.ShouldStartWith("Dashboard: http://127.0.0.1:");
        page.ShouldContain("<title>Sluice</title>");
    }

    [Fact]
    public async Task Start_PortInUse_SaysWhichAndHowToChooseAnother()
    {
        await using DemoProgram first = await DemoProgram.StartAsync();

        ProgramResult second = await SluiceProgram.RunAsync(
            "demo", "--port", first.Endpoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        second.ExitCode.ShouldBe(1);
        second.Error.Trim().ShouldBe(
            $"sluice: port {first.Endpoint.Port} on 127.0.0.1 is in use. Choose another: sluice demo --port {first.Endpoint.Port + 1}");
    }

    [Fact]
    public async Task Stop_Interrupt_EndsCleanly()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();

        demo.Process.Interrupt();
        ProgramResult result = await demo.Process.WaitForExitAsync();

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_AfterACall_HasNotLoadedTheSdkOfTheDemo()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();
        await using SluiceProgram run = await SluiceProgram.StartAsync(
            SluiceProgram.Configuration(await demo.ServerEndpointAsync(), "{ perUser: 100/1d }"));
        using HttpClient http = new();
        http.DefaultRequestHeaders.Authorization = new("Bearer", "key-of-alice");
        using StringContent ping = new("""{"jsonrpc":"2.0","id":1,"method":"ping"}""", null, "application/json");
        using HttpResponseMessage answer = await http.PostAsync(run.Endpoint, ping);

        demo.Process.MappedFiles().ShouldContain(file => file.Contains("ModelContextProtocol", StringComparison.Ordinal));
        run.Process.MappedFiles().ShouldContain(file => file.Contains("Sluice.Gateway.dll", StringComparison.Ordinal));
        run.Process.MappedFiles().ShouldNotContain(file => file.Contains("ModelContextProtocol", StringComparison.Ordinal));
    }
}
