using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary><c>docs/limits-by-example.md</c>: each kind of limit in one file, in front of the reference server.</summary>
public sealed partial class LimitsByExampleTests(EverythingServer server) : IClassFixture<EverythingServer>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-page-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Page_ItsCommands_PrintWhatThePageShows()
    {
        DocumentedPage page = DocumentedPage.Read("limits-by-example.md")
            .With("http://127.0.0.1:3001/mcp", server.Endpoint.ToString())
            .With("$ sleep 1\n", "$ sleep 5\n"); // A busy machine begins the call in the background later.
        string file = page.Blocks("yaml").ShouldHaveSingleItem();
        await using SluiceProgram gateway = await SluiceProgram.StartAsync($"listen: http://127.0.0.1:0\n{file}");
        page = page.With("http://127.0.0.1:8080/mcp", gateway.Endpoint.ToString());

        (string Command, string Output)[] printed = await page.RunAsync(_folder.FullName, page.Blocks("sh")[^1]);

        printed.Select(Masked).ShouldBe(page.Commands().Select(Masked));
    }

    /// <summary>What differs from run to run is how much time is left, the month, and the ids.</summary>
    private static (string Command, string Output) Masked((string Command, string Output) command) => (
        command.Command,
        Varying().Replace(command.Output, "$1…"));

    [GeneratedRegex("(\"id\":|retry in |\"retryAfterSeconds\":|\"retryAfterMs\":|\"resetsAt\":\"(?=\\d{4})|Sluice-Delay-Ms: |;r=|;t=)(\\d{4}-\\d\\d|[\\d.]+)")]
    private static partial Regex Varying();
}
