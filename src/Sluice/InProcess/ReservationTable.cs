using System.Collections.Concurrent;

namespace Sluice;

/// <summary>The reservations of all buckets of a store, by bucket.</summary>
/// <remarks>
/// <para>
/// A bucket is here only while it has reservations, and for a while after the last one. Each new reservation looks at a few of the
/// oldest entries and removes those that have ended, so memory is bounded by the calls that are held, without a timer.
/// </para>
/// <para>Thread safety: any number of threads. The lock of a bucket guards its <see cref="ReservedCalls"/>.</para>
/// </remarks>
internal sealed unsafe class ReservationTable
{
    private readonly ConcurrentDictionary<BucketId, ReservedCalls> _byBucket = [];
    private readonly ConcurrentQueue<Aging> _aging = [];
    private long _lastId;

    /// <summary>How many buckets have an entry.</summary>
    internal int Count => _byBucket.Count;

    /// <summary>A number for a reservation; never zero.</summary>
    internal long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>The reservations of a bucket, whose lock is held; or null.</summary>
    internal ReservedCalls? Find(in BucketItem item) =>
        !_byBucket.IsEmpty && _byBucket.TryGetValue(IdOf(item), out ReservedCalls? calls) ? calls : null;

    /// <summary>The reservations of a bucket, whose lock is held; made where there are none.</summary>
    internal ReservedCalls FindOrAdd(in BucketItem item, RegisteredLimit limit)
    {
        BucketId id = IdOf(item);
        if (_byBucket.TryGetValue(id, out ReservedCalls? calls))
        {
            return calls;
        }

        calls = new ReservedCalls();
        _byBucket[id] = calls;
        _aging.Enqueue(new Aging(id, item.Tag, calls, limit));
        return calls;
    }

    /// <summary>Removes the entry of a bucket, whose lock is held.</summary>
    internal void Remove(in BucketItem item) => _byBucket.TryRemove(IdOf(item), out _);

    /// <summary>Takes the entry that was looked at longest ago. No lock needs to be held.</summary>
    internal bool TryTakeOldest(out Aging entry) => _aging.TryDequeue(out entry);

    /// <summary>Puts back an entry that is still needed.</summary>
    internal void PutBack(in Aging entry) => _aging.Enqueue(entry);

    private static BucketId IdOf(in BucketItem item) => new((nint)item.Set, item.Key, item.Name >> BucketEntry.VersionBits);

    /// <summary>What tells a bucket from all others of the store.</summary>
    internal readonly record struct BucketId(nint Set, ulong Key, ulong Name);

    /// <summary>An entry that is looked at now and then.</summary>
    /// <param name="Id">The bucket.</param>
    /// <param name="Tag">Its tag in the set.</param>
    /// <param name="Calls">Its reservations.</param>
    /// <param name="Limit">The limit, as it was when the entry was made.</param>
    internal readonly record struct Aging(BucketId Id, byte Tag, ReservedCalls Calls, RegisteredLimit Limit);
}
