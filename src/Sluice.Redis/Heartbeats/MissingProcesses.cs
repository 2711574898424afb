using System.Collections.Concurrent;

namespace Sluice.Redis;

/// <summary>Ids that something in Redis names although they are not in the table of heartbeats.</summary>
/// <remarks>
/// Such an id may be newer than the table that this process saw last. So it counts as ended only when it was missing in all tables
/// for <see cref="HeartbeatTimes.Validity"/>. Thread safety: any thread may ask.
/// </remarks>
internal sealed class MissingProcesses
{
    private const int MostIds = 10_000;
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<ulong, Missing> _ids = new();
    private TimeSpan _lastLook;

    /// <summary>Whether an id has been missing for long enough. Asked for the first time, it begins to watch the id.</summary>
    internal bool IsLong(ulong id)
    {
        if (_ids.TryGetValue(id, out Missing missing))
        {
            return missing.For >= HeartbeatTimes.Validity;
        }

        if (_ids.Count < MostIds)
        {
            _ids.TryAdd(id, default);
        }

        return false;
    }

    /// <summary>Takes a new table.</summary>
    /// <param name="processes">The table.</param>
    /// <param name="now">When it arrived, on a clock that never steps.</param>
    internal void Look(ProcessBeat[] processes, TimeSpan now)
    {
        TimeSpan elapsed = now - _lastLook;
        elapsed = elapsed > HeartbeatTimes.MostPerLook ? HeartbeatTimes.MostPerLook : elapsed;
        _lastLook = now;
        foreach ((ulong id, Missing missing) in _ids)
        {
            if (processes.Any(process => process.Id == id) || missing.For > KeptFor)
            {
                _ids.TryRemove(id, out _);
            }
            else
            {
                // What was asked about between two tables counts from the second one on.
                _ids[id] = new Missing(IsSeen: true, missing.IsSeen ? missing.For + elapsed : TimeSpan.Zero);
            }
        }
    }

    private readonly record struct Missing(bool IsSeen, TimeSpan For);
}
