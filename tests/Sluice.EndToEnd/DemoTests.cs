using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

public sealed class DemoTests
{
    [Fact]
    public async Task Guide_CommandsOfTheGuide_ShowWhatItSays()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();
        string[] commands = Commands(demo.Process.Captured());

        ProgramResult alice = await ChildProcess.RunAsync("bash", "-c", $"{commands[0]}\n{commands[1]}");
        ProgramResult bob = await ChildProcess.RunAsync("bash", "-c", $"{commands[0]}\n{commands[2]}");

        Regex.Count(alice.Output, "Moby-Dick").ShouldBe(3, alice.ToString());
        alice.Output.ShouldContain(
            """{"jsonrpc":"2.0","id":1,"error":{"code":429,"message":"Rate limit exceeded: perUser limit on tool 'search', retry in """);
        bob.Output.ShouldContain("Treasure Island");
        await demo.Process.WaitForLineAsync(line => Regex.IsMatch(line, @"alice +search +rejected +search/perUser, retry in \d+ s$"));
        demo.Process.Captured().ShouldContain("search/perUser, 2 of 3 left");
    }

    [Fact]
    public async Task Guide_AllOfItsLines_FitATerminal()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();
        ProgramResult searched = await ChildProcess.RunAsync("bash", "-c", string.Join('\n', Commands(demo.Process.Captured())));
        await demo.Process.WaitForLineAsync(line => line.Contains("rejected", StringComparison.Ordinal));

        string[] lines = demo.Process.Captured().Split('\n');

        searched.ExitCode.ShouldBe(0, searched.ToString());
        lines.Where(line => line.Length > 80).ShouldBeEmpty();
        lines.Length.ShouldBeLessThan(45);
    }

    [Fact]
    public async Task Picture_OfTheReadme_IsWhatTheDemoPrints()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();
        await ChildProcess.RunAsync("bash", "-c", string.Join('\n', Commands(demo.Process.Captured())));
        await demo.Process.WaitForLineAsync(line => Regex.IsMatch(line, @"bob +search +allowed"));
        string output = demo.Process.Captured().Split("--- output\n")[1].Split("\n--- error")[0];
        await using ChildProcess drawing = ChildProcess.StartWithInput(
            "node", Path.Combine(Repository.Root, "eng", "docs", "terminal.mjs"), "./sluice demo");
        drawing.WriteLine(output);
        drawing.CloseInput();

        ProgramResult picture = await drawing.WaitForExitAsync();

        picture.ExitCode.ShouldBe(0, picture.ToString());
        picture.Output.ShouldBe(
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "images", "demo.svg")), "eng/demo-picture.sh draws it again");
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

    /// <summary>The indented blocks of the guide after its table: a function, and two uses of it.</summary>
    private static string[] Commands(string printed)
    {
        string[] blocks = [.. Regex.Matches(printed, "(?<=\n\n)(  .*\n)+").Select(block => block.Value)];
        blocks.Length.ShouldBe(4, printed);
        return blocks[1..];
    }
}
