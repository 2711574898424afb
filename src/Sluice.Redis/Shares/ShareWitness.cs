namespace Sluice.Redis;

/// <summary>
/// Watches the numbers of other processes, and the epoch, on this process's own clock. No wall clock ends a share.
/// </summary>
/// <remarks>Thread safety: one thread at a time.</remarks>
/// <param name="ttlMicros">The TTL of shares.</param>
internal sealed class ShareWitness(long ttlMicros)
{
    private const int ForgottenAfter = 3; // TTLs: one until it has ended, and two in which a late message must still find it so.
    private readonly Dictionary<ulong, (SeenProcess Process, long Since)> _seen = [];
    private ShareEpoch _waiting;
    private long _waitingSince;

    /// <summary>Takes what a reply showed.</summary>
    internal void Note(SyncReply reply, long now)
    {
        if (!reply.IsWaiting)
        {
            _waiting = default;
        }
        else if (_waiting != reply.Epoch)
        {
            (_waiting, _waitingSince) = (reply.Epoch, now);
        }

        HashSet<ulong> present = [];
        foreach (SeenProcess process in reply.Processes)
        {
            if (process.Id != reply.Process)
            {
                present.Add(process.Id);
                if (!_seen.TryGetValue(process.Id, out (SeenProcess Process, long Since) seen) || seen.Process != process)
                {
                    _seen[process.Id] = (process, now);
                }
            }
        }

        foreach (ulong id in _seen.Keys.Where(id => !present.Contains(id)).ToArray())
        {
            _seen.Remove(id);
        }
    }

    /// <summary>The processes whose number has not changed for so long that the allocator should take note.</summary>
    internal IReadOnlyList<SeenProcess> Unchanged(long now) =>
    [
        .. _seen.Values
            .Where(seen => now - seen.Since >= ttlMicros * (seen.Process.HasEnded ? ForgottenAfter - 1 : 1))
            .Select(seen => seen.Process),
    ];

    /// <summary>The epoch that has waited for the TTL; none if there is none.</summary>
    internal ShareEpoch Waited(long now) => _waiting != default && now - _waitingSince >= ttlMicros ? _waiting : default;
}
