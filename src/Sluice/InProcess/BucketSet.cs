using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sluice;

/// <summary>A set of the table: a lock, and up to 15 buckets that may lie here and nowhere else; eight cache lines.</summary>
/// <remarks>
/// <para>
/// The first line holds the lock, a tag of 8 bits for each place, and the first place, so that a look-up reads one line or two.
/// A shared bucket has a line of its own, which is such a set cut off behind its first place. Its lock is that of its server's first.
/// </para>
/// <para>Thread safety: the holder of the lock writes; others read and look at <see cref="Version"/> before and after.</para>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
internal unsafe struct BucketSet
{
    internal const int SizeInBytes = 512;
    internal const int LineBytes = 64;
    internal const int Places = 15;

    /// <summary>The tag of an empty place.</summary>
    internal const byte EmptyTag = 0;

    /// <summary>The tag of a fold: the debt of evicted buckets, which all buckets that come later share.</summary>
    internal const byte FoldTag = 1;

    /// <summary>The tag of a shared bucket, at the first place of a set of its own.</summary>
    internal const byte SharedTag = 2;

    private const int AllPlaces = (1 << Places) - 1;
    private const int FirstPlace = 32;

    /// <summary>The bits of <see cref="Version"/> below the stamp.</summary>
    internal const int CountBits = 8;

    /// <summary>
    /// The stamp, which is the instant of the last decision that left one, in ticks; below it a number that tells decisions of one tick
    /// apart; at the end a bit that is set while the lock is held. It grows with every change.
    /// </summary>
    [FieldOffset(0)]
    internal long Version;

    /// <summary>Whether the last decision by this set was a rejection: a guess that affects speed only.</summary>
    [FieldOffset(8)]
    internal bool RejectedLast;

    /// <summary>
    /// Not zero while others may decide by this set without its lock, who leave no stamp: who holds the lock then reads the clock under
    /// it. So many calls later it is zero again, unless another comes that charges nothing. It changes under the lock, becomes zero
    /// with a stamp only, and never stops being zero without another version.
    /// </summary>
    [FieldOffset(9)]
    internal byte Readers;

    /// <summary>How many slot buckets of this set are kept elsewhere, for want of a place here.</summary>
    [FieldOffset(12)]
    internal int SpilledSlots;

    [FieldOffset(16)]
    private fixed byte _tags[Places + 1];

    /// <summary>The tag for half a fingerprint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte Tag(ulong high)
    {
        uint tag = unchecked((uint)high) & 0xff;
        return unchecked((byte)(tag > FoldTag ? tag : tag + 2));
    }

    /// <summary>
    /// The place that a bucket takes if it is empty. Those of a caller on one page have pairs of places in one cache line.
    /// </summary>
    /// <param name="key">The key of the bucket, which is the same for all of a caller on a page.</param>
    /// <param name="ordinal">The number of the bucket on its page, from 0 to 3.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Home(ulong key, int ordinal)
    {
        unchecked
        {
            int half = (1 + (int)(((key >> 32) * Places) >> 32)) ^ ordinal; // Of a line, from the beginning of the set.
            return (half == 0 ? Places / 2 : half) - 1;
        }
    }

    /// <summary>The places with a tag, as bits.</summary>
    internal static int PlacesOf(BucketSet* set, byte tag) =>
        (int)Vector128.Equals(Vector128.Load(set->_tags), Vector128.Create(tag)).ExtractMostSignificantBits() & AllPlaces;

    /// <summary>A place's bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static BucketEntry* At(BucketSet* set, int place) => unchecked((BucketEntry*)((byte*)set + FirstPlace) + place);

    /// <summary>A place's tag.</summary>
    internal static byte TagAt(BucketSet* set, int place) => set->_tags[place];

    /// <summary>Sets a place's tag.</summary>
    internal static void SetTag(BucketSet* set, int place, byte tag) => set->_tags[place] = tag;
}
