using System.Net;
using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

public sealed class InitTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-init-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Init_AllOptions_WritesAFileThatRunsWithThePrintedKey()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();
        Uri server = await demo.ServerEndpointAsync();

        ProgramResult result = await InitAsync("--upstream", server.ToString(), "--rate", "1/1d", "--per", "user", "--user", "carol");
        string key = Regex.Match(result.Output, "^  (sluice_[A-Za-z0-9_-]{43})$", RegexOptions.Multiline).Groups[1].Value;
        await using SluiceProgram gateway = await SluiceProgram.StartAsync($"listen: http://127.0.0.1:0\n{File.ReadAllText(DefaultFile)}");
        Answer allowed = await CallAsync(gateway, key);
        Answer rejected = await CallAsync(gateway, key);
        Answer unknown = await CallAsync(gateway, "sluice_other");

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldContain("API key of carol, shown only now:");
        result.Output.ShouldContain("\n  sluice run ");
        EchoCalls.IsAdmitted(allowed.Body).ShouldBeTrue(allowed.Body);
        EchoCalls.IsRefused(rejected.Body).ShouldBeTrue(rejected.Body);
        unknown.Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Init_FileExists_IsOverwrittenOnlyWithForce()
    {
        await File.WriteAllTextAsync(DefaultFile, "mine");

        ProgramResult refused = await InitAsync("--upstream", "http://h/mcp");
        string kept = await File.ReadAllTextAsync(DefaultFile);
        ProgramResult forced = await InitAsync("--upstream", "http://h/mcp", "--force");

        refused.ShouldBe(new ProgramResult(
            1, "", $"sluice: '{DefaultFile}' exists already. Name another with --out, or add --force to overwrite it.\n"));
        kept.ShouldBe("mine");
        forced.ExitCode.ShouldBe(0, forced.ToString());
        (await File.ReadAllTextAsync(DefaultFile)).ShouldContain("upstream: http://h/mcp\n");
    }

    [Fact]
    public async Task Init_ToStandardOutput_PrintsOnlyTheFileThere()
    {
        ProgramResult result = await SluiceProgram.RunAsync("init", "--upstream", "http://h/mcp", "--out", "-");
        await File.WriteAllTextAsync(DefaultFile, result.Output);

        result.Error.ShouldContain("API key of alice");
        (await SluiceProgram.RunAsync("validate", DefaultFile)).ShouldBe(new ProgramResult(0, $"{DefaultFile}: valid\n", ""));
    }

    [Fact]
    public async Task Init_NoTerminalAndNoServer_SaysWhichOptionIsMissing()
    {
        ProgramResult result = await InitAsync();

        result.ExitCode.ShouldBe(2);
        result.Error.ShouldStartWith("sluice: --upstream is missing");
        File.Exists(DefaultFile).ShouldBeFalse();
    }

    [Fact]
    public async Task Init_FolderIsMissing_SaysSoInALine()
    {
        ProgramResult result = await SluiceProgram.RunAsync(
            "init", "--upstream", "http://h/mcp", "--out", Path.Combine(_folder.FullName, "missing", "sluice.yaml"));

        result.ExitCode.ShouldBe(1);
        result.Error.ShouldContain("cannot be written: ");
        result.Error.ShouldNotContain("   at ");
    }

    [SkippableFact]
    public async Task Init_OnATerminal_AsksThreeQuestions()
    {
        Skip.IfNot(File.Exists("/usr/bin/script"), "script (bsdutils) makes the terminal, and is missing");
        string command = $"dotnet '{Repository.Gateway}' init --out '{DefaultFile}'";
        await using ChildProcess terminal = ChildProcess.StartWithInput("script", "--quiet", "--return", "--command", command, "/dev/null");

        terminal.WriteLine("127.0.0.1:3001/mcp");
        await terminal.WaitForLineAsync(line => line.Contains("is neither a URL nor a command", StringComparison.Ordinal));
        terminal.WriteLine("http://127.0.0.1:3001/mcp");
        terminal.WriteLine("7/1m");
        terminal.WriteLine("shared");
        ProgramResult result = await terminal.WaitForExitAsync();

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldContain("Calls allowed");
        result.Output.ShouldContain("user, shared");
        string written = await File.ReadAllTextAsync(DefaultFile);
        written.ShouldContain("upstream: http://127.0.0.1:3001/mcp\n");
        written.ShouldContain("shared: 7/1m\n");
    }

    private string DefaultFile => Path.Combine(_folder.FullName, "sluice.yaml");

    private Task<ProgramResult> InitAsync(params string[] options) => SluiceProgram.RunAsync(["init", "--out", DefaultFile, .. options]);

    private static async Task<Answer> CallAsync(SluiceProgram gateway, string key)
    {
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Post, gateway.Endpoint)
        {
            Content = new StringContent(Session.Echo(1), null, "application/json"),
        };
        request.Headers.Add("X-API-Key", key);
        request.Headers.Add("Accept", "application/json, text/event-stream");
        using HttpResponseMessage response = await http.SendAsync(request);
        return await Answer.ReadAsync(response);
    }
}
