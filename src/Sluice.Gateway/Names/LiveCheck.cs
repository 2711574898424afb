using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Asks the servers of a configuration for their lists, and finds the limits that match nothing there.</summary>
internal static class LiveCheck
{
    // Enough to be quick, few enough that a file with a thousand commands does not start a thousand processes at once.
    private const int ServersAtOnce = 8;

    /// <summary>Checks every server of a configuration.</summary>
    /// <param name="file">The configuration's file.</param>
    /// <param name="configuration">The configuration.</param>
    /// <param name="timeout">How long each server may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    internal static async Task<ImmutableArray<ServerReport>> RunAsync(
        string file, GatewayConfiguration configuration, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        DocumentPlaces places = DocumentPlaces.Load(file, ProcessValueSource.Instance);
        ServerReport[] reports = new ServerReport[configuration.Servers.Length];
        await Parallel.ForAsync(
            0,
            reports.Length,
            new ParallelOptions { MaxDegreeOfParallelism = ServersAtOnce, CancellationToken = cancellationToken },
            async (index, ends) =>
            {
                ServerConfiguration server = configuration.Servers[index];
                if (server.Upstream is VirtualUpstreamConfiguration)
                {
                    return; // By what its backends say.
                }

                ServerListing listing = await ServerProbe.ReadAsync(server, timeout, time, ends);
                reports[index] = new ServerReport(server.Name, listing, FaultsOf(index, server, listing, places));
            });
        for (int index = 0; index < reports.Length; index++)
        {
            ServerConfiguration server = configuration.Servers[index];
            if (server.Upstream is VirtualUpstreamConfiguration upstream)
            {
                ServerListing listing = VirtualListing.Of(
                    upstream, backend => reports.First(report => report is not null && report.Server == backend).Listing);
                IEnumerable<Fault> clashes = NameClash
                    .Of(upstream, backend => reports.First(report => report is not null && report.Server == backend).Listing.Names)
                    .Select(clash => places.FaultInServer(index, NameClash.Field, clash.Message));
                reports[index] = new ServerReport(server.Name, listing, [.. clashes, .. FaultsOf(index, server, listing, places)]);
            }
        }

        return [.. reports];
    }

    private static ImmutableArray<Fault> FaultsOf(int index, ServerConfiguration server, ServerListing listing, DocumentPlaces places) =>
        listing.Names is null || server.Policy is null
            ? []
            : [
                .. UnmatchedLimits.Find(server.Policy.Settings, listing.Names).Select(limit => places.FaultInLimits(
                    index,
                    limit.Place.AsSpan(),
                    written => limit.Message(server.Name, written ?? Shown.Quote(limit.Name)))),
            ];
}
