using System.Collections.Concurrent;

namespace Sluice.Mcp;

/// <summary>What a <see cref="CallLease"/> refers to; used again by later calls, so that a call allocates nothing.</summary>
/// <remarks>A lease knows its version, which changes when the lease ends: a lease that has ended reaches nothing of a later call.</remarks>
internal sealed class LeasedCall
{
    /// <summary>How many are kept for later calls; more in flight at a time are left to the garbage collector.</summary>
    private const int MaxIdle = 1_024;

    private static readonly ConcurrentQueue<LeasedCall> Idle = new();
    private readonly LimitState[] _states = new LimitState[ApplicableLimits.MaxCount];
    private readonly HeldSlots _slots = new();
    private int _version;
    private int _refundedVersion = -1;

    /// <summary>The call that acquired its slots just before this one; <see cref="Watch"/> sets it.</summary>
    internal LeasedCall? Older;

    /// <summary>The call that acquired its slots just after this one; <see cref="Watch"/> sets it.</summary>
    internal LeasedCall? Newer;

    private LeasedCall()
    {
    }

    internal int Version => Volatile.Read(ref _version);

    /// <summary>What releases the slots when the call is too old; null for a call that acquired none.</summary>
    internal SlotWatch? Watch { get; set; }

    /// <summary>Whether the call is in the list of <see cref="Watch"/>, whose lock guards this.</summary>
    internal bool IsWatched { get; set; }

    /// <summary>The timestamp at which the watch began.</summary>
    internal long WatchedSince { get; set; }

    internal IRateLimitStore? Store { get; private set; }

    internal RateLimitRequest Request { get; private set; }

    /// <summary>Whether tokens were charged.</summary>
    internal bool IsCharged { get; set; }

    /// <summary>The reservation of a call that was allowed for a later instant; else the default.</summary>
    internal RateLimitReservation Reservation { get; set; }

    /// <summary>
    /// The part of the request that was charged; null for nothing. A permissive limit without the tokens was not charged.
    /// </summary>
    internal RateLimitRequest? Charged => IsCharged ? Request.ChargedPart(States.Span) : null;

    /// <summary>The state of each limit of the request.</summary>
    internal Memory<LimitState> States => _states.AsMemory(0, Request.Limits.Count);

    internal static LeasedCall Take(IRateLimitStore store, in RateLimitRequest request)
    {
        if (!Idle.TryDequeue(out LeasedCall? call))
        {
            call = new LeasedCall();
        }

        call.Store = store;
        call._slots.WaitsInTurn = false;
        call._slots.KeepsTurn = false;
        call.Renew(request);
        call.IsCharged = false;
        call.Reservation = default;
        return call;
    }

    /// <summary>Takes a request that is about to be decided.</summary>
    internal RateLimitRequest Renew(in RateLimitRequest request) =>
        Request = request.Limits.SlotCount > 0 ? request with { Slots = _slots } : request;

    /// <summary>Releases the slots that the call holds, if any, and ends the watch; the store does so once.</summary>
    internal void EndSlots()
    {
        if (Watch is SlotWatch watch)
        {
            watch.Remove(this); // After that, the watch does not touch this object.
            ReleaseSlots();
        }
    }

    /// <summary>Releases the slots that the call holds, if any; the store does so once.</summary>
    /// <returns>Whether it held slots.</returns>
    internal bool ReleaseSlots()
    {
        bool held = _slots.IsHeld;
        if (held)
        {
            Finish(Store!.ReleaseAsync(Request, CancellationToken.None));
        }

        return held;
    }

    // The store releases the slots in any case, and a later call of this process finds them free.
    private static void Finish(ValueTask release)
    {
        if (!release.IsCompletedSuccessfully)
        {
            _ = release.AsTask();
        }
    }

    /// <summary>Claims the refund of a version; false when it has been claimed, or the lease has ended.</summary>
    internal bool TryRefund(int version)
    {
        int refunded = Volatile.Read(ref _refundedVersion);
        return Version == version
            && refunded != version
            && Interlocked.CompareExchange(ref _refundedVersion, version, refunded) == refunded;
    }

    /// <summary>Ends the lease of a version; false when it has ended already.</summary>
    internal bool TryEnd(int version) => Interlocked.CompareExchange(ref _version, unchecked(version + 1), version) == version;

    /// <summary>Makes it ready for a later call; only the code that ended the lease may do so.</summary>
    internal void GiveBack()
    {
        EndSlots();
        Watch = null;
        Store = null;
        Request = default; // An identity must not stay in memory for longer than its call.
        if (Idle.Count < MaxIdle)
        {
            Idle.Enqueue(this);
        }
    }
}
