using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>Real MCP clients, run as their users run them.</summary>
internal static class Callers
{
    // By itself, the Inspector waits 15 s for a server that starts.
    private static string[] Patiently =>
        ["--connect-timeout", Eventually.Patience.TotalMilliseconds.ToString(System.Globalization.CultureInfo.InvariantCulture)];

    /// <summary>The Inspector's command line.</summary>
    internal static Task<ProgramResult> InspectorAsync(Uri endpoint, string user, params IEnumerable<string> arguments) =>
        ChildProcess.RunAsync(
            "node",
            [
                Path.Combine(Repository.NodeModules, "inspector", "clients", "launcher", "build", "index.js"),
                "--cli", endpoint.ToString(), "--transport", "http", "--header", $"Authorization: Bearer key-of-{user}",
                .. Patiently, .. arguments,
            ]);

    /// <summary>The Inspector's command line, with a server that it starts itself and speaks to over stdio.</summary>
    internal static Task<ProgramResult> InspectorOverStdioAsync(string server, string[] serverArguments, params IEnumerable<string> arguments) =>
        ChildProcess.RunAsync(
            "node",
            [
                Path.Combine(Repository.NodeModules, "inspector", "clients", "launcher", "build", "index.js"),
                "--cli", "dotnet", server, .. serverArguments, .. Patiently, .. arguments,
            ]);

    /// <summary>The same with a server from a file in the form that desktop clients read.</summary>
    internal static Task<ProgramResult> InspectorOverStdioAsync(string configurationFile, string server, params IEnumerable<string> arguments) =>
        ChildProcess.RunAsync(
            "node",
            [
                Path.Combine(Repository.NodeModules, "inspector", "clients", "launcher", "build", "index.js"),
                "--cli", "--config", configurationFile, "--server", server, .. Patiently, .. arguments,
            ]);

    /// <summary>A TypeScript client: what its user sees of each call.</summary>
    /// <param name="kind"><c>sdk</c>, <c>client-legacy</c> or <c>client-modern</c>.</param>
    /// <param name="endpoint">Where to connect.</param>
    /// <param name="key">The API key.</param>
    /// <param name="calls">The calls, as <c>client.mjs</c> takes them.</param>
    /// <param name="answers">Whether it can be asked: sampling and elicitation.</param>
    internal static async Task<JsonElement[]> TypeScriptAsync(string kind, Uri endpoint, string key, string calls, bool answers = false)
    {
        ProgramResult result = await ChildProcess.RunAsync(
            "node", Path.Combine(Repository.NodeFolder, "client.mjs"), kind, endpoint.ToString(), key, calls, answers ? "answers" : "");
        result.ExitCode.ShouldBe(0, result.ToString());
        return
        [
            .. result.Output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
        ];
    }
}
