namespace Sluice;

/// <content>Calls that are admitted now for a later instant.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>How many old entries each new reservation looks at, for each of its limits.</summary>
    private const int SweptPerReservation = 2;

    /// <summary>What a decision may charge.</summary>
    private enum Charging
    {
        /// <summary>Nothing: it is a look.</summary>
        Nothing,

        /// <summary>The call, if it fits now.</summary>
        Now,

        /// <summary>The call, at the first instant at which it fits, if that is soon enough.</summary>
        Later,
    }

    /// <summary>Buckets that have reservations, or had some a while ago.</summary>
    internal int ReservedBuckets => _reservations.Count;

    /// <summary>Decides, and charges the call for the first instant at which all limits admit it, if that comes soon enough.</summary>
    internal RateLimitReservation Reserve(in RateLimitRequest request, TimeSpan maxWait, Span<LimitState> states)
    {
        _clock.UpdateFromProvider();
        AllowHolding(request.Limits);
        RegisteredLimits known = Aligned(request.Limits, _registry.Of(request.Limits));
        RateLimitDecision decision = DecideAmongReserved(
            request, known, states, Charging.Later, (ulong)Math.Max(maxWait.Ticks, 0), out (ulong DelayTicks, long Id) reserved);
        if (reserved.Id != 0)
        {
            Sweep(SweptPerReservation * known.Limits.Length);
        }

        GC.KeepAlive(this);
        return new RateLimitReservation
        {
            Decision = decision,
            Delay = TimeSpan.FromTicks((long)reserved.DelayTicks),
            Id = reserved.Id,
        };
    }

    /// <summary>Lets calls be held for the buckets of limits.</summary>
    internal void AllowHolding(ApplicableLimits limits)
    {
        if (!_registry.Of(limits).AllMayHold)
        {
            _ = _registry.AllowHolding(limits);
        }
    }

    /// <summary>Takes a reservation back; a bucket that has already charged it gets the tokens back.</summary>
    internal void Cancel(in RateLimitRequest request, long id)
    {
        _clock.UpdateFromProvider();
        RegisteredLimits known = Aligned(request.Limits, _registry.Of(request.Limits));
        RegisteredLimit[] registered = known.Limits;
        ulong wall = AskWall(known.HaveCalendar);
        BucketItem* items = stackalloc BucketItem[ApplicableLimits.MaxCount];
        BucketSet** sets = stackalloc BucketSet*[ApplicableLimits.MaxCount];
        int count = Prepare(registered, request.Caller, items, sets);
        StoreInstant now = default;
        Enter(sets, count);
        try
        {
            now = ReadClock(wall);
            for (int i = 0; i < registered.Length; i++)
            {
                RegisteredLimit limit = registered[i];
                if (limit.Numbers.IsSlots)
                {
                    continue; // The call releases them when it ends.
                }

                if (_reservations.Find(items[i])?.Cancel(id, limit.Numbers.StartsWindows) ?? false)
                {
                    continue;
                }

                LoadLocked(limit, ref items[i], now);
                SettleLocked(limit, ref items[i], now);
                items[i].Next = Changed(limit, items[i], now, (ulong)request.Cost, isRefund: true);
                WriteLocked(limit, items, registered.Length, i, now);
            }
        }
        finally
        {
            Exit(sets, count, now.Ticks);
        }

        GC.KeepAlive(this);
    }

    private RateLimitDecision DecideAmongReserved(
        in RateLimitRequest request,
        RegisteredLimits known,
        Span<LimitState> states,
        Charging charging,
        ulong maxWaitTicks,
        out (ulong DelayTicks, long Id) reserved)
    {
        ReadOnlySpan<RateLimit> limits = request.Limits.Limits;
        RegisteredLimit[] registered = known.Limits;
        BucketItem* items = stackalloc BucketItem[ApplicableLimits.MaxCount];
        BucketSet** sets = stackalloc BucketSet*[ApplicableLimits.MaxCount];
        ReservedOfItems found = default;
        Span<ReservedCalls?> calls = found;
        int count = Prepare(registered, request.Caller, items, sets);
        ulong cost = (ulong)request.Cost;
        ulong wall = AskWall(known.HaveCalendar);
        ulong stamp = SetLock<TSteps>.Unchanged;
        reserved = default;
        Instant instant;
        Enter(sets, count);
        try
        {
            StoreInstant now = ReadClock(wall);
            for (int i = 0; i < limits.Length; i++)
            {
                items[i].IsCharged = false;
                LoadLocked(registered[i], ref items[i], now);
                calls[i] = _reservations.Find(items[i]);
            }

            instant = FindInstant(limits, registered, items, calls, now, cost, keepsTurn: charging == Charging.Later);
            bool isAdmitted = instant.Outcome != RateLimitOutcome.Unsatisfiable
                && instant.At != Timeline.Never
                && instant.At - now.Ticks <= maxWaitTicks
                && HaveFreeSlots(limits, registered, items);
            instant = isAdmitted ? instant with { Outcome = RateLimitOutcome.Allowed } : instant;
            AnswerPermissive(limits, registered, items, calls, now, isAdmitted ? instant.At : now.Ticks, cost);
            if (charging != Charging.Nothing)
            {
                NoteBucketsCreatedWithDebt(registered, items);
            }

            bool isCharged = charging != Charging.Nothing && isAdmitted && limits.Length != 0;
            if (isCharged)
            {
                stamp = now.Ticks;
            }
            else
            {
                LetReadLocked(sets, count);
            }

            if (isCharged && instant.At == now.Ticks)
            {
                ChargeLocked(limits, registered, items, calls, now, cost);
            }
            else if (isCharged)
            {
                reserved = (instant.At - now.Ticks, _reservations.NextId());
                ReserveLocked(limits, registered, items, calls, new ReservedCall(instant.At, cost, reserved.Id, false), instant);
            }

            for (int i = 0; i < limits.Length; i++)
            {
                if (!items[i].IsCharged)
                {
                    Look(registered[i], ref items[i], calls[i], now);
                }
            }
        }
        finally
        {
            Exit(sets, count, stamp);
        }

        GC.KeepAlive(this);
        return Describe(limits, registered, items, instant, states);
    }

    /// <summary>The first instant at which every enforced limit admits the call; and what each of them answers alone.</summary>
    private Instant FindInstant(
        ReadOnlySpan<RateLimit> limits,
        RegisteredLimit[] registered,
        BucketItem* items,
        ReadOnlySpan<ReservedCalls?> calls,
        in StoreInstant now,
        ulong cost,
        bool keepsTurn)
    {
        Instant instant = new(now, now.Ticks, BucketItem.Absent, RateLimitOutcome.Denied);
        for (int i = 0; i < limits.Length; i++)
        {
            if (limits[i].Mode != LimitMode.Enforce)
            {
                continue;
            }

            items[i].WaitTicks = 0;
            if (limits[i].CostOf(cost) > registered[i].Numbers.Capacity && !registered[i].Numbers.IsSlots)
            {
                items[i].Outcome = RateLimitOutcome.Unsatisfiable;
                instant = instant.Outcome == RateLimitOutcome.Unsatisfiable
                    ? instant
                    : instant with { Decider = i, Outcome = RateLimitOutcome.Unsatisfiable };
                continue;
            }

            ulong earliest = Earliest(registered[i], items[i], calls[i], now, now.Ticks, cost, keepsTurn);
            items[i].WaitTicks = Wait(earliest, now.Ticks);
            items[i].Outcome = earliest == now.Ticks ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied;
            if (earliest > instant.At && instant.Outcome != RateLimitOutcome.Unsatisfiable)
            {
                instant = instant with { At = earliest, Decider = i };
            }
        }

        return instant.Outcome == RateLimitOutcome.Unsatisfiable || instant.At == now.Ticks || limits.Length == 1
            ? instant
            : Settle(instant, limits, registered, items, calls, cost, keepsTurn);
    }

    /// <summary>
    /// Moves the instant on until every limit admits the call there: one with reservations may not, though it admits earlier.
    /// </summary>
    private Instant Settle(
        Instant instant,
        ReadOnlySpan<RateLimit> limits,
        RegisteredLimit[] registered,
        BucketItem* items,
        ReadOnlySpan<ReservedCalls?> calls,
        ulong cost,
        bool keepsTurn)
    {
        bool hasMoved = true;
        while (hasMoved && instant.At != Timeline.Never)
        {
            hasMoved = false;
            for (int i = 0; i < limits.Length; i++)
            {
                ulong earliest = limits[i].Mode != LimitMode.Enforce || registered[i].Numbers.IsSlots || instant.At == Timeline.Never
                    ? instant.At
                    : Earliest(registered[i], items[i], calls[i], instant.Now, instant.At, cost, keepsTurn);
                if (earliest > instant.At)
                {
                    instant = instant with { At = earliest, Decider = i };
                    hasMoved = true;
                }
            }
        }

        return instant;
    }

    /// <summary>Works out whether the permissive limits admit the call at the instant at which it is forwarded.</summary>
    private void AnswerPermissive(
        ReadOnlySpan<RateLimit> limits,
        RegisteredLimit[] registered,
        BucketItem* items,
        ReadOnlySpan<ReservedCalls?> calls,
        in StoreInstant now,
        ulong at,
        ulong cost)
    {
        for (int i = 0; i < limits.Length; i++)
        {
            if (limits[i].Mode == LimitMode.Enforce)
            {
                continue;
            }

            bool canAdmit = limits[i].CostOf(cost) <= registered[i].Numbers.Capacity || registered[i].Numbers.IsSlots;
            items[i].WaitTicks = canAdmit ? Wait(Earliest(registered[i], items[i], calls[i], now, at, cost, keepsTurn: false), at) : 0;
            items[i].Outcome = !canAdmit ? RateLimitOutcome.Unsatisfiable
                : items[i].WaitTicks == 0 ? RateLimitOutcome.Allowed
                : RateLimitOutcome.Denied;
        }
    }

    /// <summary>The first instant, from an instant on, at which a limit admits the call; by the monotonic clock.</summary>
    private ulong Earliest(
        RegisteredLimit limit, in BucketItem item, ReservedCalls? calls, in StoreInstant now, ulong from, ulong cost, bool keepsTurn)
    {
        if (limit.Numbers.IsSlots)
        {
            return Slots.Admits(limit.Numbers, item.State, out _, out ulong wait) ? from : from + wait; // No call is held for a slot.
        }

        Timeline timeline = TimelineOf(limit, item, AllOf(calls), now);
        ulong earliest = now.FromClockOf(limit.Numbers, timeline.Earliest(now.ToClockOf(limit.Numbers, from), cost), from);
        return earliest > from && keepsTurn && calls?.Turn is ulong turn && turn > earliest
            ? now.FromClockOf(limit.Numbers, timeline.Earliest(now.ToClockOf(limit.Numbers, turn), cost), turn)
            : earliest;
    }

    private static bool HaveFreeSlots(ReadOnlySpan<RateLimit> limits, RegisteredLimit[] registered, BucketItem* items)
    {
        for (int i = 0; i < limits.Length; i++)
        {
            if (registered[i].Numbers.IsSlots && limits[i].Mode == LimitMode.Enforce && items[i].Outcome != RateLimitOutcome.Allowed)
            {
                return false;
            }
        }

        return true;
    }

    private static ulong Wait(ulong at, ulong now) => Math.Min(at - now, long.MaxValue);

    /// <summary>The timeline of a bucket, by the clock that its limit follows.</summary>
    private Timeline TimelineOf(RegisteredLimit limit, in BucketItem item, ReadOnlySpan<ReservedCall> calls, in StoreInstant now)
    {
        ReadOnlySpan<ReservedCall> all = calls;
        if (limit.Numbers.Edges is not null && !calls.IsEmpty)
        {
            ReservedCall[] byCalendar = calls.ToArray();
            ulong last = 0;
            foreach (ref ReservedCall call in byCalendar.AsSpan())
            {
                last = Math.Max(last, call.CalendarAt); // In order, though the clocks do not run exactly alike.
                call = call with { At = last };
            }

            all = byCalendar;
        }

        return limit.Numbers.Algorithm == RateLimitAlgorithm.SlidingWindow
            ? new Timeline(ViewOf(limit, item, now), all)
            : new Timeline(limit.Numbers, item.State, all);
    }

    private static ReadOnlySpan<ReservedCall> AllOf(ReservedCalls? calls) => calls is null ? default : calls.All;

    /// <summary>What a decision found.</summary>
    /// <param name="Now">The instant of the decision.</param>
    /// <param name="At">The first instant at which every enforced limit admits the call, or <see cref="Timeline.Never"/>.</param>
    /// <param name="Decider">The limit that decided that instant, or that never admits the call; or a number below zero.</param>
    /// <param name="Outcome">Whether the call is admitted, for that instant.</param>
    private readonly record struct Instant(StoreInstant Now, ulong At, int Decider, RateLimitOutcome Outcome)
    {
        internal bool IsAdmitted => Outcome == RateLimitOutcome.Allowed;
    }
}
