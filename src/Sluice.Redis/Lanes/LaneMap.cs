using System.Collections.Concurrent;

namespace Sluice.Redis;

/// <summary>The lanes of a store: one for each MCP server, and where callers' rows are spread one for each part of the slots.</summary>
/// <remarks>
/// What goes in one run must lie in one slot, and a node that is down must not stop the calls of others. A node has slots that follow
/// one another, and so have the parts: only a part in which the slots of two nodes meet belongs to both. Thread safety: any thread may
/// ask.
/// </remarks>
internal sealed class LaneMap(Func<string, string, string, LaneSettings, Lane> open, TimeSpan timeout, bool coalesces) : IDisposable
{
    private const int SpreadLanes = 64;

    // Two runs keep the connection busy while one is being answered; more would only make smaller batches.
    private readonly LaneSettings _together = coalesces
        ? new LaneSettings(timeout, MaxRuns: 2, MaxBatch: 128)
        : new LaneSettings(timeout, MaxRuns: int.MaxValue, MaxBatch: 1);

    private readonly LaneSettings _apart = new(timeout, MaxRuns: int.MaxValue, MaxBatch: 1);
    private readonly ConcurrentDictionary<string, Lazy<Lane>> _lanes = new(StringComparer.Ordinal);

    /// <summary>The lanes in use.</summary>
    internal IEnumerable<Lane> All => _lanes.Values.Where(lane => lane.IsValueCreated).Select(lane => lane.Value);

    /// <summary>The lane of an MCP server's slot.</summary>
    internal Lane Of(ServerKeys server) => server.Lane ??= Of(server.Name, server.Name, server.Probe, _together);

    /// <summary>The lane of the calls on an MCP server that ask for divided buckets, each in a run of its own.</summary>
    internal Lane OfShares(ServerKeys server) => server.ShareLane ??= Of(server.Name, $"{server.Name}, shares", server.Shares + ":probe", _apart);

    /// <summary>The lane of a row that lies in a slot of its own.</summary>
    internal Lane OfRow(ServerKeys server, string row)
    {
        int part = HashSlot.Of(row) * SpreadLanes / HashSlot.Count;
        return Of(server.Name, $"{server.Name}, part {part} of {SpreadLanes}", row + ":probe", _apart);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lane lane in All)
        {
            lane.Dispose();
        }
    }

    private Lane Of(string server, string name, string probe, LaneSettings settings) =>
        _lanes.GetOrAdd(name, _ => new Lazy<Lane>(() => open(server, name, probe, settings))).Value;
}
