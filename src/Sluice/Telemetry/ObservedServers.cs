using System.Diagnostics.Metrics;

namespace Sluice;

/// <summary>The servers that a gateway forwards to, as the instruments see them.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal static class ObservedServers
{
    private static readonly Lock Gate = new();
    private static readonly List<ActiveRequests> Servers = [];

    /// <summary>Begins to observe a server.</summary>
    internal static void Add(ActiveRequests server)
    {
        lock (Gate)
        {
            Servers.Add(server);
        }
    }

    /// <summary>Ends the observation of a server that is no longer served.</summary>
    internal static void Remove(ActiveRequests server)
    {
        lock (Gate)
        {
            Servers.Remove(server);
        }
    }

    // Two gateways in one process may serve servers of one name: that is one series.
    internal static IEnumerable<Measurement<int>> Active()
    {
        lock (Gate)
        {
            return
            [
                .. Servers
                    .GroupBy(server => server.Server, StringComparer.Ordinal)
                    .Select(group => new Measurement<int>(group.Sum(server => server.Count), SluiceInstruments.Label("server", group.Key))),
            ];
        }
    }
}
