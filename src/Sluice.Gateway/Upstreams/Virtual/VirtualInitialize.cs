using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The result of <c>initialize</c> of a virtual server: what its backends can do, as one.</summary>
internal static class VirtualInitialize
{
    private const string LatestLegacy = "2025-11-25";
    private static readonly string[] Legacy = ["2024-11-05", "2025-03-26", "2025-06-18", LatestLegacy];
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The versions of both eras, the latest first.</summary>
    internal static string[] SupportedVersions { get; } = [McpVersions.FirstModern, .. Legacy.Reverse()];

    /// <summary>The version for a client: the one that it asks for, or the latest before the modern era.</summary>
    internal static string VersionFor(string? asked) => asked is not null && Legacy.Contains(asked) ? asked : LatestLegacy;

    /// <summary>The result.</summary>
    /// <param name="server">The name of the virtual server.</param>
    /// <param name="version">The version of the protocol.</param>
    /// <param name="backends">The backends that answer, in the order of the configuration.</param>
    internal static byte[] ResultOf(string server, string version, IReadOnlyList<(string Name, OpenedBackend Opened)> backends) => Write(
        new JsonObject
        {
            ["protocolVersion"] = version,
            ["capabilities"] = BackendCapabilitiesJson.Write(CapabilitiesOf(backends)),
            ["serverInfo"] = new JsonObject { ["name"] = server, ["version"] = GatewayVersion.Text },
        },
        backends);

    /// <summary>The result of <c>server/discover</c>, but for what all results of the modern era have.</summary>
    /// <param name="life">For how long it may be used.</param>
    /// <param name="backends">The backends that answer, in the order of the configuration.</param>
    internal static byte[] DiscoveryOf(TimeSpan life, IReadOnlyList<(string Name, OpenedBackend Opened)> backends) => Write(
        new JsonObject
        {
            ["supportedVersions"] = new JsonArray([.. SupportedVersions.Select(version => JsonValue.Create(version))]),
            ["capabilities"] = BackendCapabilitiesJson.Write(CapabilitiesOf(backends)),
            ["ttlMs"] = (long)life.TotalMilliseconds,
            ["cacheScope"] = "private",
        },
        backends);

    /// <summary>What one of the backends can do.</summary>
    private static BackendCapabilities CapabilitiesOf(IReadOnlyList<(string Name, OpenedBackend Opened)> backends) =>
        backends.Aggregate(BackendCapabilities.None, (all, backend) => all | backend.Opened.Capabilities);

    private static byte[] Write(JsonObject result, IReadOnlyList<(string Name, OpenedBackend Opened)> backends)
    {
        string[] instructions =
        [
            .. backends
                .Where(backend => !string.IsNullOrWhiteSpace(backend.Opened.Instructions))
                .Select(backend => $"## {backend.Name}\n\n{backend.Opened.Instructions!.Trim()}"),
        ];
        if (instructions.Length > 0)
        {
            result["instructions"] = string.Join("\n\n", instructions);
        }

        return JsonSerializer.SerializeToUtf8Bytes(result, Relaxed);
    }
}
