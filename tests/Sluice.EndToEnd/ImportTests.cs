namespace Sluice.EndToEnd;

/// <summary>The file on each page of docs/migrate, imported: the output is the one on the page, and it is valid.</summary>
public sealed class ImportTests : IDisposable
{
    private static readonly string Program = Path.Combine(Repository.Root, "sluice");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-import-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("contextforge", "yaml")]
    [InlineData("fastmcp", "python")]
    [InlineData("kuadrant", "yaml")]
    [InlineData("agentgateway", "yaml")]
    [InlineData("envoy", "yaml")]
    public async Task Import_FileOfThePage_PrintsWhatThePageShows(string product, string language)
    {
        DocumentedPage page = DocumentedPage.Read($"migrate/{product}.md");
        string source = language == "yaml" ? page.Blocks("yaml")[0] : page.Blocks(language)[^1];
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "source"), source);

        ProgramResult imported = await ChildProcess.RunAsync("bash", "-c", $"cd '{_folder.FullName}' && '{Program}' import {product} source");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "sluice.yaml"), imported.Output);
        ProgramResult validated = await ChildProcess.RunAsync(Program, "validate", Path.Combine(_folder.FullName, "sluice.yaml"));

        imported.ExitCode.ShouldBe(0, imported.ToString());
        imported.Output.ShouldBe(page.Blocks("yaml")[^1]);
        validated.ExitCode.ShouldBe(0, validated.ToString());
    }

    [Fact]
    public async Task Import_StandardInput_IsReadAsAFile()
    {
        string source = DocumentedPage.Read("migrate/kuadrant.md").Blocks("yaml")[0];
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "source"), source);

        ProgramResult imported = await ChildProcess.RunAsync("bash", "-c", $"'{Program}' import kuadrant - < '{_folder.FullName}/source'");

        imported.ExitCode.ShouldBe(0, imported.ToString());
        imported.Output.ShouldStartWith("# Imported by 'sluice import kuadrant' from standard input.");
    }

    [Fact]
    public async Task Import_StandardInputThatIsNotUtf8_NamesThePlace()
    {
        ProgramResult imported = await ChildProcess.RunAsync("bash", "-c", $"printf 'kind: \\xff' | '{Program}' import kuadrant -");

        imported.ExitCode.ShouldBe(1, imported.ToString());
        imported.Error.ShouldContain("standard input:1:7");
        imported.Error.ShouldContain("is not UTF-8");
    }

    [Theory]
    [InlineData("import kong file", 2, "'kong' is not a product whose files can be imported.")]
    [InlineData("import envoy", 2, "Try 'sluice import --help'.")]
    [InlineData("import envoy missing.yaml", 1, "missing.yaml: does not exist")]
    public async Task Import_WrongUse_ExitsWithItsCode(string arguments, int exitCode, string message)
    {
        ProgramResult result = await ChildProcess.RunAsync(Program, arguments.Split(' '));

        result.ExitCode.ShouldBe(exitCode, result.ToString());
        result.ToString().ShouldContain(message);
    }
}
