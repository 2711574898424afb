namespace Sluice;

/// <content>The decision: what every limit answers at one instant, and what all of them answer together.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>Decides without a lock, on states that did not change around the instant; none of them may be a log.</summary>
    /// <returns>Whether that was so, and the states could be read in this way.</returns>
    private bool TryDecide(
        ReadOnlySpan<RateLimit> limits, RegisteredLimit[] registered, BucketItem* items, BucketSet** sets, int count, ulong cost, ulong wall, out Verdict verdict)
    {
        verdict = default;
        long* versions = stackalloc long[ApplicableLimits.MaxCount];
        for (int i = 0; i < count; i++)
        {
            TSteps.Reach(CommitStep.Locking);
            versions[i] = Volatile.Read(ref sets[i]->Version);
            if ((versions[i] & 1) != 0)
            {
                return false;
            }
        }

        if (!LetRead(sets, count))
        {
            return false;
        }

        StoreInstant now = ReadClock(wall);
        for (int i = 0; i < limits.Length; i++)
        {
            if (!TryRead(registered[i], ref items[i]))
            {
                return false;
            }
        }

        TSteps.Reach(CommitStep.Validating);
        for (int i = 0; i < count; i++)
        {
            if (SetLock<TSteps>.VersionAfter(sets[i], now.Ticks) != versions[i])
            {
                return false;
            }
        }

        // Only now is it known that the states are whole, so that nothing can be worked out from halves.
        for (int i = 0; i < limits.Length; i++)
        {
            RegisteredLimit limit = registered[i];
            ConvertState(limit, ref items[i], now);
            Answer(limit, ref items[i], now, limits[i].CostOf(cost));
        }

        verdict = Judge(limits, items, now);
        return true;
    }

    private Verdict DecideLocked(ReadOnlySpan<RateLimit> limits, RegisteredLimit[] registered, BucketItem* items, ulong cost, ulong wall)
    {
        StoreInstant now = ReadClock(wall);
        for (int i = 0; i < limits.Length; i++)
        {
            RegisteredLimit limit = registered[i];
            LoadLocked(limit, ref items[i], now);
            Answer(limit, ref items[i], now, limits[i].CostOf(cost));
        }

        return Judge(limits, items, now);
    }

    /// <summary>Copies what may be half of one state and half of another.</summary>
    private static bool TryRead(RegisteredLimit limit, ref BucketItem item)
    {
        TSteps.Reach(CommitStep.Copying);
        item.Place = BucketTable<TSteps>.Find(item);
        if (item.Place == BucketItem.Absent)
        {
            item.State = default;
            item.Version = limit.Version;
            return !BucketTable<TSteps>.HasFolds(item.Set) && item.Set->SpilledSlots == 0;
        }

        BucketEntry entry = *BucketSet.At(item.Set, item.Place);
        item.State = entry.State;
        item.Version = entry.Version;
        return true;
    }

    private void LoadLocked(RegisteredLimit limit, ref BucketItem item, in StoreInstant now)
    {
        item.Place = BucketTable<TSteps>.Find(item);
        if (item.Place == BucketItem.Absent)
        {
            item.Version = limit.Version;
            item.State = limit.Numbers.IsSlots ? _table.Spilled(item) : _table.Arriving(item.Set, limit, now);
            return;
        }

        BucketEntry* entry = BucketSet.At(item.Set, item.Place);
        item.State = entry->State;
        item.Version = entry->Version;
        ConvertState(limit, ref item, now);
    }

    /// <summary>Turns a state that was written under other numbers into one under these; a sliding log is turned as it is read.</summary>
    private static void ConvertState(RegisteredLimit limit, ref BucketItem item, in StoreInstant now)
    {
        if (item.Version == limit.Version)
        {
            return;
        }

        LimitNumbers written = limit.Bucket.Versions[item.Version].Numbers;
        if (limit.Numbers.Algorithm == RateLimitAlgorithm.SlidingWindow && written.Algorithm == limit.Numbers.Algorithm)
        {
            return;
        }

        item.State = BucketRules.Convert(written, limit.Numbers, item.State, now.For(limit.Numbers));
        item.Version = limit.Version;
    }

    private void Answer(RegisteredLimit limit, ref BucketItem item, in StoreInstant now, ulong cost)
    {
        LimitNumbers numbers = limit.Numbers;
        item.IsCharged = false;
        item.WaitTicks = 0;
        bool isLog = numbers.Algorithm == RateLimitAlgorithm.SlidingWindow;
        if (isLog)
        {
            item.TokensLeft = SlidingWindow.Remaining(ViewOf(limit, item, now));
        }

        if (cost > numbers.Capacity && !numbers.IsSlots)
        {
            item.Outcome = RateLimitOutcome.Unsatisfiable;
            return;
        }

        bool admits = isLog
            ? SlidingWindow.Admits(ViewOf(limit, item, now), cost, out item.WaitTicks)
            : BucketRules.Admits(numbers, item.State, now.For(numbers), cost, out item.Next, out item.WaitTicks);
        item.WaitTicks = now.Wait(numbers, item.WaitTicks);
        item.Outcome = admits ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied;
    }

    private LogView ViewOf(RegisteredLimit limit, in BucketItem item, in StoreInstant now) =>
        new(_registry.Logs, limit.Bucket.Versions[item.Version].Numbers, limit.Numbers, item.State, now.Ticks);

    /// <summary>The first enforced limit that never admits; else the one with the longest wait; else all admit.</summary>
    private static Verdict Judge(ReadOnlySpan<RateLimit> limits, BucketItem* items, in StoreInstant now)
    {
        int decider = BucketItem.Absent;
        for (int i = 0; i < limits.Length; i++)
        {
            if (items[i].Outcome == RateLimitOutcome.Allowed || limits[i].Mode != LimitMode.Enforce)
            {
                continue;
            }

            if (items[i].Outcome == RateLimitOutcome.Unsatisfiable)
            {
                return new Verdict(RateLimitOutcome.Unsatisfiable, i, now);
            }

            if (decider < 0 || items[i].WaitTicks > items[decider].WaitTicks)
            {
                decider = i;
            }
        }

        return new Verdict(decider < 0 ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied, decider, now);
    }
}
