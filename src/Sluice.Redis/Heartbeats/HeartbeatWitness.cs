namespace Sluice.Redis;

/// <summary>
/// Watches the heartbeats of the other processes on this process's own clock. The clock of Redis can step, so it ends nothing.
/// </summary>
/// <remarks>
/// No clock of its own, so that a test gives it the instants. Between two looks it counts at most
/// <see cref="HeartbeatTimes.MostPerLook"/>: a time in which it saw nothing proves nothing. Thread safety: one thread at a time.
/// </remarks>
internal sealed class HeartbeatWitness
{
    private readonly Dictionary<ulong, Watched> _watched = [];
    private TimeSpan _lastEnd;

    /// <summary>Looks at the table.</summary>
    /// <param name="processes">The table, as Redis had it after the look began.</param>
    /// <param name="own">The id of this process.</param>
    /// <param name="begin">When the look began, on a clock that never steps.</param>
    /// <param name="end">When its reply was there, on that clock.</param>
    /// <returns>The processes that have had no new heartbeat for <see cref="HeartbeatTimes.Validity"/>, and are not marked so.</returns>
    internal List<ProcessBeat> Look(IReadOnlyList<ProcessBeat> processes, ulong own, TimeSpan begin, TimeSpan end)
    {
        TimeSpan elapsed = begin - _lastEnd; // The last reply may have been as of its end, and this one as of its beginning.
        elapsed = elapsed > HeartbeatTimes.MostPerLook ? HeartbeatTimes.MostPerLook : elapsed;
        _lastEnd = end;
        List<ProcessBeat> ended = [];
        HashSet<ulong> present = [];
        foreach (ProcessBeat process in processes.Where(process => process.Id != own && !process.HasEnded))
        {
            present.Add(process.Id);
            Watched seen = _watched.TryGetValue(process.Id, out Watched before) && before.Number == process.Number
                ? before with { Silent = before.Silent + elapsed }
                : new Watched(process.Number, TimeSpan.Zero);
            _watched[process.Id] = seen;
            if (seen.Silent >= HeartbeatTimes.Validity)
            {
                ended.Add(process);
            }
        }

        foreach (ulong gone in _watched.Keys.Where(id => !present.Contains(id)).ToArray())
        {
            _watched.Remove(gone);
        }

        return ended;
    }

    private readonly record struct Watched(ulong Number, TimeSpan Silent);
}
