using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice.Redis;

/// <summary>
/// What sets a bucket apart from others in its row: the first 72 bits of the SHA-256 of its limit's target, then the algorithm and
/// the period that name it among the buckets of its target.
/// </summary>
internal static class BucketName
{
    /// <summary>How many bytes it has.</summary>
    internal const int Bytes = 16;

    /// <summary>How many bytes of it name the target. The script compares as many.</summary>
    internal const int TargetBytes = 9;

    private const int PeriodBits = 50; // A period has fewer: 366 days are less than 2^49 ticks.

    /// <summary>The name of a limit's buckets: equal for every spelling of a target that means the same.</summary>
    internal static byte[] Of(RateLimit limit)
    {
        // A kind's name has no zero, so the kind and the operation cannot run into each other.
        string text = $"{limit.Target.Word}\0{limit.Target.Key}";
        byte[] name = SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()))[..Bytes];
        if (limit.Concurrency is not null)
        {
            return name; // It is not looked for in a row.
        }

        RateKey rate = limit.Bucket;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ((ulong)rate.Algorithm << PeriodBits) | (ulong)rate.PeriodTicks);
        bytes[..(Bytes - TargetBytes)].CopyTo(name.AsSpan(TargetBytes));
        return name;
    }
}
