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
    private int _version;

    private LeasedCall()
    {
    }

    internal int Version => Volatile.Read(ref _version);

    internal IRateLimitStore? Store { get; private set; }

    internal RateLimitRequest Request { get; private set; }

    /// <summary>Whether tokens were charged.</summary>
    internal bool IsCharged { get; set; }

    /// <summary>The reservation of a call that was allowed for a later instant; else the default.</summary>
    internal RateLimitReservation Reservation { get; set; }

    /// <summary>The part of the request that was charged; null for nothing. A permissive limit without the tokens was not charged.</summary>
    internal RateLimitRequest? Charged
    {
        get
        {
            if (!IsCharged)
            {
                return null;
            }

            int count = 0;
            ApplicableLimits limits = Request.Limits;
            for (int i = 0; i < limits.Count; i++)
            {
                count += WasCharged(i) ? 1 : 0;
            }

            return count == limits.Count ? Request
                : count == 0 ? null
                : new RateLimitRequest(
                    new ApplicableLimits([.. limits.Limits.ToArray().Where((_, i) => WasCharged(i))], limits.Cost),
                    Request.Caller,
                    Request.Cost);
        }
    }

    /// <summary>The state of each limit of the request.</summary>
    internal Memory<LimitState> States => _states.AsMemory(0, Request.Limits.Count);

    internal static LeasedCall Take(IRateLimitStore store, in RateLimitRequest request)
    {
        if (!Idle.TryDequeue(out LeasedCall? call))
        {
            call = new LeasedCall();
        }

        call.Store = store;
        call.Request = request;
        call.IsCharged = false;
        call.Reservation = default;
        return call;
    }

    private bool WasCharged(int index) =>
        Request.Limits[index].Mode != LimitMode.Permissive || _states[index].Outcome == RateLimitOutcome.Allowed;

    /// <summary>Ends the lease of a version; false when it has ended already.</summary>
    internal bool TryEnd(int version) => Interlocked.CompareExchange(ref _version, unchecked(version + 1), version) == version;

    /// <summary>Makes it ready for a later call; only whoever has ended the lease may do so.</summary>
    internal void GiveBack()
    {
        Store = null;
        Request = default; // An identity must not stay in memory for longer than its call.
        if (Idle.Count < MaxIdle)
        {
            Idle.Enqueue(this);
        }
    }
}
