using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>Where the buckets of one caller lie that have one key and one lock; or the shared buckets of a server.</summary>
/// <param name="set">The set whose lock guards them.</param>
/// <param name="key">Half of the fingerprint, never zero; zero for shared ones.</param>
/// <param name="high">The other half.</param>
internal readonly unsafe struct BucketPage(BucketSet* set, ulong key, ulong high)
{
    /// <summary>The set whose lock guards them.</summary>
    internal BucketSet* Lock => set;

    /// <summary>The key of their entries.</summary>
    internal ulong Key => key;

    /// <summary>The tag of their places.</summary>
    internal byte Tag => key == 0 ? BucketSet.SharedTag : BucketSet.Tag(high);

    /// <summary>The set in which a bucket lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal BucketSet* SetOf(RegisteredBucket bucket) => key == 0 ? bucket.Shared : set;

    /// <summary>The place that a bucket takes if it is empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int HomeOf(RegisteredBucket bucket) => key == 0 ? 0 : BucketSet.Home(key, bucket.Ordinal);

    /// <summary>The name of a limit's entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong NameOf(RegisteredLimit limit) => limit.Name | ((high >> 8) << (BucketEntry.BucketBits + BucketEntry.VersionBits));

    /// <summary>A limit's entry; null where it is not in the table, or was written under other numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal BucketEntry* Find(RegisteredLimit limit)
    {
        BucketSet* at = SetOf(limit.Bucket);
        int home = HomeOf(limit.Bucket);
        BucketEntry* entry = BucketSet.At(at, home);
        return entry->Name == NameOf(limit) && entry->Key == key && BucketSet.TagAt(at, home) == Tag
            ? entry
            : FindAway(at, Tag, key, NameOf(limit));
    }

    /// <summary>The entry of a bucket that is not in its home, the first place to look; null if the set does not have it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static BucketEntry* FindAway(BucketSet* at, byte tag, ulong key, ulong name)
    {
        int place = BucketTable.Find(at, tag, key, name);
        return place != BucketItem.Absent && BucketSet.At(at, place)->Name == name ? BucketSet.At(at, place) : null;
    }
}
