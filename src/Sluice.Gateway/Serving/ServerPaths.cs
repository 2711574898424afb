using System.Collections.Frozen;

namespace Sluice.Gateway;

/// <summary>Finds the server that a request's path names.</summary>
internal sealed class ServerPaths
{
    private const string SingleServerPath = "/mcp";
    private readonly FrozenDictionary<string, GatewayServer> _byPath;

    internal ServerPaths(GatewayServer[] servers)
    {
        Dictionary<string, GatewayServer> byPath = servers.ToDictionary(server => server.Path, StringComparer.Ordinal);
        if (servers.Length == 1)
        {
            byPath.TryAdd(SingleServerPath, servers[0]);
        }

        _byPath = byPath.ToFrozenDictionary(StringComparer.Ordinal);
    }

    internal GatewayServer? Find(PathString path) => _byPath.GetValueOrDefault(path.Value?.TrimEnd('/') ?? "");
}
