using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>The buckets of all callers in flat memory: sets of places, found by fingerprint, never moved, never swept.</summary>
/// <remarks>
/// <para>A bucket may lie in one set only, so the holder of that set's lock knows whether it exists.</para>
/// <para>Thread safety: a member that takes a set needs the set's lock.</para>
/// </remarks>
/// <typeparam name="TSteps">Told of the steps.</typeparam>
internal sealed unsafe partial class BucketTable<TSteps>
    where TSteps : struct, ICommitSteps
{
    /// <summary>Keys for each set of 15 places when the table is as full as it may be: 57 bytes a key, and rarely a full set.</summary>
    private const int KeysPerSet = 9;

    private readonly FlatMemory _memory;
    private readonly LimitRegistry _registry;
    private readonly ulong _sets;
    private readonly long _maxKeys;
    private long _count;
    private long _evictionsWithDebt;
    private long _bucketsCreatedWithDebt;

    /// <param name="maxKeys">The most buckets.</param>
    /// <param name="registry">Knows the limits whose buckets lie here.</param>
    internal BucketTable(int maxKeys, LimitRegistry registry)
    {
        _maxKeys = maxKeys;
        _registry = registry;
        _sets = ((ulong)maxKeys + KeysPerSet - 1) / KeysPerSet;
        _memory = new FlatMemory((nuint)_sets * BucketSet.SizeInBytes);
    }

    /// <summary>Places in use, folds among them.</summary>
    internal long Count => Volatile.Read(ref _count);

    /// <summary>Buckets that were evicted with debt, which is kept in a fold.</summary>
    internal long EvictionsWithDebt => Volatile.Read(ref _evictionsWithDebt);

    /// <summary>Decisions about a bucket that was not in the table and started with the debt of a fold.</summary>
    internal long BucketsCreatedWithDebt => Volatile.Read(ref _bucketsCreatedWithDebt);

    /// <summary>The first set; the others follow it.</summary>
    internal BucketSet* First => (BucketSet*)_memory.Start;

    /// <summary>How many sets there are.</summary>
    internal ulong Sets => _sets;

    /// <summary>Counts such a decision.</summary>
    internal void NoteBucketCreatedWithDebt() => Interlocked.Increment(ref _bucketsCreatedWithDebt);

    /// <summary>The set for a fingerprint. The bits that choose it are neither in the tag nor in the entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal BucketSet* SetFor(Fingerprint fingerprint) =>
        (BucketSet*)_memory.Start + (((fingerprint.High >> 32) * _sets) >> 32);

    /// <summary>Where an item's bucket lies, or <see cref="BucketItem.Absent"/>.</summary>
    internal static int Find(in BucketItem item) => BucketTable.Find(item.Set, item.Tag, item.Key, item.Name);

    /// <summary>Stores an item's next state: at a place of its own, or in a fold when no bucket can be evicted.</summary>
    /// <param name="item">The item.</param>
    /// <param name="pinned">Places of the set that must stay, as bits.</param>
    /// <param name="now">The instant.</param>
    /// <returns>
    /// The place, or <see cref="BucketItem.Absent"/> for a fold, or <see cref="BucketItem.NoRoom"/> when too many places must stay.
    /// </returns>
    internal int Insert(in BucketItem item, int pinned, in StoreInstant now)
    {
        int place = PlaceFor(item, pinned, now, mayFold: true);
        if (place >= 0)
        {
            Put(item, place);
        }

        return place;
    }

    /// <summary>Takes the one place of a shared bucket, which no other bucket uses.</summary>
    internal static int InsertShared(in BucketItem item)
    {
        *BucketSet.At(item.Set, 0) = new BucketEntry { Key = item.Key, Name = item.Name };
        BucketSet.SetTag(item.Set, 0, item.Tag);
        return 0;
    }

    /// <summary>Empties the place of a bucket that is new, and so has no log.</summary>
    internal void Remove(BucketSet* set, int place)
    {
        BucketSet.SetTag(set, place, BucketSet.EmptyTag);
        Interlocked.Decrement(ref _count);
    }

    /// <summary>Returns the memory of an entry's sliding log, if it has one.</summary>
    internal void ForgetLog(BucketEntry* entry)
    {
        if (_registry.WrittenUnder(entry).Algorithm == RateLimitAlgorithm.SlidingWindow)
        {
            SlidingWindow.Forget(_registry.Logs, entry->State);
        }
    }

    private static void Put(in BucketItem item, int place)
    {
        *BucketSet.At(item.Set, place) = new BucketEntry { Key = item.Key, Name = item.Name, State = item.Next };
        BucketSet.SetTag(item.Set, place, item.Tag);
    }

    /// <summary>Finds or makes an empty place.</summary>
    /// <returns>
    /// The place; or <see cref="BucketItem.Absent"/> when the state went into a fold, or <see cref="BucketItem.NoRoom"/>.
    /// </returns>
    private int PlaceFor(in BucketItem item, int pinned, in StoreInstant now, bool mayFold)
    {
        BucketSet* set = item.Set;
        while (true)
        {
            int empties = BucketSet.PlacesOf(set, BucketSet.EmptyTag);
            int empty = (empties & (1 << item.Home)) != 0 ? item.Home : BitOperations.TrailingZeroCount(empties);
            bool hasEmpty = empties != 0;
            if (hasEmpty && TryCount())
            {
                return empty;
            }

            // One bucket is evicted for this one. The count stays.
            if (!TryRelease(set, pinned, hasEmpty, now, out int released))
            {
                if (mayFold && TryFoldInto(item, pinned, now))
                {
                    return BucketItem.Absent;
                }

                if (!hasEmpty)
                {
                    return BucketItem.NoRoom;
                }

                Interlocked.Increment(ref _count); // All other buckets of the set are part of the current decision.
                return empty;
            }

            if (!TryUncount())
            {
                return released == BucketItem.Absent ? empty : released;
            }
        }
    }

    /// <summary>Removes one bucket: of the set, or where the set has an empty place of another.</summary>
    /// <param name="set">The set.</param>
    /// <param name="pinned">Places of the set that must stay, as bits.</param>
    /// <param name="hasEmpty">Whether the set has an empty place.</param>
    /// <param name="now">The instant.</param>
    /// <param name="released">The place in the set, or <see cref="BucketItem.Absent"/>.</param>
    private bool TryRelease(BucketSet* set, int pinned, bool hasEmpty, in StoreInstant now, out int released)
    {
        released = ReleaseExpired(set, pinned, now);
        if (released >= 0 || (hasEmpty && ReleaseElsewhere(now, mayFold: false, NearbySets)))
        {
            return true;
        }

        released = ReleaseByFolding(set, pinned, now);
        return released >= 0 || (hasEmpty && ReleaseElsewhere(now, mayFold: true, AllSets));
    }

    /// <summary>Counts one bucket less if there are more than there may be: calls may have needed more for a moment.</summary>
    private bool TryUncount()
    {
        long count = Volatile.Read(ref _count);
        while (count > _maxKeys)
        {
            long found = Interlocked.CompareExchange(ref _count, count - 1, count);
            if (found == count)
            {
                return true;
            }

            count = found;
        }

        return false;
    }

    private bool TryCount()
    {
        long count = Volatile.Read(ref _count);
        while (count < _maxKeys)
        {
            long found = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (found == count)
            {
                return true;
            }

            count = found;
        }

        return false;
    }
}

/// <summary>What is the same for every table.</summary>
internal static unsafe class BucketTable
{
    /// <summary>Where a bucket lies in a set, under any version of its numbers; or <see cref="BucketItem.Absent"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Find(BucketSet* set, byte tag, ulong key, ulong name)
    {
        int places = BucketSet.PlacesOf(set, tag);
        while (places != 0)
        {
            int place = BitOperations.TrailingZeroCount(places);
            BucketEntry* entry = BucketSet.At(set, place);
            if (entry->Key == key && BucketEntry.SameBucket(entry->Name, name))
            {
                return place;
            }

            places &= places - 1;
        }

        return BucketItem.Absent;
    }
}
