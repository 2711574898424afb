using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>The program as a .NET tool, installed from a release.</summary>
[Nightly]
[Collection(BuiltRelease.Collection)]
public sealed class ToolTests(BuiltRelease release)
{
    [Fact]
    public async Task Tool_InstalledFromTheRelease_AnswersACallOfItsDemo()
    {
        string folder = release.NewFolder("tool");
        Dictionary<string, string> environment = new() { ["NUGET_PACKAGES"] = release.NewFolder("tool-packages") };
        await BuiltRelease.SucceedAsync(
            "dotnet", environment,
            "tool", "install", "Sluice.Tool", "--version", BuiltRelease.Version, "--source", release.Output, "--tool-path", folder);
        string sluice = Path.Combine(folder, "sluice");

        ProgramResult version = await BuiltRelease.SucceedAsync(sluice, "--version");
        await using ChildProcess demo = ChildProcess.Start(sluice, "demo", "--port", "0");
        string line = await demo.WaitForLineAsync(text => text.TrimStart().StartsWith("gateway ", StringComparison.Ordinal));
        JsonElement[] seen = await Callers.TypeScriptAsync(
            "sdk", new Uri(Regex.Match(line, @"http://\S+/mcp").Value), "demo-key-of-alice", """[{ "tool": "echo", "arguments": { "message": "hi" } }]""");

        version.Output.ShouldBe($"{BuiltRelease.Version}\n");
        seen[1].GetProperty("text").GetString().ShouldBe("Echo: hi");
    }
}
