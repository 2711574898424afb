using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>Decides calls against flat memory: locks the sets of a call in one order, reads the clock, and writes all or nothing.</summary>
/// <remarks>
/// <para>
/// The instant of a decision is a reading of the clock: with every lock held, or before, if no decision by one of its sets has a later
/// instant; or, for a rejection or a look, between two readings of every version that find no change. So decisions take effect one after
/// another, in the order of their instants. Decision 2 of docs/decisions has the proof.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
/// <typeparam name="TSteps">Told of the steps.</typeparam>
[SkipLocalsInit]
internal sealed unsafe partial class InProcessEngine<TSteps>
    where TSteps : struct, ICommitSteps
{
    /// <summary>
    /// So many calls that take tokens read the clock late after a rejection or a look under locks: others may read without them.
    /// </summary>
    private const byte MostReaders = 64;

    /// <summary>How often a look is tried without locks before it takes them.</summary>
    private const int LooksWithoutLocks = 3;

    private readonly StoreClock _clock;
    private readonly LimitRegistry _registry;
    private readonly BucketTable<TSteps> _table;
    private readonly ReservationTable _reservations = new();

    internal InProcessEngine(int maxKeys, TimeProvider time)
    {
        _clock = new StoreClock(time);
        _registry = new LimitRegistry(_clock, maxKeys);
        _table = new BucketTable<TSteps>(maxKeys, _registry);
    }

    /// <summary>The buckets.</summary>
    internal BucketTable<TSteps> Table => _table;

    /// <summary>Chunks of memory that sliding logs hold.</summary>
    internal int LogChunksInUse => _registry.LogChunksInUse;

    /// <summary>Decides, and charges when all admit.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // Its variables would be set to zero by each caller.
    internal RateLimitDecision Acquire(in RateLimitRequest request, Span<LimitState> states)
    {
        ulong early = ReadEarly(request.Limits);
        RegisteredLimits known = _registry.Of(request.Limits);
        if (!known.ArePlain || request.Cost != 1)
        {
            return AcquireOther(request, known, states);
        }

        if (known.OnlyLimit is not RegisteredLimit limit)
        {
            return AcquirePlain<WithoutSlots>(request, known, early, states);
        }

        // Only numbers come from what is called here: the answer is written once, where it is returned.
        long found = early == 0 ? NotDecided : DecideOne(limit, request.Caller, early, states);
        if (found >= 0)
        {
            return RateLimitDecision.Allowed(unchecked((int)found));
        }

        return found == NotDecided
            ? AcquireOne(request, known, limit, early, states)
            : RateLimitDecision.Denied(request.Limits[0], TimeSpan.FromTicks(~found)); // A bucket that rejects one token has none.
    }

    /// <summary>Decides what <see cref="DecideOne"/> has not decided.</summary>
    /// <remarks>Not inlined, so that the registers are free for that method.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private RateLimitDecision AcquireOne(
        in RateLimitRequest request, RegisteredLimits known, RegisteredLimit limit, ulong early, Span<LimitState> states)
    {
        BucketPage page = PageOf(limit.Bucket, request.Caller);
        if (!page.Lock->RejectedLast)
        {
            int remaining = TakeOne(request.Limits, limit, page, early, states);
            if (remaining != NotKnown)
            {
                return RateLimitDecision.Allowed(remaining);
            }
        }
        else
        {
            long waitTicks = RejectOne(limit, page, states);
            if (waitTicks != NotKnown)
            {
                return RateLimitDecision.Denied(request.Limits[0], TimeSpan.FromTicks(waitTicks));
            }
        }

        return AcquireAll(request, known, states); // By the same clock or a later one.
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // Not inlined: keeps the registers of the rare path out of the common one.
    private RateLimitDecision AcquireOther(in RateLimitRequest request, RegisteredLimits known, Span<LimitState> states)
    {
        request.Limits.NoteLate(true);
        return known.ArePlainWithSlots && request.Cost == 1
            ? AcquireSlots(request, known, states)
            : AcquireAll(request, Aligned(request.Limits, known), states);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private RateLimitDecision AcquireAll(in RateLimitRequest request, RegisteredLimits known, Span<LimitState> states)
    {
        if (known.MayHold)
        {
            return DecideAmongReserved(request, known, states, Charging.Now, maxWaitTicks: 0, out _);
        }

        ReadOnlySpan<RateLimit> limits = request.Limits.Limits;
        RegisteredLimit[] registered = known.Limits;
        BucketItem* items = stackalloc BucketItem[ApplicableLimits.MaxCount];
        BucketSet** sets = stackalloc BucketSet*[ApplicableLimits.MaxCount];
        int count = Prepare(registered, request.Caller, items, sets);
        ulong cost = (ulong)request.Cost;
        ulong wall = AskWall(known.HaveCalendar);

        // A call that was rejected last is likely to be rejected again, which can be decided without a lock.
        Verdict verdict;
        if (!known.HaveLogs
            && RejectedLast(sets, count)
            && TryDecide(limits, registered, items, sets, count, cost, wall, out verdict)
            && verdict.Outcome != RateLimitOutcome.Allowed)
        {
            GC.KeepAlive(this);
            return Describe(limits, registered, items, verdict, states);
        }

        ulong stamp = SetLock<TSteps>.Unchanged;
        Enter(sets, count);
        try
        {
            verdict = DecideLocked(limits, registered, items, cost, wall);
            NoteBucketsCreatedWithDebt(registered, items);
            NoteLocked(sets, count, verdict.Outcome != RateLimitOutcome.Allowed);
            if (verdict.Outcome == RateLimitOutcome.Allowed)
            {
                stamp = verdict.Now.Ticks;
                CommitLocked(registered, items, verdict.Now, cost);
            }
            else
            {
                LetReadLocked(sets, count);
            }
        }
        finally
        {
            Exit(sets, count, stamp);
        }

        GC.KeepAlive(this);
        return Describe(limits, registered, items, verdict, states);
    }

    /// <summary>Decides, and charges nothing.</summary>
    internal RateLimitDecision Peek(in RateLimitRequest request, Span<LimitState> states)
    {
        _clock.UpdateFromProvider();
        ReadOnlySpan<RateLimit> limits = request.Limits.Limits;
        RegisteredLimits known = Aligned(request.Limits, _registry.Of(request.Limits));
        if (known.MayHold)
        {
            return DecideAmongReserved(request, known, states, Charging.Nothing, maxWaitTicks: 0, out _);
        }

        RegisteredLimit[] registered = known.Limits;
        BucketItem* items = stackalloc BucketItem[ApplicableLimits.MaxCount];
        BucketSet** sets = stackalloc BucketSet*[ApplicableLimits.MaxCount];
        int count = Prepare(registered, request.Caller, items, sets);
        ulong cost = (ulong)request.Cost;
        ulong wall = AskWall(known.HaveCalendar);
        int looks = known.HaveLogs || !LetRead(sets, count) ? 0 : LooksWithoutLocks;
        for (int look = 0; look < looks; look++)
        {
            if (TryDecide(limits, registered, items, sets, count, cost, wall, out Verdict seen))
            {
                return Describe(limits, registered, items, seen, states);
            }
        }

        Verdict verdict;
        Enter(sets, count);
        try
        {
            verdict = DecideLocked(limits, registered, items, cost, wall);
            LetReadLocked(sets, count);
        }
        finally
        {
            Exit(sets, count, SetLock<TSteps>.Unchanged);
        }

        return Describe(limits, registered, items, verdict, states);
    }

    /// <summary>Gives tokens back to every limit.</summary>
    internal void Refund(in RateLimitRequest request) => Change(request, isRefund: true);

    /// <summary>Takes tokens from every limit, whether they are there or not.</summary>
    internal void Charge(in RateLimitRequest request) => Change(request, isRefund: false);

    /// <summary>Forgets the caller's bucket of a limit.</summary>
    internal void Reset(RateLimit limit, CallerIdentity caller)
    {
        RegisteredLimit registered = _registry.Of(limit);
        if (registered.Numbers.IsSlots)
        {
            return; // The calls that hold its slots still run.
        }

        BucketItem item;
        Place(registered, caller, &item);
        _clock.UpdateFromProvider();
        ulong wall = AskWall(registered.Numbers.Edges is not null);
        StoreInstant now = default;
        SetLock<TSteps>.Enter(item.Lock);
        try
        {
            now = ReadClock(wall);
            LoadLocked(registered, ref item, now);
            _reservations.Find(item)?.RemoveDue(now.Ticks);
            if (item.Place != BucketItem.Absent)
            {
                _table.ForgetLog(BucketSet.At(item.Set, item.Place));
                BucketSet.At(item.Set, item.Place)->State = default;
            }

            item.Next = default;
            WriteLocked(registered, &item, 1, 0, now);
        }
        finally
        {
            SetLock<TSteps>.Exit(item.Lock, now.Ticks);
        }
    }

    private void Change(in RateLimitRequest request, bool isRefund)
    {
        _clock.UpdateFromProvider();
        ReadOnlySpan<RateLimit> limits = request.Limits.Limits;
        RegisteredLimits known = Aligned(request.Limits, _registry.Of(request.Limits));
        RegisteredLimit[] registered = known.Limits;
        ulong wall = AskWall(known.HaveCalendar);
        BucketItem* items = stackalloc BucketItem[ApplicableLimits.MaxCount];
        BucketSet** sets = stackalloc BucketSet*[ApplicableLimits.MaxCount];
        int count = Prepare(registered, request.Caller, items, sets);
        ulong cost = (ulong)request.Cost;
        StoreInstant now = default;
        Enter(sets, count);
        try
        {
            now = ReadClock(wall);
            for (int i = 0; i < limits.Length; i++)
            {
                LoadLocked(registered[i], ref items[i], now);
                SettleLocked(registered[i], ref items[i], now);
            }

            for (int i = 0; i < limits.Length; i++)
            {
                RegisteredLimit limit = registered[i];
                if (limit.Numbers.IsSlots)
                {
                    continue;
                }

                items[i].Next = Changed(limit, items[i], now, cost, isRefund);
                WriteLocked(limit, items, limits.Length, i, now);
            }
        }
        finally
        {
            Exit(sets, count, now.Ticks);
        }
    }

    private void NoteBucketsCreatedWithDebt(RegisteredLimit[] registered, BucketItem* items)
    {
        for (int i = 0; i < registered.Length; i++)
        {
            if (items[i].Place == BucketItem.Absent && !items[i].State.IsNew && !registered[i].Numbers.IsSlots)
            {
                _table.NoteBucketCreatedWithDebt();
            }
        }
    }

    private BucketState Changed(RegisteredLimit limit, in BucketItem item, in StoreInstant now, ulong cost, bool isRefund)
    {
        if (limit.Numbers.Algorithm == RateLimitAlgorithm.SlidingWindow)
        {
            LogView view = ViewOf(limit, item, now);
            return isRefund ? SlidingWindow.Refund(view, cost) : SlidingWindow.Charge(view, cost);
        }

        return isRefund
            ? BucketRules.Refund(limit.Numbers, item.State, now.For(limit.Numbers), cost)
            : BucketRules.Charge(limit.Numbers, item.State, now.For(limit.Numbers), cost);
    }

    /// <summary>The same limits, with the phase that aligned windows have by the wall clock after the machine has slept.</summary>
    private RegisteredLimits Aligned(ApplicableLimits limits, RegisteredLimits known)
    {
        if (!known.HaveAligned || !_clock.FollowWallAfterSleep())
        {
            return known;
        }

        _registry.Realign(_clock.EpochTicks);
        return _registry.Of(limits);
    }

    private ulong AskWall(bool isFollowed) => isFollowed ? _clock.AskWall() : 0;

    /// <summary>The instant of a call.</summary>
    /// <param name="wall">What the wall clock showed just before, where a limit of the call follows it; else 0.</param>
    private StoreInstant ReadClock(ulong wall)
    {
        TSteps.Reach(CommitStep.Reading);
        return _clock.Now<TSteps>(wall);
    }

    /// <summary>The instant, read before anything else; or zero, for one that is read under the locks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ReadEarly(ApplicableLimits limits)
    {
        if (_clock.IsSystem && !limits.ReadsLate)
        {
            return ReadTicks();
        }

        _clock.UpdateFromProvider();
        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ReadTicks()
    {
        TSteps.Reach(CommitStep.Reading);
        return _clock.NowTicks<TSteps>();
    }

    /// <summary>What a decision found: who decides it, and when.</summary>
    private readonly record struct Verdict(RateLimitOutcome Outcome, int Decider, StoreInstant Now);
}
