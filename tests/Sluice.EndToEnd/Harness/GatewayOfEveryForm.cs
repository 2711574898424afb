using System.Security.Cryptography;
using System.Text;

namespace Sluice.EndToEnd;

/// <summary>One gateway that refuses in every form, a path for each, after one call of a tool by each user.</summary>
public sealed class GatewayOfEveryForm : IAsyncLifetime
{
    private static readonly string[] Clients = ["Inspector", "TypeScript sdk", "TypeScript client", "C#"];
    private static readonly string[] Eras = ["2025-11-25", "2026-07-28"];
    private static readonly string[] Forms = ["auto", "jsonrpc", "http429", "toolResult"];
    private readonly ConformanceServer _server = new();
    private SluiceProgram? _program;

    /// <summary>Where the gateway refuses in a form.</summary>
    internal Uri Endpoint(string form) => new(_program!.Endpoint, $"/{form}/mcp");

    /// <summary>The user of a client, who has a bucket of their own at each path.</summary>
    internal static string UserOf(string client, string era) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes($"{client} {era}"));

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        IEnumerable<string> keys =
            from client in Clients
            from era in Eras
            let user = UserOf(client, era)
            let hash = SHA256.HashData(Encoding.UTF8.GetBytes($"key-of-{user}"))
            select $"    - {{ user: u{user}, sha256: {Convert.ToHexStringLower(hash)} }}";
        IEnumerable<string> servers =
            from form in Forms
            select $$"""
              - name: {{form}}
                upstream: {{_server.Endpoint}}
                rateLimiting:
                  rejection: {{form}}
                  tools: [{ name: {{ConformanceServer.Tool}}, perUser: 1/1d }, { name: {{ConformanceServer.StructuredTool}}, perUser: 1/1d }]
            """;
        _program = await SluiceProgram.StartAsync(
            $"""
            listen: http://127.0.0.1:0
            auth:
              apiKeys:
            {string.Join('\n', keys)}
            servers:
            {string.Join('\n', servers)}
            """);
    }

    public async Task DisposeAsync()
    {
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }

        await _server.DisposeAsync();
    }
}
