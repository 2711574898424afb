using System.Text.Json;

namespace Sluice.EndToEnd.Harness;

/// <summary>Runs the TypeScript clients, each through its driver in <c>node/</c>.</summary>
internal static class NodeDriver
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Drives <c>@modelcontextprotocol/sdk</c>, of the legacy era.</summary>
    public static Task<IReadOnlyList<StepOutcome>> RunLegacyAsync(Uri url, string? apiKey, params JsonObject[] steps) =>
        RunAsync("legacy-client.mjs", url, apiKey, steps);

    /// <summary>Drives <c>@modelcontextprotocol/client</c>, held to 2026-07-28.</summary>
    public static Task<IReadOnlyList<StepOutcome>> RunModernAsync(Uri url, string? apiKey, params JsonObject[] steps) =>
        RunAsync("modern-client.mjs", url, apiKey, steps);

    private static async Task<IReadOnlyList<StepOutcome>> RunAsync(
        string driver, Uri url, string? apiKey, JsonObject[] steps)
    {
        string[] arguments =
        [
            Path.Combine(RepositoryFolder.Node, driver), url.ToString(), apiKey ?? string.Empty,
            new JsonArray([.. steps]).ToJsonString(),
        ];
        ProcessResult result = await ChildProcess.RunAsync("node", arguments);
        result.ExitCode.ShouldBe(0, result.Errors);
        return [.. result.Output.Split('\n').Select(line => JsonSerializer.Deserialize<StepOutcome>(line, Json)!)];
    }
}
