using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>Every command of the README, run as it stands there; only ports are free ones.</summary>
public sealed class ReadmeTests(EverythingServer server) : IClassFixture<EverythingServer>, IDisposable
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-readme-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Commands_OfTheReadme_AreTheOnesTestedHere()
    {
        Readme.ShouldContain("`./sluice init`"); // InitTests
        Readme.ShouldContain("`./sluice new-key --user alice`");
        Blocks("bash").SelectMany(block => block.Split('\n')).ShouldBe(
        [
            "./sluice demo", "./sluice validate sluice.yaml",
            "./sluice explain sluice.yaml --tool echo --user alice", "./sluice simulate sluice.yaml --rate 30/s --users 20 --for 10m",
            "./sluice run sluice.yaml",
        ]);
    }

    [Fact]
    public void Length_OfTheReadme_IsAPageOrTwo() => Readme.Split('\n').Length.ShouldBeInRange(40, 100);

    [Fact]
    public async Task Demo_Command_AnswersACall()
    {
        await using ChildProcess demo = Start("./sluice demo --port 0");
        string line = await demo.WaitForLineAsync(text => text.TrimStart().StartsWith("gateway ", StringComparison.Ordinal));
        Uri endpoint = new(Regex.Match(line, @"http://\S+/mcp").Value);

        JsonElement[] seen = await Callers.TypeScriptAsync(
            "sdk", endpoint, "demo-key-of-alice", """[{ "tool": "echo", "arguments": { "message": "hi" } }]""");

        seen[1].GetProperty("text").GetString().ShouldBe("Echo: hi");
    }

    [Fact]
    public async Task NewKey_Command_PrintsAKeyAndTheEntryOfItsHash()
    {
        ProgramResult result = await RunAsync("./sluice new-key --user alice");

        result.ExitCode.ShouldBe(0, result.ToString());
        string key = Regex.Match(result.Output, "key:   (sluice_[A-Za-z0-9_-]{43})\n").Groups[1].Value;
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key)));
        result.Output.ShouldContain($"entry: {{ user: alice, sha256: {hash} }}");
    }

    [Fact]
    public async Task ValidateAndRun_FileOfTheReadme_LimitTheReferenceServer()
    {
        string yaml = Blocks("yaml").Single();
        yaml.Split('\n').Length.ShouldBeLessThanOrEqualTo(12);
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "sluice.yaml"),
            "listen: http://127.0.0.1:0\n" + yaml.Replace("http://127.0.0.1:3001/mcp", server.Endpoint.ToString(), StringComparison.Ordinal));
        ProgramResult validation = await RunAsync("./sluice validate sluice.yaml");
        ProgramResult explanation = await RunAsync("./sluice explain sluice.yaml --tool echo --user alice");
        ProgramResult simulation = await RunAsync("./sluice simulate sluice.yaml --rate 30/s --users 20 --for 10m");
        await using ChildProcess gateway = Start("./sluice run sluice.yaml");
        string line = await gateway.WaitForLineAsync(text => text.StartsWith("listening on ", StringComparison.Ordinal));
        using Session session = await Session.StartAsync(new Uri(line["listening on ".Length..] + "/mcp"), "alice");

        Answer[] answers = new Answer[6];
        for (int call = 0; call < answers.Length; call++)
        {
            answers[call] = await session.PostAsync(Session.Echo(call));
        }

        validation.ShouldBe(new ProgramResult(0, "sluice.yaml: valid\n", ""));
        explanation.Output.ShouldContain("echo/perUser");
        simulation.Output.ShouldContain("echo/perUser");
        answers.Take(5).ShouldAllBe(answer => answer.Body.Contains("Echo: hi"));
        answers[5].Status.ShouldBe(HttpStatusCode.OK);
        JsonElement shown = JsonSerializer.Deserialize<JsonElement>(Blocks("json").Single()).GetProperty("error");
        JsonElement error = JsonSerializer.Deserialize<JsonElement>(answers[5].Body).GetProperty("error");
        Names(error).ShouldBe(Names(shown));
        Names(error.GetProperty("data")).ShouldBe(Names(shown.GetProperty("data")));
        error.GetProperty("data").GetProperty("limit").GetString().ShouldBe("echo/perUser");
    }

    private static IEnumerable<string> Blocks(string language) =>
        Regex.Matches(Readme, $"^```{language}\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)
            .Select(match => match.Groups[1].Value);

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    // Each command runs in a folder of its own, by the script's whole path.
    private string InFolder(string command) =>
        $"cd '{_folder.FullName}' && exec {command.Replace("./sluice", $"'{Repository.Root}/sluice'", StringComparison.Ordinal)}";

    private ChildProcess Start(string command) => ChildProcess.Start("bash", "-c", InFolder(command));

    // The first command may build the program, which takes minutes on a busy machine.
    private async Task<ProgramResult> RunAsync(string command)
    {
        await using ChildProcess process = Start(command);
        return await process.WaitForExitAsync(TimeSpan.FromMinutes(10));
    }
}
