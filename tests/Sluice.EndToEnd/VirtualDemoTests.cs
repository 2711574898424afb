using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary><c>sluice demo --virtual</c>: one command shows a virtual server.</summary>
public sealed class VirtualDemoTests
{
    [Fact]
    public async Task Demo_OfAVirtualServer_ShowsAListCallsARejectionAndAServerThatDies()
    {
        ProgramResult result = await SluiceProgram.RunAsync("demo", "--virtual", "--port", "0");

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Error.ShouldBeEmpty();
        string[] steps = Regex.Split(result.Output, @"^\d\. ", RegexOptions.Multiline);
        steps.Length.ShouldBe(5, result.Output);
        ToolsIn(steps[1]).ShouldBe(["books_search", "desk_slow_count", "desk_echo"], ignoreOrder: true);
        steps[2].ShouldContain("Moby-Dick");
        steps[2].ShouldContain("Echo: hello");
        Unwrapped(steps[3]).ShouldContain("error 429: Rate limit exceeded: perUser limit on tool 'books_search', retry in ");
        steps[3].ShouldContain("7 of 10"); // Three calls were charged, and the fourth was not.
        steps[3].ShouldContain("0 of 2");
        Unwrapped(steps[4]).ShouldContain("The server 'toolkit' did not answer: its backend 'books' failed: ");
        steps[4].ShouldContain("Echo: still here");
        ToolsIn(steps[4][steps[4].IndexOf("hidden", StringComparison.Ordinal)..]).ShouldBe(["desk_slow_count", "desk_echo"], ignoreOrder: true);
    }

    [Fact]
    public async Task Demo_OfAVirtualServer_FitsATerminalOf80ColumnsAndHasNoTrailingSpace()
    {
        string[] lines = (await SluiceProgram.RunAsync("demo", "--virtual", "--port", "0")).Output.Split('\n');

        lines.Where(line => line.Length > 80).ShouldBeEmpty();
        lines.Where(line => line.EndsWith(' ')).ShouldBeEmpty();
        lines.Length.ShouldBeLessThan(70);
    }

    [Fact]
    public async Task Demo_PortInUse_SaysHowToChooseAnother()
    {
        await using DemoProgram first = await DemoProgram.StartAsync();
        string port = first.Endpoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

        ProgramResult second = await SluiceProgram.RunAsync("demo", "--virtual", "--port", port);

        second.ExitCode.ShouldBe(1);
        second.Error.Trim().ShouldBe($"sluice: port {port} on 127.0.0.1 is in use. Choose another: sluice demo --virtual --port {first.Endpoint.Port + 1}");
    }

    private static string[] ToolsIn(string text) =>
        [.. Regex.Matches(text, @"^   (?<name>(books|desk)_\w+)  ", RegexOptions.Multiline).Select(tool => tool.Groups["name"].Value)];

    private static string Unwrapped(string text) => Regex.Replace(text, @"\s+", " ");
}
