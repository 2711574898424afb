using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary><c>docs/toolhive.md</c>: manifests of ToolHive in front of the reference server.</summary>
public sealed partial class ToolHivePageTests(EverythingServer server) : IClassFixture<EverythingServer>, IDisposable
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "toolhive");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-page-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Page_ItsFiles_AreThoseOfTheFolder() => DocumentedPage.Read("toolhive.md").Blocks("yaml")
        .ShouldBe(
        [
            .. ((string[])["manifests/everything.yaml", "manifests/gateway.yaml", "virtual/toolkit.yaml", "virtual/servers.yaml"])
                .Select(file => File.ReadAllText(Path.Combine(Folder, file))),
        ]);

    [Fact]
    public async Task Page_ItsCommands_PrintWhatThePageShows()
    {
        await CopyAsync();
        DocumentedPage page = DocumentedPage.Read("toolhive.md").With("http://127.0.0.1:3001/mcp --store", $"{server.Endpoint} --store");
        string[] run = page.Blocks("sh")[0].TrimEnd().Split(' ')[1..];
        await using ChildProcess gateway =
            ChildProcess.Start("dotnet", [Repository.Gateway, run[0], Path.Combine(_folder.FullName, run[1]), .. run[2..]]);
        const string Ready = "listening on ";
        string line = await gateway.WaitForLineAsync(text => text.StartsWith(Ready, StringComparison.Ordinal));
        page = page.With("http://127.0.0.1:8080/mcp", $"{line[Ready.Length..]}/mcp");

        (string Command, string Output)[] printed =
            await page.With("$ ./sluice", $"$ '{Repository.Root}/sluice'").RunAsync(_folder.FullName, page.Blocks("sh")[1]);

        printed.Select(command => Masked(command.Output)).ShouldBe(page.Commands().Select(command => Masked(command.Output)));
    }

    [Fact]
    public async Task Page_ItsVirtualServer_LimitsCallsOfTwoServers()
    {
        await CopyAsync();
        string[] run = DocumentedPage.Read("toolhive.md").With("http://127.0.0.1:3001/mcp", server.Endpoint.ToString()).Blocks("sh")[^1].TrimEnd().Split(' ')[1..];
        await using ChildProcess gateway =
            ChildProcess.Start("dotnet", [Repository.Gateway, run[0], Path.Combine(_folder.FullName, run[1]), .. run[2..]]);
        const string Ready = "listening on ";
        string line = await gateway.WaitForLineAsync(text => text.StartsWith(Ready, StringComparison.Ordinal));
        using Session session = await Session.StartAsync(new Uri($"{line[Ready.Length..]}/tools.toolkit/mcp"), "key-of-ana");

        string list = (await session.PostAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""")).Body;
        ToolName().Matches(list).Select(name => name.Groups["name"].Value).Where(name => name.StartsWith("notes_", StringComparison.Ordinal))
            .ShouldBe(["notes_echo", "notes_add"], ignoreOrder: true);
        (await CallAsync("web_echo", """{"message":"one"}""")).ShouldContain("Echo: one");
        (await CallAsync("web_echo", """{"message":"two"}""")).ShouldContain("perUser limit on tool 'web_echo'");
        (await CallAsync("notes_add", """{"a":1,"b":2}""")).ShouldContain("The sum of 1 and 2 is 3.");
        (await CallAsync("notes_get-sum", """{"a":1,"b":2}""")).ShouldContain("has no tool 'notes_get-sum'");
        (await CallAsync("notes_echo", """{"message":"three"}""")).ShouldContain("Echo: three");
        (await CallAsync("notes_echo", """{"message":"four"}""")).ShouldContain("perUser limit on the server"); // Over all servers.

        async Task<string> CallAsync(string tool, string arguments) => (await session.PostAsync(
            $$$"""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}}}}""")).Body;
    }

    private async Task CopyAsync()
    {
        foreach (string file in Directory.GetFiles(Folder, "*.yaml", SearchOption.AllDirectories))
        {
            string text = await File.ReadAllTextAsync(file);
            string to = Path.Combine(_folder.FullName, Path.GetRelativePath(Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            await File.WriteAllTextAsync(to, text.Replace("127.0.0.1:8080", "127.0.0.1:0", StringComparison.Ordinal));
        }
    }

    /// <summary>What differs from run to run is how much time is left.</summary>
    private static string Masked(string output) => Varying().Replace(output, "$1…");

    [GeneratedRegex("\"name\":\"(?<name>[^\"]+)\"")]
    private static partial Regex ToolName();

    [GeneratedRegex("(retry in |\"retryAfterSeconds\":|\"retryAfterMs\":)[\\d.]+")]
    private static partial Regex Varying();
}
