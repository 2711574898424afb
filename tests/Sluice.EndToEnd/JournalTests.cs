using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>Audit, record and ids of decisions, as the program writes them, and what keeps it from starting.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-journal-");

    [Fact]
    public async Task RunOverStdio_WritesBothFilesAndGivesIds()
    {
        string file = Write(
            """
            audit: { file: audit.jsonl }
            record: { file: decisions.jsonl }
            decisionIds: true
            servers: [ { name: odd, upstream: "http://127.0.0.1:1/mcp", rateLimiting: { perUser: 1/1d } } ]
            """);
        await using (ChildProcess sluice = ChildProcess.StartWithInput(
            "dotnet", Repository.Gateway, "run", "--stdio", file, "--", "dotnet", Repository.OddServer, "odd-server", ""))
        {
            sluice.WriteLine("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}""");
            sluice.WriteLine("""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}""");
            string rejection = await sluice.WaitForLineAsync(line => line.Contains("Rate limit exceeded", StringComparison.Ordinal));
            rejection.ShouldContain("\"decisionId\":\"");
            sluice.CloseInput();
            (await sluice.WaitForExitAsync()).ExitCode.ShouldBe(0);

            JsonElement audit = Lines("audit.jsonl").ShouldHaveSingleItem();
            rejection.ShouldContain(audit.GetProperty("decisionId").GetString()!);
            audit.GetProperty("request").GetString().ShouldBe("2");
        }

        JsonElement[] calls = Lines("decisions.jsonl");
        calls.Select(call => call.GetProperty("outcome").GetString()).ShouldBe(["allowed", "refused"]);
        calls.Select(call => call.GetProperty("n").GetInt64()).ShouldBe([1L, 2L]);
        calls.Select(call => call.GetProperty("user").GetString()).Distinct().ShouldHaveSingleItem().ShouldNotBe(Environment.UserName);
    }

    [Theory]
    [InlineData("audit: { file: none/audit.jsonl }", "audit.file: '", "Create its folder, or name another file.")]
    [InlineData("record: { file: none/decisions.jsonl }", "record.file: '", "Create its folder, or name another file.")]
    [InlineData("record: { file: . }", "record.file: '", "or name another file.")]
    public async Task Run_FileThatCannotBeWritten_DoesNotStart(string line, string what, string wayOut)
    {
        string file = Write($"listen: http://127.0.0.1:0\n{line}\nservers: [ {{ name: a, upstream: 'http://127.0.0.1:1/mcp' }} ]");

        ProgramResult result = await SluiceProgram.RunAsync("run", file);

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Error.ShouldContain(what);
        result.Error.ShouldContain(wayOut);
    }

    [Fact]
    public async Task Validate_FolderThatDoesNotExist_IsAWarning()
    {
        string file = Write("audit: { file: none/audit.jsonl }\nservers: [ { name: a, upstream: 'http://127.0.0.1:1/mcp' } ]");

        ProgramResult result = await SluiceProgram.RunAsync("validate", file);

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldContain("audit.file: the folder of '");
    }

    [Fact]
    public async Task Run_SaltThatIsBroken_DoesNotStart()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "sluice.salt"), "salty");
        string file = Write("listen: http://127.0.0.1:0\naudit: { file: a.jsonl }\nservers: [ { name: a, upstream: 'http://127.0.0.1:1/mcp' } ]");

        ProgramResult result = await SluiceProgram.RunAsync("run", file);

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Error.ShouldContain("sluice.salt' is not a salt");
    }

    [Fact]
    public async Task Run_AuditWithoutAFile_GoesToTheLog()
    {
        string file = Write("audit: {}\nservers: [ { name: odd, upstream: 'http://127.0.0.1:1/mcp', rateLimiting: { perUser: 1/1d } } ]");
        await using ChildProcess sluice = ChildProcess.StartWithInput(
            "dotnet", Repository.Gateway, "run", "--stdio", file, "--", "dotnet", Repository.OddServer, "odd-server", "");
        sluice.WriteLine("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}""");
        sluice.WriteLine("""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}""");

        string line = await sluice.WaitForLineAsync(line => line.Contains("Sluice.Audit", StringComparison.Ordinal));

        using JsonDocument json = JsonDocument.Parse(line[line.IndexOf('{', StringComparison.Ordinal)..]);
        json.RootElement.GetProperty("event").GetString().ShouldBe("refused");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private JsonElement[] Lines(string name) =>
        [.. File.ReadAllLines(Path.Combine(_folder.FullName, name)).Select(line => JsonDocument.Parse(line).RootElement.Clone())];

    private string Write(string text)
    {
        string file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.yaml");
        File.WriteAllText(file, text);
        return file;
    }
}
