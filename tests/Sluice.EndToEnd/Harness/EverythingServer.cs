namespace Sluice.EndToEnd;

/// <summary>The reference MCP server, of the legacy era, shared by the tests of one class.</summary>
public sealed class EverythingServer : IAsyncLifetime
{
    private ChildProcess? _process;

    internal Uri Endpoint { get; private set; } = new("http://127.0.0.1/");

    public async Task InitializeAsync()
    {
        int port = FreePort.Next();
        Endpoint = new Uri($"http://127.0.0.1:{port}/mcp");
        _process = ChildProcess.Start(
            "node",
            new Dictionary<string, string> { ["PORT"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            Path.Combine(Repository.NodeModules, "server-everything", "dist", "index.js"),
            "streamableHttp");
        await _process.WaitForLineAsync(line => line.Contains("listening on port", StringComparison.OrdinalIgnoreCase));
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
