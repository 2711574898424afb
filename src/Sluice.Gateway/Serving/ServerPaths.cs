using System.Collections.Frozen;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Finds the server that a request's path names.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class ServerPaths
{
    private const string SingleServerPath = "/mcp";
    private readonly FrozenDictionary<string, GatewayServer> _byPath;
    private readonly FrozenDictionary<string, GatewayServer> _usageByPath;
    private readonly GatewayServer? _single;

    internal ServerPaths(GatewayServer[] servers)
    {
        servers = [.. servers.Where(server => server.IsExposed)];
        Dictionary<string, GatewayServer> byPath = servers.ToDictionary(server => server.Path, StringComparer.Ordinal);
        if (servers.Length == 1)
        {
            byPath.TryAdd(SingleServerPath, servers[0]);
            _single = servers[0];
        }

        _usageByPath = servers
            .Where(server => server.TellsUsage)
            .ToFrozenDictionary(server => ServerConfiguration.UsagePathOf(server.Name), StringComparer.Ordinal);
        _byPath = byPath.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The server at a path, with or without a slash at its end; or null.</summary>
    internal GatewayServer? Find(PathString path) => _byPath.GetValueOrDefault(path.Value?.TrimEnd('/') ?? "");

    /// <summary>The server whose limits a path names; or null.</summary>
    internal GatewayServer? FindUsage(PathString path) => _usageByPath.GetValueOrDefault(path.Value?.TrimEnd('/') ?? "");

    /// <summary>
    /// The server that is the resource at a path, to the letter; or null. The gateway itself, at the empty path, is the resource of
    /// its server when there is only one.
    /// </summary>
    /// <remarks>Source: RFC 3986, section 6.2.3: the empty path and <c>/</c> are the same.</remarks>
    internal GatewayServer? FindResource(ReadOnlySpan<char> path) =>
        path is "" or "/" ? _single
        : _byPath.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(path, out GatewayServer? server) ? server
        : null;
}
