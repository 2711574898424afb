using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace Sluice.EndToEnd;

/// <summary>The script <c>./sluice</c>, in a checkout of its own where <c>dotnet</c> only counts the builds.</summary>
[SupportedOSPlatform("linux")] // the script is bash
public sealed class LauncherTests : IDisposable
{
    // Like the real one it leaves a server running, which inherits whatever it was given.
    private const string Dotnet =
        """
        #!/usr/bin/env bash
        if [[ $1 == build ]]; then
          echo build >>"$ROOT/builds"
          sleep 600 &
          echo $! >>"$ROOT/servers"
          [[ -e $ROOT/broken ]] && echo "Program.cs(1,1): error CS0103: no such name" && exit 1
          mkdir -p "$ROOT/artifacts/bin/Sluice.Gateway/release"
          touch "$ROOT/artifacts/bin/Sluice.Gateway/release/Sluice.Gateway.dll"
        else
          shift
          printf '%s|' "$@"
        fi
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice launcher ");

    public LauncherTests()
    {
        Directory.CreateDirectory(InFolder("src"));
        Directory.CreateDirectory(InFolder("tools"));
        File.Copy(Path.Combine(Repository.Root, "sluice"), InFolder("sluice"));
        string[] sources = ["src/Program.cs", "global.json", ".editorconfig", "Directory.Build.props", "Directory.Build.targets"];
        foreach (string source in sources)
        {
            File.WriteAllText(InFolder(source), "");
        }

        File.WriteAllText(InFolder("tools/dotnet"), Dotnet);
        File.SetUnixFileMode(InFolder("tools/dotnet"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private int Builds => File.ReadAllLines(InFolder("builds")).Length;

    public void Dispose()
    {
        foreach (string server in File.ReadAllLines(InFolder("servers")))
        {
            using Process process = Process.GetProcessById(int.Parse(server, CultureInfo.InvariantCulture));
            process.Kill();
        }

        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Start_NothingChanged_BuildsOnceAndPassesTheArguments()
    {
        ProgramResult first = await StartAsync("run", "a file.yaml");
        ProgramResult second = await StartAsync("run", "a file.yaml");

        first.ShouldBe(new ProgramResult(0, "run|a file.yaml|\n", ""));
        second.ShouldBe(first);
        Builds.ShouldBe(1);
    }

    [Fact]
    public async Task Start_SourceChangedWhileABuildServerLives_BuildsAgainAtOnce()
    {
        await StartAsync("demo");
        DateTime built = File.GetLastWriteTimeUtc(InFolder("artifacts/sluice.stamp"));
        File.SetLastWriteTimeUtc(InFolder("src/Program.cs"), built.AddSeconds(1));

        (await StartAsync("demo")).ExitCode.ShouldBe(0);

        Builds.ShouldBe(2);
    }

    [Fact]
    public async Task Start_TwoAtOnce_BuildOnce()
    {
        ProgramResult[] both = await Task.WhenAll(StartAsync("one"), StartAsync("two"));

        both.Select(result => result.Output).ShouldBe(["one|\n", "two|\n"]);
        Builds.ShouldBe(1);
    }

    [Fact]
    public async Task Start_BuildFails_ShowsTheErrorAndExitsWithOne()
    {
        File.WriteAllText(InFolder("broken"), "");

        ProgramResult result = await StartAsync("demo");

        result.ExitCode.ShouldBe(1);
        result.Output.ShouldBeEmpty();
        result.Error.ShouldContain("error CS0103: no such name");
    }

    [Fact]
    public async Task Start_ThroughALinkFromElsewhere_FindsItsCheckout()
    {
        File.CreateSymbolicLink(InFolder("src/link"), InFolder("sluice"));

        ProgramResult result = await StartScriptAsync("src/link", "demo");

        result.ShouldBe(new ProgramResult(0, "demo|\n", ""));
    }

    private string InFolder(string path) => Path.Combine(_folder.FullName, path);

    private Task<ProgramResult> StartAsync(params string[] arguments) => StartScriptAsync("sluice", arguments);

    private async Task<ProgramResult> StartScriptAsync(string script, params string[] arguments)
    {
        Dictionary<string, string> environment = new()
        {
            ["PATH"] = $"{InFolder("tools")}:{Environment.GetEnvironmentVariable("PATH")}",
            ["ROOT"] = _folder.FullName,
        };
        await using ChildProcess child = ChildProcess.Start("bash", environment, [InFolder(script), .. arguments]);
        return await child.WaitForExitAsync();
    }
}
