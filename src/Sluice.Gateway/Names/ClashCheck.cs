using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Finds, before a gateway serves, the names that clash although <c>conflicts: error</c> says that none do.</summary>
/// <remarks>
/// Only servers over HTTP behind such a virtual server are asked: a command would need a process of its own, and may be one that must run
/// only once. What is not known now is found when the lists are first read: then the later entry is hidden, with an error in the log.
/// </remarks>
internal static class ClashCheck
{
    /// <summary>Every clash, as a line; none where there are none.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    internal static async Task<string[]> FindAsync(
        GatewayConfiguration configuration, TimeProvider time, CancellationToken cancellationToken)
    {
        (string Name, VirtualUpstreamConfiguration Upstream)[] strict =
        [
            .. configuration.Servers
                .Where(server => server.Upstream is VirtualUpstreamConfiguration { Conflicts: NameConflicts.Error })
                .Select(server => (server.Name, (VirtualUpstreamConfiguration)server.Upstream)),
        ];
        if (strict.Length == 0)
        {
            return [];
        }

        HashSet<string> behind = [.. strict.SelectMany(server => server.Upstream.Backends).Select(backend => backend.Server)];
        ServerConfiguration[] asked = [.. configuration.Servers.Where(server => behind.Contains(server.Name) && server.Upstream is HttpUpstreamConfiguration)];
        ServerListing[] listings =
            await Task.WhenAll(asked.Select(server => ServerProbe.ReadAsync(server, VirtualBackends.Patience, time, cancellationToken)));
        return
        [
            .. from server in strict
               from clash in NameClash.Of(server.Upstream, name => Array.FindIndex(asked, one => one.Name == name) is int index and >= 0 ? listings[index].Names : null)
               select $"virtual server '{server.Name}': {NameClash.Field} {clash.Message}",
        ];
    }
}
