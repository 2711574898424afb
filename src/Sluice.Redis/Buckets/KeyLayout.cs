using System.Collections.Concurrent;

namespace Sluice.Redis;

/// <summary>How keys are built from a prefix.</summary>
/// <remarks>Thread safety: any thread may ask.</remarks>
internal sealed class KeyLayout(string prefix)
{
    private readonly ConcurrentDictionary<string, ServerKeys> _servers = new(StringComparer.Ordinal);

    /// <summary>The keys of an MCP server; the same instance for the same name.</summary>
    internal ServerKeys Server(string name) => _servers.GetOrAdd(name, static (server, prefix) => new ServerKeys(prefix, server), prefix);
}
