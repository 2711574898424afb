using System.Collections.Concurrent;
using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>
/// The slots of a running call, which are released when its client disconnects or cancels it, even if the server continues it.
/// </summary>
/// <remarks>
/// In a session, a server continues a call whose client has left, and may never answer one that was cancelled. The slots would be held
/// until it answers. Thread safety: any thread may release; the call itself disposes, before its lease ends.
/// </remarks>
internal sealed class RunningSlots : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CallLease _lease;
    private readonly ConcurrentDictionary<HeldRequests.Key, RunningSlots> _calls;
    private readonly HeldRequests.Key? _key;
    private readonly CancellationTokenRegistration _whenGone;
    private bool _hasEnded;

    /// <param name="lease">The lease of the call.</param>
    /// <param name="calls">The calls that can be cancelled by name; this one is added.</param>
    /// <param name="key">The name of the call; null for one that cannot be named.</param>
    /// <param name="gone">Cancelled when the client has left.</param>
    internal RunningSlots(
        in CallLease lease, ConcurrentDictionary<HeldRequests.Key, RunningSlots> calls, HeldRequests.Key? key, CancellationToken gone)
    {
        _lease = lease;
        _calls = calls;
        _key = key is HeldRequests.Key named && calls.TryAdd(named, this) ? named : null; // Of calls with one id, the first can be named.
        _whenGone = gone.UnsafeRegister(static slots => ((RunningSlots)slots!).Release(), this);
    }

    /// <summary>Releases the slots; later releases do nothing.</summary>
    internal void Release()
    {
        lock (_gate)
        {
            if (!_hasEnded)
            {
                _hasEnded = true;
                _lease.ReleaseSlots();
            }
        }
    }

    /// <summary>Ends the watch: afterwards nothing touches the lease.</summary>
    public void Dispose()
    {
        if (_key is HeldRequests.Key key)
        {
            _calls.TryRemove(new(key, this));
        }

        _whenGone.Dispose();
        lock (_gate)
        {
            _hasEnded = true;
        }
    }
}
