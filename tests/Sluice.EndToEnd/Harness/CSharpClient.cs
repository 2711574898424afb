using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.EndToEnd.Harness;

/// <summary>The client of the official C# SDK.</summary>
internal static class CSharpClient
{
    public const string LegacyVersion = "2025-11-25";
    public const string ModernVersion = "2026-07-28";

    /// <summary>Connects, held to one protocol version.</summary>
    public static Task<McpClient> ConnectAsync(Uri url, string? apiKey, string version)
    {
        HttpClientTransportOptions transport = new()
        {
            Endpoint = url,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = apiKey is null
                ? null
                : new Dictionary<string, string> { ["Authorization"] = $"Bearer {apiKey}" },
        };
        return McpClient.CreateAsync(
            new HttpClientTransport(transport), new McpClientOptions { ProtocolVersion = version });
    }

    public static ValueTask<CallToolResult> EchoAsync(this McpClient client) =>
        client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "hi" });
}
