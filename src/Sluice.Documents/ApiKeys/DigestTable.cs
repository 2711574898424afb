using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Sluice.Documents;

/// <summary>Finds a SHA-256 among many: a hash table with open addressing, whose hash function is the SHA-256 itself.</summary>
/// <remarks>
/// <para>
/// The digests themselves are in the slots, half of which are free, so that a look-up mostly reads one line of memory or two, which
/// <see cref="Prefetch"/> can load into the cache before. Its timing tells whether 64 bits of a hash occur, which leads to no key: the
/// whole digest is compared in constant time.
/// </para>
/// <para>Thread safety: any number of readers while no digest is added.</para>
/// </remarks>
internal sealed class DigestTable
{
    private const int DigestBytes = SHA256.HashSizeInBytes;
    private const int SlotsPerDigest = 2;
    private const int Free = -1;

    // It marks a free slot, so that a look-up need not read elsewhere whether a slot is free.
    private static readonly byte[] HashOfNothing = SHA256.HashData([]);
    private readonly byte[] _digests;
    private readonly int[] _values;

    /// <param name="digests">How many digests it can hold.</param>
    internal DigestTable(int digests)
    {
        int slots = checked(SlotsPerDigest * Math.Max(1, digests));
        _digests = new byte[checked(slots * DigestBytes)];
        _values = new int[slots];
        Array.Fill(_values, Free);
        for (int slot = 0; slot < slots; slot++)
        {
            HashOfNothing.CopyTo(_digests.AsSpan(slot * DigestBytes));
        }
    }

    /// <summary>How many places there are for digests, the free ones included.</summary>
    internal int Slots => _values.Length;

    /// <summary>How many digests it can hold.</summary>
    internal int Capacity => _values.Length / SlotsPerDigest;

    /// <summary>Whether a digest is one that no key may have, and that no table holds.</summary>
    internal static bool IsReserved(ReadOnlySpan<byte> digest) => digest.SequenceEqual(HashOfNothing);

    /// <summary>The slot of a digest; -1 when it is not there.</summary>
    internal int Find(ReadOnlySpan<byte> digest)
    {
        if (IsReserved(digest))
        {
            return -1;
        }

        uint tag = TagOf(digest);
        for (int slot = FirstSlotOf(digest); ; slot = Next(slot))
        {
            ReadOnlySpan<byte> stored = DigestAt(slot);
            if (TagOf(stored) == tag && CryptographicOperations.FixedTimeEquals(stored, digest))
            {
                return slot;
            }

            if (IsReserved(stored))
            {
                return -1;
            }
        }
    }

    /// <summary>The slot where the search for a digest begins: mostly that of the digest.</summary>
    internal int FirstSlotOf(ReadOnlySpan<byte> digest) =>
        (int)(((ulong)BinaryPrimitives.ReadUInt32LittleEndian(digest) * (uint)_values.Length) >> 32);

    /// <summary>What was added with the digest of a slot; -1 when the slot is free.</summary>
    internal int ValueAt(int slot) => _values[slot];

    /// <summary>The digest of a slot.</summary>
    internal ReadOnlySpan<byte> DigestAt(int slot) => _digests.AsSpan(slot * DigestBytes, DigestBytes);

    /// <summary>Begins to load the digest of a slot into the cache; it may lie in two cache lines.</summary>
    internal void Prefetch(int slot)
    {
        ReadOnlySpan<byte> digest = DigestAt(slot);
        CacheLine.Prefetch(in digest[0]);
        CacheLine.Prefetch(in digest[^1]);
    }

    /// <summary>Adds a digest that is not there.</summary>
    /// <param name="digest">The digest, which is not <see cref="IsReserved"/>.</param>
    /// <param name="value">From 0.</param>
    internal void Add(ReadOnlySpan<byte> digest, int value)
    {
        Debug.Assert(value < Capacity, "The table is full.");
        int slot = FirstSlotOf(digest);
        while (_values[slot] != Free)
        {
            slot = Next(slot);
        }

        digest.CopyTo(_digests.AsSpan(slot * DigestBytes));
        _values[slot] = value;
    }

    /// <summary>A table of another size with the same digests.</summary>
    internal DigestTable Resize(int digests)
    {
        DigestTable resized = new(digests);
        for (int slot = 0; slot < Slots; slot++)
        {
            if (_values[slot] != Free)
            {
                resized.Add(DigestAt(slot), _values[slot]);
            }
        }

        return resized;
    }

    // Tells most digests at one slot apart, without the slow comparison in constant time.
    private static uint TagOf(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadUInt32LittleEndian(digest[4..]);

    private int Next(int slot) => slot + 1 == _values.Length ? 0 : slot + 1;
}
