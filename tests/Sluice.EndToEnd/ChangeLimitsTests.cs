using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>Every command of docs/operate.md, run as it stands there: its output is the one on the page.</summary>
public sealed partial class ChangeLimitsTests : IDisposable
{
    private static readonly string Page = Path.Combine(Repository.Root, "docs", "operate.md");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-change-");

    public ChangeLimitsTests()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "docs", "operate")))
        {
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<string, string> Blocks()
    {
        TheoryData<string, string> blocks = [];
        foreach ((string command, string output) in Commands())
        {
            blocks.Add(command, output);
        }

        return blocks;
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public async Task Command_OfThePage_PrintsWhatThePageShows(string command, string shown)
    {
        string inFolder = $"cd '{_folder.FullName}' && {command.Replace("./sluice", $"'{Repository.Root}/sluice'", StringComparison.Ordinal)}";

        ProgramResult result = await ChildProcess.RunAsync("bash", "-c", inFolder);

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldBe(shown);
    }

    [Fact]
    public async Task Page_NewFileTakesThePlaceOfTheOld_GatewayPrintsWhatThePageShows()
    {
        foreach (string file in (string[])["sluice.yaml", "new.yaml"])
        {
            string path = Path.Combine(_folder.FullName, file);
            await File.WriteAllTextAsync(path, $"listen: http://127.0.0.1:0\n{await File.ReadAllTextAsync(path)}");
        }

        DocumentedPage page = DocumentedPage.Read("operate.md");
        string[] commands = page.Blocks("sh").ShouldHaveSingleItem().TrimEnd().Split('\n');
        string[] shown = page.Blocks("text").ShouldHaveSingleItem().TrimEnd().Split('\n');
        await using ChildProcess gateway = ChildProcess.Start(
            "bash", "-c", $"cd '{_folder.FullName}' && exec {commands[0].Replace("./sluice", $"'{Repository.Root}/sluice'", StringComparison.Ordinal)}");

        string listening = await gateway.WaitForLineAsync(line => line.StartsWith("listening on ", StringComparison.Ordinal));
        (await ChildProcess.RunAsync("bash", "-c", $"cd '{_folder.FullName}' && {commands[1]}")).ExitCode.ShouldBe(0);
        string reloaded = await gateway.WaitForLineAsync(line => line.Contains("was reloaded", StringComparison.Ordinal));

        new[] { listening, reloaded }.Select(Masked).ShouldBe(shown.Select(Masked));
    }

    /// <summary>The port, the time and the version differ: the files of the test have a port of their own.</summary>
    private static string Masked(string line) => Varying().Replace(line, "…");

    [GeneratedRegex(@"(?<=127\.0\.0\.1:)\d+|^\d\d:\d\d:\d\d|[0-9a-f]{16}")]
    private static partial Regex Varying();

    [Fact]
    public void Page_ShowsEveryCommandOfAChange() => Commands()
        .Select(block => Regex.Match(block.Command, @"\./sluice (\w+)").Groups[1].Value)
        .Distinct()
        .ShouldBe(["explain", "validate", "replay", "simulate"], ignoreOrder: true);

    [Fact]
    public async Task Replay_UnderTheLimitsThatRecordedTheCalls_ExitsWithZeroUnderExact()
    {
        ProgramResult same = await RunAsync("replay", "sluice.yaml", "--trace", "decisions.jsonl", "--exact");
        ProgramResult other = await RunAsync("replay", "new.yaml", "--trace", "decisions.jsonl", "--exact");

        same.ExitCode.ShouldBe(0, same.ToString());
        other.ExitCode.ShouldBe(1, other.ToString());
    }

    [Fact]
    public async Task Replay_TraceWithBadLines_NamesThemAndExitsWithOneUnlessTheyAreSkipped()
    {
        string trace = Path.Combine(_folder.FullName, "decisions.jsonl");
        string[] lines = await File.ReadAllLinesAsync(trace);
        await File.WriteAllLinesAsync(trace, lines.Select((line, index) => index is 4 or 9 ? line[..^5] : line));

        ProgramResult refused = await RunAsync("replay", "sluice.yaml", "--trace", "decisions.jsonl");
        ProgramResult skipped = await RunAsync("replay", "sluice.yaml", "--trace", "decisions.jsonl", "--skip-bad");

        refused.ExitCode.ShouldBe(1, refused.ToString());
        refused.Output.ShouldBeEmpty();
        refused.Error.ShouldContain("decisions.jsonl:5 ");
        refused.Error.ShouldContain("decisions.jsonl:10 ");
        refused.Error.ShouldContain("2 lines of the trace cannot be read");
        skipped.ExitCode.ShouldBe(0, skipped.ToString());
        skipped.Error.ShouldContain("2 lines of the trace cannot be read and are left out.");
        skipped.Error.ShouldContain("2 operations are missing in the trace");
    }

    [Fact]
    public async Task Simulate_SvgFile_HasTheChart()
    {
        ProgramResult result = await RunAsync("simulate", "sluice.yaml", "--rate", "5/s", "--for", "1m", "--svg", "load.svg");

        result.ExitCode.ShouldBe(0, result.ToString());
        (await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "load.svg"))).ShouldStartWith("<svg ");
    }

    private static IEnumerable<(string Command, string Output)> Commands() => Regex
        .Matches(File.ReadAllText(Page).ReplaceLineEndings("\n"), "^```console\n\\$ (\\./sluice .*?)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)
        .Select(match => (match.Groups[1].Value, match.Groups[2].Value));

    private Task<ProgramResult> RunAsync(params string[] arguments) =>
        ChildProcess.RunAsync("bash", "-c", $"cd '{_folder.FullName}' && exec '{Repository.Root}/sluice' {string.Join(' ', arguments)}");
}
