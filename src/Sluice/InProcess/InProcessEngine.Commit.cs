namespace Sluice;

/// <content>Writing a decision, and reporting it.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    private void CommitLocked(RegisteredLimit[] registered, BucketItem* items, in StoreInstant now, ulong cost)
    {
        for (int i = 0; i < registered.Length; i++)
        {
            RegisteredLimit limit = registered[i];
            if (items[i].Outcome != RateLimitOutcome.Allowed && !limit.Numbers.IsSlots)
            {
                continue; // A permissive limit without the tokens.
            }

            items[i].IsCharged = true;
            if (limit.Numbers.Algorithm == RateLimitAlgorithm.SlidingWindow)
            {
                items[i].Next = SlidingWindow.Charge(ViewOf(limit, items[i], now), cost);
                items[i].TokensLeft -= (int)cost;
            }

            WriteLocked(limit, items, registered.Length, i, now);
        }
    }

    /// <summary>Writes an item's next state, or forgets the bucket if that is new.</summary>
    private void WriteLocked(RegisteredLimit limit, BucketItem* items, int count, int index, in StoreInstant now)
    {
        TSteps.Reach(CommitStep.Writing);
        ref BucketItem item = ref items[index];
        if (item.Place == BucketItem.Absent)
        {
            if (item.Next.IsNew && item.State.IsNew)
            {
                return; // New it was, and new it stays.
            }

            item.Place = limit.Bucket.Shared is null
                ? InsertLocked(limit, items, count, index, now)
                : BucketTable<TSteps>.InsertShared(item);
            if (item.Place == BucketItem.Absent)
            {
                return;
            }
        }

        BucketEntry* entry = BucketSet.At(item.Set, item.Place);
        if (entry->Version != limit.Version && limit.Numbers.Algorithm != RateLimitAlgorithm.SlidingWindow)
        {
            _table.ForgetLog(entry); // If it has one, it is from when the limit had another algorithm.
        }

        // A bucket with a place in the set does not inherit the debt of the folds, so a full bucket keeps its place.
        entry->Name = item.Name;
        entry->State = item.Next;
        if (item.Next.IsNew && limit.Bucket.Shared is null && !BucketTable<TSteps>.HasFolds(item.Set))
        {
            _table.Remove(item.Set, item.Place);
            item.Place = BucketItem.Absent;
        }
    }

    private int InsertLocked(RegisteredLimit limit, BucketItem* items, int count, int index, in StoreInstant now)
    {
        ref BucketItem item = ref items[index];
        int pinned = PinnedPlaces(new ReadOnlySpan<BucketItem>(items, count), item.Set);
        if (limit.Numbers.IsSlots)
        {
            return _table.InsertSlots(item, pinned, now);
        }

        int place = _table.Insert(item, pinned, now);
        if (place != BucketItem.NoRoom)
        {
            return place;
        }

        // Most places of the set are this call's own, so one of those is evicted: its debt stays in a fold. A log that is still to be
        // charged stays.
        place = _table.Insert(item, PinnedLogs(items, index + 1, count, item.Set), now);
        for (int i = 0; i < count; i++)
        {
            if (items[i].Set == item.Set && i != index)
            {
                items[i].Place = BucketTable<TSteps>.Find(items[i]);
            }
        }

        return place == BucketItem.NoRoom
            ? throw new InvalidOperationException("A set of buckets has no room, although a call has fewer sliding windows than it has places.")
            : place;
    }

    private int PinnedLogs(BucketItem* items, int from, int count, BucketSet* set)
    {
        int pinned = 0;
        for (int i = from; i < count; i++)
        {
            if (items[i].Set == set && items[i].Place != BucketItem.Absent
                && _registry.WrittenUnder(BucketSet.At(set, items[i].Place)).Algorithm == RateLimitAlgorithm.SlidingWindow)
            {
                pinned |= 1 << items[i].Place;
            }
        }

        return pinned;
    }

    private static int PinnedPlaces(ReadOnlySpan<BucketItem> items, BucketSet* set)
    {
        int pinned = 0;
        foreach (ref readonly BucketItem item in items)
        {
            if (item.Set == set && item.Place != BucketItem.Absent)
            {
                pinned |= 1 << item.Place;
            }
        }

        return pinned;
    }

    private RateLimitDecision Describe(
        ReadOnlySpan<RateLimit> limits, RegisteredLimit[] registered, BucketItem* items, in Verdict verdict, Span<LimitState> states)
    {
        int fewest = int.MaxValue;
        for (int i = 0; i < limits.Length; i++)
        {
            bool isCounted = verdict.Decider >= 0
                ? i == verdict.Decider
                : limits[i].Mode == LimitMode.Enforce && !registered[i].Numbers.IsSlots;
            if (states.IsEmpty && !isCounted)
            {
                continue;
            }

            LimitNumbers numbers = registered[i].Numbers;
            int remaining = Remaining(numbers, items[i], verdict.Now, out ulong resetTicks);
            remaining = limits[i].AdmitsNothing ? 0 : remaining;
            if (isCounted)
            {
                fewest = Math.Min(fewest, remaining);
            }

            if (!states.IsEmpty)
            {
                states[i] = new LimitState
                {
                    Outcome = items[i].Outcome,
                    Remaining = remaining,
                    RetryAfter = Wait(items[i]),
                    ResetAfter = Span(resetTicks),
                };
            }
        }

        return new RateLimitDecision
        {
            Outcome = verdict.Outcome,
            Limit = verdict.Decider < 0 ? null : limits[verdict.Decider],
            Remaining = fewest,
            Running = verdict.Decider >= 0 && registered[verdict.Decider].Numbers.IsSlots ? RunningCalls(items[verdict.Decider]) : 0,
            RetryAfter = verdict.Decider < 0 ? TimeSpan.Zero : Wait(items[verdict.Decider]),
            ResetsAtTicks = verdict.Outcome == RateLimitOutcome.Denied
                ? registered[verdict.Decider].Numbers.Edges?.ToUtc(items[verdict.Decider].State.Time) ?? 0
                : 0,
        };
    }

    private static int Remaining(LimitNumbers numbers, in BucketItem item, in StoreInstant instant, out ulong resetTicks)
    {
        ulong now = instant.For(numbers);
        if (numbers.Algorithm == RateLimitAlgorithm.SlidingWindow)
        {
            // A log of which nothing counts is new, though numbers that hold no longer may have emptied it.
            bool isNew = (ulong)item.TokensLeft == numbers.MaxTokens;
            resetTicks = item.IsCharged ? numbers.PeriodTicks : isNew ? 0 : BucketRules.ResetAfter(numbers, item.State, now);
            return item.TokensLeft;
        }

        BucketState state = item.IsCharged ? item.Next : item.State;
        resetTicks = instant.Wait(numbers, BucketRules.ResetAfter(numbers, state, now));
        return BucketRules.Remaining(numbers, state, now);
    }

    private static int RunningCalls(in BucketItem item) => (int)Math.Min(item.State.Word, int.MaxValue);

    private static TimeSpan Wait(in BucketItem item) =>
        item.Outcome == RateLimitOutcome.Unsatisfiable ? Timeout.InfiniteTimeSpan : Span(item.WaitTicks);

    // The algorithms cut waits off at the longest TimeSpan.
    private static TimeSpan Span(ulong ticks) => TimeSpan.FromTicks((long)ticks);
}
