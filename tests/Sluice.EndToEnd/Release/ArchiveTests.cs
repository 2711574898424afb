using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>The archive for Linux on x64, on a machine where no .NET can be found.</summary>
[Nightly]
[Collection(BuiltRelease.Collection)]
public sealed class ArchiveTests(BuiltRelease release)
{
    private string Sluice => Path.Combine(release.Archive, "sluice");

    [Fact]
    public void Archive_HasTheProgramItsLicenceItsPageTheUnitAndTheSbom() =>
        Directory.GetFileSystemEntries(release.Archive).Select(Path.GetFileName).ShouldBe(
            ["sluice", "LICENSE", "README.md", "sluice.service", $"sluice-{BuiltRelease.Version}.cdx.json"], ignoreOrder: true);

    [Fact]
    public async Task Program_NoDotNetReachable_RunsTheDemo()
    {
        ProgramResult version = await BuiltRelease.SucceedAsync("env", Alone("--version"));
        await using ChildProcess demo = ChildProcess.Start("env", Alone("demo", "--port", "0"));
        string line = await demo.WaitForLineAsync(text => text.TrimStart().StartsWith("gateway ", StringComparison.Ordinal));
        JsonElement[] seen = await Callers.TypeScriptAsync(
            "sdk", new Uri(Regex.Match(line, @"http://\S+/mcp").Value), "demo-key-of-alice", """[{ "tool": "echo", "arguments": { "message": "hi" } }]""");

        version.Output.ShouldBe($"{BuiltRelease.Version}\n");
        seen[1].GetProperty("text").GetString().ShouldBe("Echo: hi");
        demo.MappedFiles().ShouldContain(Sluice);
        demo.MappedFiles().ShouldNotContain(file => file.Contains("dotnet", StringComparison.Ordinal));
    }

    // An empty environment: no PATH with a dotnet on it, no DOTNET_ROOT, no home.
    private string[] Alone(params string[] arguments) =>
        ["-i", "PATH=/nonexistent", "DOTNET_ROOT=/nonexistent", Sluice, .. arguments];
}
