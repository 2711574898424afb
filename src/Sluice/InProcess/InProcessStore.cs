using System.Diagnostics.CodeAnalysis;

namespace Sluice;

/// <summary>A store that keeps its buckets in the memory of this process.</summary>
/// <remarks>
/// <para>
/// Exact: no fraction is lost, whatever the rate. All or nothing: decisions take effect one after another, each at one instant.
/// Bounded: memory is reserved once, and a caller whose bucket is evicted gains nothing by it. Nothing is allocated, no timer runs.
/// </para>
/// <para>
/// Time is the provider's monotonic timestamps, in ticks of 100 ns; one that goes back counts as the last. In place of the
/// timestamps of <see cref="TimeProvider.System"/>, which stop while the machine sleeps, the store reads the system's clock that
/// counts that time. Only the phase of aligned windows is taken from the wall clock: when the store is made, and with the
/// system's clock again after the machine has slept.
/// </para>
/// <para>The debt of a bucket saturates: at 2^97 ticks of refill, 2^32 - 1 tokens of a counter, 2^50 of a log, 2^62 of a window.</para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public sealed partial class InProcessStore : IRateLimitStore, IObservedStore, ISlotWaiting
{
    private readonly InProcessEngine<NoSteps> _engine;
    private readonly SlotWaiters _slotWaiters;

    /// <summary>A store of 1,000,000 keys on the system's clock.</summary>
    public InProcessStore()
        : this(new InProcessStoreOptions(), TimeProvider.System)
    {
    }

    /// <summary>A store.</summary>
    /// <param name="options">How much it remembers; read once.</param>
    /// <param name="time">
    /// Its clock. It is read before a lock is taken, so an exception of the clock reaches the caller and changes nothing.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="InProcessStoreOptions.MaxKeys"/> is outside its range.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for so many keys.</exception>
    public InProcessStore(InProcessStoreOptions options, TimeProvider time)
        : this(options, time, isObserved: true)
    {
    }

    /// <summary>A store that the metrics may leave out, because its buckets are not those of a policy's limits.</summary>
    internal InProcessStore(InProcessStoreOptions options, TimeProvider time, bool isObserved)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.MaxKeys is < InProcessStoreOptions.MaxKeysLowerBound or > InProcessStoreOptions.MaxKeysUpperBound)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options),
                options.MaxKeys,
                $"MaxKeys is outside {InProcessStoreOptions.MaxKeysLowerBound} to {InProcessStoreOptions.MaxKeysUpperBound}.");
        }

        _engine = new InProcessEngine<NoSteps>(options.MaxKeys, time);
        _slotWaiters = new SlotWaiters(this);
        if (isObserved)
        {
            ObservedStores.Add(this);
        }
    }

    /// <summary>Buckets of callers that are remembered, those among them that are full again and not yet replaced.</summary>
    public long Count => _engine.Table.Count;

    /// <summary>Buckets that were evicted with used tokens; the debt was kept for all that come in their place.</summary>
    public long EvictionsWithDebt => _engine.Table.EvictionsWithDebt;

    /// <summary>
    /// Decisions about a bucket that was not remembered, and was charged the debt of the buckets that were evicted before.
    /// </summary>
    public long BucketsCreatedWithDebt => _engine.Table.BucketsCreatedWithDebt;

    SlotWaiters ISlotWaiting.SlotWaiters => _slotWaiters;

    bool IObservedStore.IsAvailable => true;

    long IObservedStore.Keys => Count;

    /// <summary>Chunks of memory that sliding logs hold.</summary>
    internal int LogChunksInUse => _engine.LogChunksInUse;

    /// <summary>Decides a call, and charges its cost to all of its limits when they all admit it.</summary>
    /// <param name="request">The call.</param>
    /// <param name="states">Filled with each limit's state, in the request's order; or empty.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="states"/> is neither empty nor long enough. Or a limit on concurrency applies, and
    /// <see cref="RateLimitRequest.Slots"/> is null or already holds slots.
    /// </exception>
    public RateLimitDecision Acquire(in RateLimitRequest request, Span<LimitState> states)
    {
        ThrowIfShort(request, states);
        if (_recording is not null)
        {
            return AcquireRecorded(_recording, request, states);
        }

        if (request.Limits.SlotCount != 0)
        {
            return AcquireSlots(request, states);
        }

        return _engine.Acquire(request, states); // It keeps its memory alive by itself, so that the answer is not copied here.
    }

    /// <summary>Releases the slots that a call holds, because it has ended; without effect if they were released before.</summary>
    /// <param name="request">The request that acquired them, with the same <see cref="RateLimitRequest.Slots"/>.</param>
    public void Release(in RateLimitRequest request)
    {
        if (request.Slots is not HeldSlots slots || !slots.TryEnd(out _, out _))
        {
            return;
        }

        if (_recording is not null)
        {
            ReleaseRecorded(_recording, request);
        }
        else
        {
            _engine.Release(request);
            GC.KeepAlive(this);
        }

        _slotWaiters.Released(request.Limits, request.Caller);
    }

    /// <summary>The decision that <see cref="Acquire"/> would make now; nothing is charged.</summary>
    /// <param name="request">The call.</param>
    /// <param name="states">Filled with each limit's state, before the charge, in the request's order; or empty.</param>
    /// <exception cref="ArgumentException"><paramref name="states"/> is neither empty nor long enough.</exception>
    public RateLimitDecision Peek(in RateLimitRequest request, Span<LimitState> states)
    {
        ThrowIfShort(request, states);
        if (_recording is not null)
        {
            return PeekRecorded(_recording, request, states);
        }

        RateLimitDecision decision = _engine.Peek(request, states);
        GC.KeepAlive(this);
        return decision;
    }

    /// <summary>Decides a call that may wait: charges its cost now, for the first instant at which all of its limits admit it.</summary>
    /// <param name="request">The call.</param>
    /// <param name="maxWait">The longest wait; zero for none.</param>
    /// <param name="states">Filled with the state of each limit after the decision, in the order of the request; or empty.</param>
    /// <exception cref="ArgumentException"><paramref name="states"/> is neither empty nor long enough.</exception>
    public RateLimitReservation Reserve(in RateLimitRequest request, TimeSpan maxWait, Span<LimitState> states)
    {
        ThrowIfShort(request, states);
        return _recording is null ? ReserveNow(request, maxWait, states) : ReserveRecorded(_recording, request, maxWait, states);
    }

    /// <summary>Takes back what <see cref="Reserve"/> charged, for a call that is not made.</summary>
    /// <param name="request">The same call. If a limit was not charged, leave it out.</param>
    /// <param name="reservation">What <see cref="Reserve"/> returned.</param>
    public void Cancel(in RateLimitRequest request, in RateLimitReservation reservation)
    {
        if (!reservation.Decision.IsAllowed)
        {
            return;
        }

        if (reservation.Id == 0)
        {
            Refund(request);
        }
        else if (_recording is not null)
        {
            CancelRecorded(_recording, request, reservation.Id);
        }
        else
        {
            _engine.Cancel(request, reservation.Id);
        }
    }

    /// <summary>Gives the cost back to every limit that has a rate, never above its capacity.</summary>
    /// <param name="request">The call.</param>
    public void Refund(in RateLimitRequest request)
    {
        if (_recording is not null)
        {
            RefundRecorded(_recording, request);
            return;
        }

        _engine.Refund(request);
        GC.KeepAlive(this);
    }

    /// <summary>Charges the cost to every limit that has a rate without asking: a bucket may go into debt.</summary>
    /// <param name="request">The call.</param>
    public void Charge(in RateLimitRequest request)
    {
        if (_recording is not null)
        {
            ChargeRecorded(_recording, request);
            return;
        }

        _engine.Charge(request);
        GC.KeepAlive(this);
    }

    /// <summary>Forgets the caller's bucket of each of the limits that have a rate, one after another: they are full again.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="caller">The caller.</param>
    /// <exception cref="ArgumentNullException"><paramref name="caller"/> is null.</exception>
    public void Reset(ReadOnlySpan<RateLimit> limits, CallerIdentity caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (_recording is null)
        {
            ResetNow(limits, caller);
        }
        else
        {
            ResetRecorded(_recording, limits, caller);
        }
    }

    /// <summary>
    /// Charges each bucket its own tokens, if every enforced limit has enough. A permissive one that has not is not charged.
    /// </summary>
    /// <param name="limits">The limits, none on concurrency.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="buckets">One for each limit: what is needed and taken, and then what was found.</param>
    /// <returns>Whether they had enough.</returns>
    internal bool TryCharge(ApplicableLimits limits, CallerIdentity caller, Span<BucketCharge> buckets)
    {
        bool hasEnough = _engine.TryCharge(limits, caller, buckets);
        GC.KeepAlive(this);
        return hasEnough;
    }

    /// <summary>Makes the caller's buckets what another store had them be, as of now.</summary>
    internal void Observe(ApplicableLimits limits, CallerIdentity caller, ReadOnlySpan<ObservedBucket> observed)
    {
        _engine.Observe(limits, caller, observed);
        GC.KeepAlive(this);
    }

    private RateLimitReservation ReserveNow(in RateLimitRequest request, TimeSpan maxWait, Span<LimitState> states)
    {
        HeldSlots? slots = request.Limits.SlotCount == 0 ? null : request.FreeSlots();
        RateLimitReservation reservation = _engine.Reserve(request, maxWait, states);
        if (reservation.Decision.IsAllowed)
        {
            slots?.Acquired(this, acquisition: 0);
        }

        return reservation;
    }

    private void ResetNow(ReadOnlySpan<RateLimit> limits, CallerIdentity caller)
    {
        foreach (RateLimit limit in limits)
        {
            _engine.Reset(limit, caller);
        }

        GC.KeepAlive(this);
    }

    /// <summary>The buckets with the smallest part left, smallest first, without those that are full. It stops no call.</summary>
    /// <param name="limits">The limits whose buckets are of interest.</param>
    /// <param name="top">The most buckets.</param>
    /// <param name="callers">Callers by whom the buckets are named.</param>
    internal SurveyedBucket[] Survey(IReadOnlyCollection<RateLimit> limits, int top, IEnumerable<CallerIdentity> callers) =>
        _engine.Survey(limits, top, callers);

    private RateLimitDecision AcquireSlots(in RateLimitRequest request, Span<LimitState> states)
    {
        HeldSlots slots = request.FreeSlots();
        RateLimitDecision decision = _engine.Acquire(request, states);
        if (decision.IsAllowed)
        {
            slots.Acquired(this, acquisition: 0);
        }

        return decision;
    }

    private static void ThrowIfShort(in RateLimitRequest request, ReadOnlySpan<LimitState> states)
    {
        if (!states.IsEmpty && states.Length < request.Limits.Count)
        {
            ThrowShort(request, states);
        }
    }

    [DoesNotReturn] // A method of its own, since the variables that make the message would be set to zero at each call.
    private static void ThrowShort(in RateLimitRequest request, ReadOnlySpan<LimitState> states) => throw new ArgumentException(
        $"There is room for {states.Length} states, but {request.Limits.Count} limits apply. Pass none, or room for all.", nameof(states));
}
