namespace Sluice.EndToEnd;

/// <summary>What <c>eng/release.sh</c> says of a command line, before it builds anything.</summary>
public sealed class ReleaseCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-release-command-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("OUTPUT is missing")]
    [InlineData("--only: 'helm' is not a part. Use packages, archives or image.", "--only", "helm", "out")]
    [InlineData("--rid: 'linux-mips' is not supported. Use linux-x64 linux-arm64 win-x64 osx-arm64.", "--rid", "linux-mips", "out")]
    [InlineData("--version: '1.2' is not a version such as 1.2.3 or 1.2.3-preview.1.", "--version", "1.2", "out")]
    [InlineData("--version needs a value.", "--version")]
    [InlineData("'--fast' is not an option.", "--fast", "out")]
    [InlineData("one OUTPUT is expected, and 'two' is a second one.", "one", "two")]
    public async Task CommandLine_IsWrong_SaysWhatIsExpectedAndExitsWithTwo(string message, params string[] arguments)
    {
        ProgramResult result = await ChildProcess.RunAsync(BuiltRelease.Script, arguments);

        result.ExitCode.ShouldBe(2, result.ToString());
        result.Output.ShouldBeEmpty();
        result.Error.ShouldStartWith($"release.sh: {message}");
        result.Error.ShouldEndWith("Try 'eng/release.sh --help'.\n");
    }

    [Fact]
    public async Task Output_FolderIsNotEmpty_IsLeftAlone()
    {
        string file = Path.Combine(_folder.FullName, "mine.txt");
        await File.WriteAllTextAsync(file, "mine");

        ProgramResult result = await ChildProcess.RunAsync(BuiltRelease.Script, "--version", "1.2.3", _folder.FullName);

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Error.ShouldBe($"release.sh: the folder '{_folder.FullName}' is not empty. Name another one, or empty it.\n");
        Directory.GetFileSystemEntries(_folder.FullName).ShouldBe([file]);
    }

    [Fact]
    public async Task Help_NamesEveryOption()
    {
        ProgramResult result = await ChildProcess.RunAsync(BuiltRelease.Script, "--help");

        result.ExitCode.ShouldBe(0, result.ToString());
        foreach (string option in new[] { "--version", "--only", "--rid", "--help", "OUTPUT", "SHA256SUMS" })
        {
            result.Output.ShouldContain(option);
        }
    }
}
