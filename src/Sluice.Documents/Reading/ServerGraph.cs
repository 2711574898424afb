using System.Collections.Immutable;
using System.Net;

namespace Sluice.Documents;

/// <summary>Finds servers that lead back to themselves: by the gateway's own address, or by virtual servers.</summary>
/// <param name="servers">The servers of a configuration.</param>
/// <param name="own">The addresses at which the gateway itself answers, as far as they are known.</param>
/// <param name="index">Where each server is written.</param>
internal sealed class ServerGraph(ImmutableArray<ServerConfiguration> servers, ImmutableArray<Uri?> own, ServerIndex index)
{
    /// <summary>Adds a fault for each loop.</summary>
    internal void Check(FaultList faults)
    {
        HashSet<string> reported = new(StringComparer.Ordinal);
        for (int i = 0; i < servers.Length; i++)
        {
            ServerConfiguration server = servers[i];
            List<string> way = [];
            if (FindLoop(server, way) && way.TrueForAll(reported.Add))
            {
                bool isVirtual = server.Upstream is VirtualUpstreamConfiguration;
                string field = isVirtual ? "backends" : "upstream";
                ServerPlace place = index.Places[i];
                place.FaultsOf(faults).Add(
                    place.Server.Find(field)?.Value ?? place.Server,
                    $"{place.Path}.{field}",
                    $"leads back to this gateway: {string.Join(" -> ", way.Select(name => $"'{name}'"))} -> '{way[0]}'. "
                    + "A call would loop without end. Name the servers themselves as backends.");
            }
        }
    }

    /// <summary>Follows the servers from one on until it comes back to it.</summary>
    private bool FindLoop(ServerConfiguration start, List<string> way)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        return Follow(start);

        bool Follow(ServerConfiguration from)
        {
            if (!seen.Add(from.Name))
            {
                return false;
            }

            way.Add(from.Name);
            foreach (ServerConfiguration next in NextOf(from))
            {
                if (next.Name == start.Name || Follow(next))
                {
                    return true;
                }
            }

            way.RemoveAt(way.Count - 1);
            return false;
        }
    }

    private IEnumerable<ServerConfiguration> NextOf(ServerConfiguration server) => server.Upstream switch
    {
        VirtualUpstreamConfiguration upstream =>
            upstream.Backends.Select(backend => servers.FirstOrDefault(other => other.Name == backend.Server)).OfType<ServerConfiguration>(),
        HttpUpstreamConfiguration http when IsOwn(http.Address) =>
            servers.Where(other => other.IsExposed && PathsOf(other).Contains(http.Address.AbsolutePath.TrimEnd('/'))),
        _ => [],
    };

    private string[] PathsOf(ServerConfiguration server)
    {
        string prefix = own.Length > 1 && own[1] is Uri publicUrl ? publicUrl.AbsolutePath.TrimEnd('/') : "";
        string[] paths = [server.Path, prefix + server.Path];
        return servers.Count(other => other.IsExposed) == 1 ? [.. paths, "/mcp"] : paths;
    }

    private bool IsOwn(Uri address) => own.Any(mine => mine is not null
        && mine.Port != 0
        && mine.Port == address.Port
        && mine.Scheme == address.Scheme
        && (mine.Host.Equals(address.Host, StringComparison.OrdinalIgnoreCase) || (MeansThisMachine(mine) && MeansThisMachine(address))));

    // An address of all interfaces is reached by the loopback one too.
    private static bool MeansThisMachine(Uri address) =>
        address.IsLoopback
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)));
}
