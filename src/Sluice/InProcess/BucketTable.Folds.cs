using System.Numerics;

namespace Sluice;

/// <content>Eviction from a full table, and the debt that an evicted bucket leaves.</content>
internal sealed unsafe partial class BucketTable<TSteps>
{
    /// <summary>
    /// How many other sets an arrival looks at for a bucket that is full again, before it evicts a bucket with debt from its own set.
    /// </summary>
    private const int NearbySets = 4;
    private const int AllSets = int.MaxValue;
    private const int OccupiedPlaces = (1 << BucketSet.Places) - 1;

    /// <summary>The name of a fold of several limits: <see cref="BucketEntry.Time"/> is when the last of them is new again,
    /// <see cref="BucketEntry.Word"/> the same of those whose debt is larger than the bucket.</summary>
    private const ulong AnyLimit = ((1UL << BucketEntry.BucketBits) - 1) << BucketEntry.VersionBits;
    private const ulong LimitMask = (1UL << (BucketEntry.BucketBits + BucketEntry.VersionBits)) - 1;
    private ulong _hand;

    /// <summary>Whether a set has a fold.</summary>
    internal static bool HasFolds(BucketSet* set) => BucketSet.PlacesOf(set, BucketSet.FoldTag) != 0;

    /// <summary>The state with which a bucket starts that is not in the table: the debt of the folds of its set.</summary>
    internal BucketState Arriving(BucketSet* set, RegisteredLimit limit, in StoreInstant now)
    {
        BucketState arriving = default;
        ulong instant = now.For(limit.Numbers);
        for (int folds = BucketSet.PlacesOf(set, BucketSet.FoldTag); folds != 0; folds &= folds - 1)
        {
            BucketEntry* fold = BucketSet.At(set, BitOperations.TrailingZeroCount(folds));
            if (ResetAt(fold) > instant && Owed(fold, limit, now) is { IsNew: false } owed)
            {
                arriving = BucketRules.Merge(limit.Numbers, arriving, owed, instant);
            }
        }

        return arriving;
    }

    /// <summary>The largest debt of a bucket of a limit, if it went into a fold.</summary>
    private BucketState Owed(BucketEntry* fold, RegisteredLimit limit, in StoreInstant now)
    {
        if (IsOfAnyLimit(fold))
        {
            // Tokens that were used under old numbers may take longer to come back under the new ones than the fold says.
            ulong until = limit.Bucket.Versions.Length > 1 ? ulong.MaxValue : fold->Time;
            return BucketRules.MostUsedState(limit.Numbers, until, fold->Word, now.For(limit.Numbers));
        }

        if (!BucketEntry.SameBucket(fold->Name & LimitMask, limit.Name))
        {
            return default;
        }

        LimitNumbers written = _registry.WrittenUnder(fold);
        if (ReferenceEquals(written, limit.Numbers))
        {
            return fold->State;
        }

        return written.Algorithm == RateLimitAlgorithm.SlidingWindow && limit.Numbers.Algorithm == written.Algorithm
            ? SlidingWindow.Fold(new LogView(_registry.Logs, written, limit.Numbers, fold->State, now.Ticks))
            : BucketRules.Convert(written, limit.Numbers, fold->State, now.For(limit.Numbers));
    }

    /// <summary>Drops a bucket that is indistinguishable from a new one.</summary>
    /// <returns>Its place, or a number below zero.</returns>
    private int ReleaseExpired(BucketSet* set, int pinned, in StoreInstant now)
    {
        for (int places = Candidates(set, pinned); places != 0; places &= places - 1)
        {
            int place = BitOperations.TrailingZeroCount(places);
            BucketEntry* entry = BucketSet.At(set, place);
            if (IsNewAgain(entry, now))
            {
                Release(set, place);
                return place;
            }
        }

        return BucketItem.Absent;
    }

    /// <summary>Merges two entries that have debt into one, so that no caller gains: the two with the smallest debt.</summary>
    /// <returns>The place that got free, or a number below zero where there are not two.</returns>
    private int ReleaseByFolding(BucketSet* set, int pinned, in StoreInstant now)
    {
        int candidates = Candidates(set, pinned) & ~RunningPlaces(set);
        int keys = candidates & ~BucketSet.PlacesOf(set, BucketSet.FoldTag);
        int victim = Soonest(set, keys != 0 ? keys : candidates);
        if (victim < 0)
        {
            return BucketItem.Absent;
        }

        int target = FoldTarget(set, candidates & ~(1 << victim), BucketSet.At(set, victim)->Name);
        if (target < 0)
        {
            return BucketItem.Absent;
        }

        Interlocked.Increment(ref _evictionsWithDebt);
        Fold(BucketSet.At(set, target), BucketSet.At(set, victim), now);
        BucketSet.SetTag(set, target, BucketSet.FoldTag);
        BucketSet.SetTag(set, victim, BucketSet.EmptyTag);
        return victim;
    }

    /// <summary>Merges an item's next state into a bucket of its set, which becomes a fold, so that no caller gains.</summary>
    /// <returns>Whether there is such a bucket. A bucket that is new again needs a place: only there it ignores the folds.</returns>
    private bool TryFoldInto(in BucketItem item, int pinned, in StoreInstant now)
    {
        if (item.Next.IsNew)
        {
            return false;
        }

        int target = FoldTarget(item.Set, Candidates(item.Set, pinned) & ~RunningPlaces(item.Set), item.Name);
        if (target < 0)
        {
            return false;
        }

        Interlocked.Increment(ref _evictionsWithDebt);
        BucketEntry newcomer = new() { Key = item.Key, Name = item.Name, State = item.Next };
        Fold(BucketSet.At(item.Set, target), &newcomer, now);
        BucketSet.SetTag(item.Set, target, BucketSet.FoldTag);
        return true;
    }

    /// <summary>
    /// The place that takes over the debt of a bucket: best a fold of its limit, then a bucket of it, then a fold of any.
    /// </summary>
    private int FoldTarget(BucketSet* set, int places, ulong name)
    {
        int folds = places & BucketSet.PlacesOf(set, BucketSet.FoldTag);
        int alike = Alike(set, places, name);
        int anyLimit = Alike(set, folds, AnyLimit);
        return (alike & folds) != 0 ? Soonest(set, alike & folds)
            : alike != 0 ? Soonest(set, alike)
            : anyLimit != 0 ? Soonest(set, anyLimit)
            : Soonest(set, places);
    }

    /// <summary>Empties a place of another set, whose lock may not be waited for, since others are held.</summary>
    private bool ReleaseElsewhere(in StoreInstant now, bool mayFold, int tries)
    {
        ulong sets = Math.Min((ulong)tries, _sets);
        ulong hand = Interlocked.Add(ref _hand, sets);
        for (ulong i = 0; i < sets; i++)
        {
            BucketSet* set = (BucketSet*)_memory.Start + ((hand + i) % _sets);
            if (!SetLock<TSteps>.TryEnter(set))
            {
                continue;
            }

            int released = ReleaseExpired(set, 0, now);
            if (released < 0 && mayFold)
            {
                released = ReleaseByFolding(set, 0, now);
            }

            SetLock<TSteps>.Exit(set, released >= 0 ? now.Ticks : SetLock<TSteps>.Unchanged);
            if (released >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private void Fold(BucketEntry* target, BucketEntry* victim, in StoreInstant now)
    {
        BucketState left = Folded(target, now);
        BucketState right = Folded(victim, now);
        if (((target->Name ^ victim->Name) & LimitMask) == 0 && !IsOfAnyLimit(target))
        {
            LimitNumbers written = _registry.WrittenUnder(target);
            target->State = BucketRules.Merge(written, left, right, now.For(written));
        }
        else
        {
            (ulong leftUntil, ulong leftOverdrawn) = Extent(target, left, now);
            (ulong rightUntil, ulong rightOverdrawn) = Extent(victim, right, now);
            target->State = new BucketState(Math.Max(leftUntil, rightUntil), Math.Max(leftOverdrawn, rightOverdrawn));
            target->Name = AnyLimit;
        }

        target->Key = 0;
        target->Name &= LimitMask;
    }

    /// <summary>The state of an entry, a sliding log reduced to one entry of its own.</summary>
    private BucketState Folded(BucketEntry* entry, in StoreInstant now)
    {
        if (IsOfAnyLimit(entry))
        {
            return entry->State;
        }

        LimitNumbers written = _registry.WrittenUnder(entry);
        return written.Algorithm == RateLimitAlgorithm.SlidingWindow
            ? SlidingWindow.Fold(new LogView(_registry.Logs, written, written, entry->State, now.Ticks))
            : entry->State;
    }

    private (ulong Until, ulong OverdrawnUntil) Extent(BucketEntry* entry, BucketState state, in StoreInstant now)
    {
        if (IsOfAnyLimit(entry))
        {
            return (state.Time, state.Word);
        }

        LimitNumbers written = _registry.WrittenUnder(entry);
        ulong until = BucketRules.ResetAt(written, state);
        return (until, BucketRules.IsOverdrawn(written, state, now.For(written)) ? until : 0);
    }

    private void Release(BucketSet* set, int place)
    {
        if (!IsOfAnyLimit(BucketSet.At(set, place)))
        {
            ForgetLog(BucketSet.At(set, place));
        }

        BucketSet.SetTag(set, place, BucketSet.EmptyTag);
    }

    private int Soonest(BucketSet* set, int places)
    {
        int soonest = BucketItem.Absent;
        ulong least = ulong.MaxValue;
        for (; places != 0; places &= places - 1)
        {
            int place = BitOperations.TrailingZeroCount(places);
            ulong reset = ResetAt(BucketSet.At(set, place));
            if (soonest < 0 || reset < least)
            {
                (soonest, least) = (place, reset);
            }
        }

        return soonest;
    }

    /// <summary>Whether an entry has no debt left. A fold of any limit mixes instants of both clocks, so both must have passed.</summary>
    private bool IsNewAgain(BucketEntry* entry, in StoreInstant now) => IsOfAnyLimit(entry)
        ? now.HasPassed(entry->Time)
        : ResetAt(entry) <= now.For(_registry.WrittenUnder(entry));

    private ulong ResetAt(BucketEntry* entry) =>
        IsOfAnyLimit(entry) ? entry->Time : BucketRules.ResetAt(_registry.WrittenUnder(entry), entry->State);

    private static int Alike(BucketSet* set, int places, ulong name)
    {
        int alike = 0;
        for (; places != 0; places &= places - 1)
        {
            int place = BitOperations.TrailingZeroCount(places);
            if (((BucketSet.At(set, place)->Name ^ name) & LimitMask) == 0)
            {
                alike |= 1 << place;
            }
        }

        return alike;
    }

    private static int Candidates(BucketSet* set, int pinned) =>
        OccupiedPlaces & ~pinned & ~BucketSet.PlacesOf(set, BucketSet.EmptyTag);

    private static bool IsOfAnyLimit(BucketEntry* entry) => (entry->Name & LimitMask) == AnyLimit;
}
