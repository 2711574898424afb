using System.Globalization;

namespace Sluice.EndToEnd.Harness;

/// <summary>The reference server <c>server-everything</c>, an upstream of the legacy era, over Streamable HTTP.</summary>
/// <remarks>It listens on every interface and can only be told a port, so it gets one that is free.</remarks>
public sealed class EverythingServer : IAsyncLifetime
{
    private const string Script = "@modelcontextprotocol/server-everything/dist/index.js";

    private readonly int _port = FreePort.Next();
    private ChildProcess? _process;

    public Uri Url => new($"http://127.0.0.1:{_port}/mcp");

    public async Task InitializeAsync()
    {
        Dictionary<string, string> environment = new() { ["PORT"] = _port.ToString(CultureInfo.InvariantCulture) };
        _process = ChildProcess.Start("node", [RepositoryFolder.NodePackageFile(Script), "streamableHttp"], environment);

        // A session that it has not made answers 400, so that it answers is asked of initialize.
        await _process.WaitForErrorAsync(line => line.Contains("listening on port", StringComparison.Ordinal));
        await ExpectAnswerAsync();
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private async Task ExpectAnswerAsync()
    {
        using HttpClient client = new();
        using HttpRequestMessage request = McpHttp.Post(Url, McpHttp.Initialize);
        using HttpResponseMessage response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }
}
