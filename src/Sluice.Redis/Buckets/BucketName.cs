using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice.Redis;

/// <summary>What sets a bucket apart from others in its row: the first 128 bits of the SHA-256 of its limit's target.</summary>
internal static class BucketName
{
    /// <summary>How many bytes it has.</summary>
    internal const int Bytes = 16;

    /// <summary>The name of a target's buckets: equal for every spelling that means the same.</summary>
    internal static byte[] Of(LimitTarget target)
    {
        // A kind's name has no zero, so the kind and the operation cannot run into each other.
        string text = $"{LimitNames.Of(target.Kind)}\0{target.Key}";
        return SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()))[..Bytes];
    }
}
