using System.Net;
using System.Net.Sockets;

namespace Sluice.EndToEnd;

public sealed class CommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-commands-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Validate_FiveFaults_PrintsFiveLinesWithTheirPlacesAndExitsWithOne()
    {
        string file = Write(
            """
            listen: http://127.0.0.1:0
            servers:
              - name: everything
                upstream: 127.0.0.1:3001
                rateLimiting:
                  shard: 1000/1m
                  perUser: 100/1m
                  tools:
                    - { name: echo, shared: 10/fortnite }
                    - { name: ECHO, shared: 1/1m }

            """);

        ProgramResult result = await SluiceProgram.RunAsync("validate", file);

        result.ExitCode.ShouldBe(1, result.ToString());
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Select(line => line.Replace(file, "f", StringComparison.Ordinal).Split(": ")[0]).ShouldBe(
        [
            "f:4:15 servers[0].upstream",
            "f:6:7 servers[0].rateLimiting.shard",
            "f:7:7 servers[0].rateLimiting.perUser",
            "f:9:33 servers[0].rateLimiting.tools[0].shared",
            "f:10:19 servers[0].rateLimiting.tools[1].name",
        ]);
    }

    [Fact]
    public async Task Validate_GoodAndBadFiles_SaysWhichAndExitsWithOne()
    {
        string good = Write("servers: [{ name: a, upstream: 'http://127.0.0.1:1/mcp', rateLimiting: { shared: 1/1m } }]");

        (await SluiceProgram.RunAsync("validate", good)).ShouldBe(new ProgramResult(0, $"{good}: valid\n", ""));
        ProgramResult both = await SluiceProgram.RunAsync("validate", good, Path.Combine(_folder.FullName, "missing.yaml"));
        both.ExitCode.ShouldBe(1);
        both.Output.ShouldContain($"{good}: valid");
        both.Output.ShouldContain("missing.yaml: ");
    }

    [Theory]
    [InlineData("just text")]
    [InlineData("- a\n- list\n")]
    [InlineData("a: [unclosed\n")]
    [InlineData("")]
    [InlineData("servers: []\n")]
    public async Task Run_ValidYamlOrNotButNoConfiguration_SaysWhyInALineAndExitsWithOne(string text)
    {
        ProgramResult result = await SluiceProgram.RunAsync("run", Write(text));

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Output.ShouldBeEmpty();
        result.Error.ShouldStartWith(_folder.FullName);
        result.Error.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Run_UnreadableFile_SaysSoAndExitsWithOne()
    {
        foreach (string path in new[] { Path.Combine(_folder.FullName, "missing.yaml"), _folder.FullName })
        {
            ProgramResult result = await SluiceProgram.RunAsync("run", path);

            result.ExitCode.ShouldBe(1, result.ToString());
            result.Error.ShouldStartWith($"{path}: ");
            result.Error.ShouldNotContain("   at ");
        }
    }

    [Fact]
    public async Task Run_PortInUse_SaysSoAndExitsWithOne()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        string file = Write($"listen: http://{taken.LocalEndpoint}\nservers: [{{ name: a, upstream: 'http://127.0.0.1:1/mcp' }}]");

        ProgramResult result = await SluiceProgram.RunAsync("run", file);

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Error.ShouldBe(
            $"sluice: {taken.LocalEndpoint} is in use. Stop the program that uses it, or set another port in 'listen'.\n");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("validate")]
    [InlineData("validate", "--timeout", "5s", "file.yaml")]
    [InlineData("validate", "--live", "--timeout", "5", "file.yaml")]
    [InlineData("validate", "--live", "--timeout", "11m", "file.yaml")]
    [InlineData("demo", "--port", "70000")]
    [InlineData("run", "a", "b")]
    [InlineData("explain", "file.yaml")]
    [InlineData("simulate")]
    [InlineData("replay")]
    [InlineData("init", "--upstream", "127.0.0.1:3001/mcp")]
    [InlineData("init", "--upstream", "http://h/mcp", "--out", "")]
    [InlineData("explain", "file.yaml", "--tool", "a", "--prompt", "b")]
    [InlineData("explain", "file.yaml", "--method", "tools/call")]
    [InlineData("explain", "file.yaml", "--tool", "a", "--claim", "tier")]
    [InlineData("simulate", "file.yaml", "--skip-bad", "--rate", "1/s")]
    [InlineData("simulate", "file.yaml", "--trace", "a", "--rate", "1/s")]
    [InlineData("replay", "file.yaml")]
    [InlineData("replay", "file.yaml", "--trace", "a", "--call-time", "x")]
    [InlineData("run", "--limit", "1/s")]
    [InlineData("run", "--", "server")]
    [InlineData("run", "--stdio", "--", "server")]
    [InlineData("run", "--stdio", "--limit", "1/s")]
    [InlineData("run", "--stdio", "--limit", "1/s", "file.yaml", "--", "server")]
    public async Task Usage_Wrong_ExitsWithTwoAndPointsToTheHelp(params string[] arguments)
    {
        ProgramResult result = await SluiceProgram.RunAsync(arguments);

        result.ExitCode.ShouldBe(2, result.ToString());
        result.Output.ShouldBeEmpty();
        result.Error.ShouldStartWith("sluice: ");
        result.Error.ShouldContain("--help'.");
    }

    [Theory]
    [InlineData]
    [InlineData("run")]
    [InlineData("demo")]
    [InlineData("init")]
    [InlineData("validate")]
    [InlineData("new-key")]
    [InlineData("explain")]
    [InlineData("simulate")]
    [InlineData("replay")]
    [InlineData("schema")]
    public async Task Help_OfEveryCommand_HasAnExample(params string[] command)
    {
        ProgramResult result = await SluiceProgram.RunAsync([.. command, "--help"]);

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldContain("Usage:\n  sluice");
        result.Output.ShouldContain("Example:");
    }

    private string Write(string text)
    {
        string file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.yaml");
        File.WriteAllText(file, text);
        return file;
    }
}
