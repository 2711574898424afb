using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Gateway;

/// <summary>The result of <c>initialize</c> of a virtual server: what its backends can do, as one.</summary>
internal static class VirtualInitialize
{
    private const string LatestLegacy = "2025-11-25";
    private static readonly string[] Legacy = ["2024-11-05", "2025-03-26", "2025-06-18", LatestLegacy];
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The version for a client: the one that it asks for, or the latest before the modern era.</summary>
    internal static string VersionFor(string? asked) => asked is not null && Legacy.Contains(asked) ? asked : LatestLegacy;

    /// <summary>The result.</summary>
    /// <param name="server">The name of the virtual server.</param>
    /// <param name="version">The version of the protocol.</param>
    /// <param name="backends">The backends that answer, in the order of the configuration.</param>
    internal static byte[] ResultOf(string server, string version, IReadOnlyList<(string Name, OpenedBackend Opened)> backends)
    {
        JsonObject result = new()
        {
            ["protocolVersion"] = version,
            ["capabilities"] = BackendCapabilitiesJson.Write(
                backends.Aggregate(BackendCapabilities.None, (all, backend) => all | backend.Opened.Capabilities)),
            ["serverInfo"] = new JsonObject { ["name"] = server, ["version"] = GatewayVersion.Text },
        };
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
