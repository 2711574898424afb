using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary><c>docs/toolhive.md</c>: manifests of ToolHive in front of the reference server.</summary>
public sealed partial class ToolHivePageTests(EverythingServer server) : IClassFixture<EverythingServer>, IDisposable
{
    private static readonly string Manifests = Path.Combine(Repository.Root, "docs", "toolhive", "manifests");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-page-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Page_ItsFiles_AreThoseOfTheFolder() => DocumentedPage.Read("toolhive.md").Blocks("yaml")
        .ShouldBe([File.ReadAllText(Path.Combine(Manifests, "everything.yaml")), File.ReadAllText(Path.Combine(Manifests, "gateway.yaml"))]);

    [Fact]
    public async Task Page_ItsCommands_PrintWhatThePageShows()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "manifests"));
        foreach (string file in Directory.GetFiles(Manifests))
        {
            string text = await File.ReadAllTextAsync(file);
            await File.WriteAllTextAsync(
                Path.Combine(_folder.FullName, "manifests", Path.GetFileName(file)), text.Replace("127.0.0.1:8080", "127.0.0.1:0", StringComparison.Ordinal));
        }

        DocumentedPage page = DocumentedPage.Read("toolhive.md").With("http://127.0.0.1:3001/mcp --store", $"{server.Endpoint} --store");
        string[] run = page.Blocks("sh")[0].TrimEnd().Split(' ')[1..];
        await using ChildProcess gateway =
            ChildProcess.Start("dotnet", [Repository.Gateway, run[0], Path.Combine(_folder.FullName, run[1]), .. run[2..]]);
        const string Ready = "listening on ";
        string line = await gateway.WaitForLineAsync(text => text.StartsWith(Ready, StringComparison.Ordinal));
        page = page.With("http://127.0.0.1:8080/mcp", $"{line[Ready.Length..]}/mcp");

        (string Command, string Output)[] printed =
            await page.With("$ ./sluice", $"$ '{Repository.Root}/sluice'").RunAsync(_folder.FullName, page.Blocks("sh")[^1]);

        printed.Select(command => Masked(command.Output)).ShouldBe(page.Commands().Select(command => Masked(command.Output)));
    }

    /// <summary>What differs from run to run is how much time is left.</summary>
    private static string Masked(string output) => Varying().Replace(output, "$1…");

    [GeneratedRegex("(retry in |\"retryAfterSeconds\":|\"retryAfterMs\":)[\\d.]+")]
    private static partial Regex Varying();
}
