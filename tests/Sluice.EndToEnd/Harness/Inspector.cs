namespace Sluice.EndToEnd.Harness;

/// <summary>The MCP Inspector on the command line, as a person or a script would use it.</summary>
internal static class Inspector
{
    private const string Launcher = "@modelcontextprotocol/inspector/clients/launcher/build/index.js";

    /// <summary>Calls one method of a server.</summary>
    /// <remarks>The arguments are the rest of its command line, such as <c>--tool-name echo</c>.</remarks>
    public static async Task<ProcessResult> RunAsync(Uri url, string? apiKey, string method, params string[] arguments)
    {
        // Its settings and OAuth state go to the home folder; a test has its own.
        using TemporaryFolder home = new();
        string[] header = apiKey is null ? [] : ["--header", $"Authorization: Bearer {apiKey}"];
        return await ChildProcess.RunAsync(
            "node",
            [
                RepositoryFolder.NodePackageFile(Launcher), "--cli", url.ToString(),
                "--transport", "http", "--stored-auth-only", "--method", method, .. arguments, .. header,
            ],
            new Dictionary<string, string> { ["HOME"] = home.Path });
    }

    /// <summary>Calls the tool <c>echo</c>.</summary>
    public static Task<ProcessResult> EchoAsync(Uri url, string? apiKey, params string[] arguments) =>
        RunAsync(url, apiKey, "tools/call", ["--tool-name", "echo", "--tool-arg", "message=hi", .. arguments]);
}
