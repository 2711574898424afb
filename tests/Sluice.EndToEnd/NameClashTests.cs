namespace Sluice.EndToEnd;

/// <summary>A virtual server whose servers have tools of one name, although its file says that they have none.</summary>
public sealed class NameClashTests(EverythingServer server) : IClassFixture<EverythingServer>, IDisposable
{
    private const string Message =
        "conflicts is 'error', and 'one' and 'two' both have the tool 'echo'. Give one of the two another name with 'rename', leave it out with 'tools', or "
        + "use 'prefix' or 'priority'.";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-clash-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Run_ToolsOfOneName_DoesNotStartAndSaysWhich()
    {
        ProgramResult result = await SluiceProgram.RunAsync("run", await FileAsync());

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Error.ShouldContain($"virtual server 'toolkit': {Message}");
        result.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task ValidateLive_ToolsOfOneName_NamesThePlace()
    {
        string file = await FileAsync();

        (await SluiceProgram.RunAsync("validate", file)).ExitCode.ShouldBe(0);
        ProgramResult result = await SluiceProgram.RunAsync("validate", file, "--live");

        result.ExitCode.ShouldBe(1, result.ToString());
        (result.Output + result.Error).ShouldContain($"clash.yaml:5:68 virtualServers[0].conflicts: {Message.Replace("conflicts is", "is", StringComparison.Ordinal)}");
    }

    private async Task<string> FileAsync()
    {
        string file = Path.Combine(_folder.FullName, "clash.yaml");
        await File.WriteAllTextAsync(
            file,
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - { name: one, upstream: "{{server.Endpoint}}" }
              - { name: two, upstream: "{{server.Endpoint}}" }
            virtualServers: [{ name: toolkit, backends: [one, two], conflicts: error }]
            """);
        return file;
    }
}
