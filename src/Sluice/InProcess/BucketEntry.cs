using System.Runtime.InteropServices;

namespace Sluice;

/// <summary>One bucket in flat memory: half a cache line.</summary>
/// <remarks>
/// <see cref="Key"/> is half of the fingerprint of (server, scope, caller, page). <see cref="Name"/> holds 24 more bits of it,
/// then 20 bits that number the bucket's limit and 20 that number the version of its numbers under which the state was written.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct BucketEntry
{
    internal const int VersionBits = 20;
    internal const int BucketBits = 20;

    internal ulong Key;
    internal ulong Name;
    internal ulong Time;
    internal ulong Word;

    /// <summary>The state, as written.</summary>
    internal BucketState State
    {
        readonly get => new(Time, Word);
        set => (Time, Word) = (value.Time, value.Word);
    }

    /// <summary>The number of the version of the numbers under which the state was written.</summary>
    internal readonly int Version => (int)(Name & ((1UL << VersionBits) - 1));

    /// <summary>The number of the bucket's limit.</summary>
    internal readonly int Bucket => (int)((Name >> VersionBits) & ((1UL << BucketBits) - 1));

    /// <summary>Whether two names are of one bucket, whatever the version.</summary>
    internal static bool SameBucket(ulong left, ulong right) => (left ^ right) >> VersionBits == 0;
}
