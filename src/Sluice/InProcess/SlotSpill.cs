namespace Sluice;

/// <summary>Running calls of slot buckets that found no place in their set.</summary>
/// <remarks>
/// <para>
/// A running slot is never evicted, so a set that is full of them cannot take more. Each bucket here belongs to at least one
/// call that is running now, so the memory is bounded by the calls that the process runs at once.
/// </para>
/// <para>Thread safety: the caller holds the lock of the bucket's set; buckets of different sets share the lock of this type.</para>
/// </remarks>
internal sealed class SlotSpill
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(ulong Key, ulong Bucket), ulong> _running = [];

    /// <summary>How many calls of a bucket run; zero for a bucket that is not here.</summary>
    internal ulong Running(in BucketItem item)
    {
        lock (_gate)
        {
            return _running.GetValueOrDefault(KeyOf(item));
        }
    }

    /// <summary>Sets how many calls of a bucket run; a bucket without any is removed.</summary>
    /// <returns>By how much the number of buckets here has changed.</returns>
    internal int Set(in BucketItem item, ulong running)
    {
        lock (_gate)
        {
            int before = _running.Count;
            if (running == 0)
            {
                _running.Remove(KeyOf(item));
            }
            else
            {
                _running[KeyOf(item)] = running;
            }

            return _running.Count - before;
        }
    }

    // All that an entry of the table is known by, but the version of the limit's numbers.
    private static (ulong Key, ulong Bucket) KeyOf(in BucketItem item) => (item.Key, item.Name >> BucketEntry.VersionBits);
}
