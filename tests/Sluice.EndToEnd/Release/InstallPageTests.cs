using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Sluice.EndToEnd;

/// <summary>The commands of <c>docs/install.md</c>, run as they stand there; only the places are others.</summary>
[Nightly]
[Collection(BuiltRelease.Collection)]
public sealed partial class InstallPageTests(BuiltRelease release)
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "install.md"));

    [Fact]
    public void Version_OfThePage_IsThatOfTheCheckout() =>
        Page.ShouldContain("\nversion=" + XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("Version").Single().Value + "\n");

    [Fact]
    public async Task ArchiveAndService_CommandsOfThePage_InstallTheProgramTheUnitAndTheConfiguration()
    {
        string folder = release.NewFolder("install");
        Directory.CreateDirectory(Path.Combine(folder, "root", "usr", "local", "bin"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "out"), release.Output);
        await File.WriteAllTextAsync(Path.Combine(folder, "sluice.yaml"), "servers: [ { name: a, upstream: 'http://127.0.0.1:1/mcp', rateLimiting: { shared: 1/1m } } ]\n");
        string commands = (Block("As an archive") + Block("As a service"))
            .Replace("sudo ", "", StringComparison.Ordinal)
            .Replace(" /", $" {folder}/root/", StringComparison.Ordinal);

        ProgramResult result = await BuiltRelease.SucceedAsync(
            "bash", "-euc", $"cd '{folder}'; version={BuiltRelease.Version}; PATH=$PWD/root/usr/local/bin:$PATH\n{commands}");

        result.Output.ShouldBe($"{BuiltRelease.Version}\n");
        File.Exists(Path.Combine(folder, "root", "etc", "systemd", "system", "sluice.service")).ShouldBeTrue();
        (await BuiltRelease.SucceedAsync(
            Path.Combine(folder, "root", "usr", "local", "bin", "sluice"), "validate", Path.Combine(folder, "root", "etc", "sluice", "sluice.yaml")))
            .Output.ShouldEndWith("sluice.yaml: valid\n");
    }

    /// <summary>The first commands of a section.</summary>
    internal static string Block(string section)
    {
        int start = Page.IndexOf($"\n## {section}\n", StringComparison.Ordinal);
        start.ShouldBeGreaterThan(0, section);
        return Commands().Match(Page, start).Groups["commands"].Value;
    }

    [GeneratedRegex("^```sh\n(?<commands>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Commands();
}
