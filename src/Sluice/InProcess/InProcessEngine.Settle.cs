namespace Sluice;

/// <content>Writing a decision among reservations, and charging those whose instant has come.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>Charges the call now, and the reservations whose instant has come before it.</summary>
    private void ChargeLocked(
        ReadOnlySpan<RateLimit> limits,
        RegisteredLimit[] registered,
        BucketItem* items,
        ReadOnlySpan<ReservedCalls?> calls,
        in StoreInstant now,
        ulong cost)
    {
        for (int i = 0; i < limits.Length; i++)
        {
            RegisteredLimit limit = registered[i];
            if (limit.Numbers.IsSlots)
            {
                TakeSlotLocked(limit, items, limits.Length, i, now);
                continue;
            }

            if (items[i].Outcome != RateLimitOutcome.Allowed)
            {
                continue; // A permissive limit without the tokens.
            }

            SettleLocked(limit, ref items[i], now);
            items[i].Next = Changed(limit, items[i], now, cost, isRefund: false);
            items[i].State = items[i].Next;
            items[i].Version = limit.Version;
            items[i].IsCharged = true;
            Look(limit, ref items[i], calls[i], now); // Before the write, which may make the bucket a part of a fold.
            WriteLocked(limit, items, limits.Length, i, now);
        }
    }

    private void ReserveLocked(
        ReadOnlySpan<RateLimit> limits,
        RegisteredLimit[] registered,
        BucketItem* items,
        Span<ReservedCalls?> calls,
        in ReservedCall call,
        in Instant instant)
    {
        for (int i = 0; i < limits.Length; i++)
        {
            if (registered[i].Numbers.IsSlots)
            {
                TakeSlotLocked(registered[i], items, limits.Length, i, instant.Now); // Held together with the call.
                continue;
            }

            if (items[i].Outcome == RateLimitOutcome.Allowed || limits[i].Mode == LimitMode.Enforce)
            {
                calls[i] ??= _reservations.FindOrAdd(items[i], registered[i]);
                calls[i]!.Add(call with
                {
                    IsDecider = i == instant.Decider,
                    CalendarAt = instant.Now.ToClockOf(registered[i].Numbers, call.At),
                });
            }
        }
    }

    private void TakeSlotLocked(RegisteredLimit limit, BucketItem* items, int count, int index, in StoreInstant now)
    {
        _ = Slots.Admits(limit.Numbers, items[index].State, out items[index].Next, out _);
        items[index].IsCharged = true;
        items[index].TokensLeft = Slots.Remaining(limit.Numbers, items[index].Next);
        items[index].ResetTicks = 0;
        WriteLocked(limit, items, count, index, now);
    }

    /// <summary>Charges the reservations of a bucket whose instant has come to its loaded state, which the caller then writes.</summary>
    private void SettleLocked(RegisteredLimit limit, ref BucketItem item, in StoreInstant now)
    {
        if (!limit.Bucket.MayHold || _reservations.Find(item) is not ReservedCalls calls)
        {
            return;
        }

        if (limit.Numbers.Algorithm != RateLimitAlgorithm.SlidingWindow)
        {
            item.State = TimelineOf(limit, item, calls.All[..calls.CountDue(now.Ticks)], now).StateAt(ulong.MaxValue);
        }
        else
        {
            foreach (ref readonly ReservedCall call in calls.All[..calls.CountDue(now.Ticks)])
            {
                StoreInstant at = now with { Ticks = Timeline.ChargedAt(limit.Numbers, item.State, call) };
                item.State = SlidingWindow.Charge(ViewOf(limit, item, at), call.Cost);
                item.Version = limit.Version;
            }
        }

        calls.RemoveDue(now.Ticks);
    }

    /// <summary>Reads what is left in a bucket after the decision.</summary>
    private void Look(RegisteredLimit limit, ref BucketItem item, ReservedCalls? calls, in StoreInstant now)
    {
        if (limit.Numbers.IsSlots)
        {
            item.TokensLeft = Slots.Remaining(limit.Numbers, item.State);
            item.ResetTicks = 0;
            return;
        }

        Timeline timeline = TimelineOf(limit, item, AllOf(calls), now);
        item.TokensLeft = timeline.Remaining(now.For(limit.Numbers));
        item.ResetTicks = now.Wait(limit.Numbers, timeline.ResetAfter(now.For(limit.Numbers)));
    }

    private static RateLimitDecision Describe(
        ReadOnlySpan<RateLimit> limits, RegisteredLimit[] registered, BucketItem* items, in Instant instant, Span<LimitState> states)
    {
        int fewest = int.MaxValue;
        for (int i = 0; i < limits.Length; i++)
        {
            bool isEnforced = limits[i].Mode == LimitMode.Enforce;
            items[i].TokensLeft = limits[i].AdmitsNothing ? 0 : items[i].TokensLeft;
            if (isEnforced && instant.IsAdmitted)
            {
                (items[i].Outcome, items[i].WaitTicks) = (RateLimitOutcome.Allowed, 0);
                fewest = registered[i].Numbers.IsSlots ? fewest : Math.Min(fewest, items[i].TokensLeft);
            }

            if (!states.IsEmpty)
            {
                states[i] = new LimitState
                {
                    Outcome = items[i].Outcome,
                    Remaining = items[i].TokensLeft,
                    RetryAfter = Wait(items[i]),
                    ResetAfter = Span(items[i].ResetTicks),
                };
            }
        }

        return instant.IsAdmitted
            ? new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = fewest }
            : new RateLimitDecision
            {
                Outcome = instant.Outcome,
                Limit = limits[instant.Decider],
                Remaining = items[instant.Decider].TokensLeft,
                Running = registered[instant.Decider].Numbers.IsSlots ? RunningCalls(items[instant.Decider]) : 0,
                RetryAfter = instant.Outcome == RateLimitOutcome.Unsatisfiable
                    ? Timeout.InfiniteTimeSpan
                    : Span(Wait(instant.At, instant.Now.Ticks)),
                ResetsAtTicks = instant.Outcome == RateLimitOutcome.Denied && registered[instant.Decider].Numbers is { Edges: StoreEdges edges } numbers
                    ? edges.ToUtc(instant.Now.ToClockOf(numbers, instant.At))
                    : 0,
            };
    }

    /// <summary>Removes entries whose reservations have all ended, and charges those to their buckets.</summary>
    private void Sweep(int entries)
    {
        for (int i = 0; i < entries && _reservations.TryTakeOldest(out ReservationTable.Aging entry); i++)
        {
            if (entry.Calls.LastAt > _clock.NowTicks<TSteps>() || !TryRemove(entry))
            {
                _reservations.PutBack(entry);
            }
        }
    }

    private bool TryRemove(in ReservationTable.Aging entry)
    {
        BucketItem item = new()
        {
            Set = (BucketSet*)entry.Id.Set,
            Lock = entry.Limit.Bucket.Shared is null ? (BucketSet*)entry.Id.Set : entry.Limit.Bucket.SharedLock,
            Key = entry.Id.Key,
            Name = entry.Id.Name << BucketEntry.VersionBits,
            Tag = entry.Tag,
            Home = entry.Limit.Bucket.Shared is null ? BucketSet.Home(entry.Id.Key, entry.Limit.Bucket.Ordinal) : 0,
        };
        ulong wall = AskWall(entry.Limit.Numbers.Edges is not null);
        StoreInstant now = default;
        SetLock<TSteps>.Enter(item.Lock);
        try
        {
            now = ReadClock(wall);
            if (entry.Calls.LastAt > now.Ticks)
            {
                return false;
            }

            int place = BucketTable<TSteps>.Find(item);
            RegisteredLimit limit = place == BucketItem.Absent
                ? entry.Limit
                : entry.Limit.Bucket.Versions[BucketSet.At(item.Set, place)->Version];
            item.Name |= (uint)limit.Version;
            if (!entry.Calls.All.IsEmpty)
            {
                LoadLocked(limit, ref item, now);
                SettleLocked(limit, ref item, now);
                item.Next = item.State;
                WriteLocked(limit, &item, 1, 0, now);
            }

            _reservations.Remove(item);
            return true;
        }
        finally
        {
            SetLock<TSteps>.Exit(item.Lock, now.Ticks);
        }
    }
}
