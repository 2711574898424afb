using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice;

/// <summary>128 bits in the place of a text, under a secret that this process drew when it started.</summary>
/// <param name="Low">The first half.</param>
/// <param name="High">The second half, independent of the first.</param>
internal readonly record struct Fingerprint(ulong Low, ulong High)
{
    private const int MaxStackBytes = 512;
    private static readonly ulong Key0 = Random();
    private static readonly ulong Key1 = Random();

    /// <summary>What a fingerprint is taken of; no two kinds share one.</summary>
    internal enum Kind : byte
    {
        /// <summary>A caller whose part for a scope is known.</summary>
        Caller = 1,

        /// <summary>Every caller whose part for a scope is absent.</summary>
        Pool = 2,

        /// <summary>One page of the buckets of a server and a scope.</summary>
        Page = 3,

        /// <summary>The user of a tenant.</summary>
        UserOfTenant = 4,

        /// <summary>The values of a claim.</summary>
        Claim = 5,

        /// <summary>Every caller without a claim.</summary>
        NoClaim = 6,

        /// <summary>Several parts of a caller.</summary>
        Parts = 7,
    }

    /// <summary>The fingerprint of several parts of a caller together.</summary>
    internal static Fingerprint Of(ReadOnlySpan<Fingerprint> parts)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int) + (parts.Length * 2 * sizeof(ulong))];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)Kind.Parts);
        for (int i = 0; i < parts.Length; i++)
        {
            Span<byte> to = bytes[(sizeof(int) + (i * 2 * sizeof(ulong)))..];
            BinaryPrimitives.WriteUInt64LittleEndian(to, parts[i].Low);
            BinaryPrimitives.WriteUInt64LittleEndian(to[sizeof(ulong)..], parts[i].High);
        }

        (ulong low, ulong high) = SipHash128.Hash(Key0, Key1, bytes);
        return new Fingerprint(low, high);
    }

    /// <summary>The fingerprint of a caller's claim.</summary>
    /// <param name="issuer">The issuer of the part.</param>
    /// <param name="name">The claim.</param>
    /// <param name="values">All of its values as <see cref="CallerClaim.Text"/>; null when the caller does not have it.</param>
    internal static Fingerprint OfClaim(string issuer, string name, string? values) =>
        values is null ? Of(Kind.NoClaim, 0, name, "") : Of(Kind.Claim, 0, issuer, name, values);

    /// <summary>The fingerprint of a caller in a scope.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="issuer">The caller's issuer.</param>
    /// <param name="part">The caller's part for the scope, or null.</param>
    /// <param name="tenant">The tenant to which the part belongs, or null.</param>
    internal static Fingerprint Of(RateLimitScope scope, string issuer, string? part, string? tenant = null) =>
        part is null ? Of(Kind.Pool, (int)scope, "", "")
        : tenant is null ? Of(Kind.Caller, (int)scope, issuer, part)
        : Of(Kind.UserOfTenant, (int)scope, issuer, tenant, part);

    /// <summary>The fingerprint of some texts. The lengths go before them, so that none can run into another.</summary>
    internal static Fingerprint Of(Kind kind, int number, string first, string second, string third = "")
    {
        const int Header = 4 * sizeof(int);
        int firstBytes = first.Length * sizeof(char);
        int secondBytes = second.Length * sizeof(char);
        int length = Header + firstBytes + secondBytes + (third.Length * sizeof(char));
        byte[]? rented = length > MaxStackBytes ? ArrayPool<byte>.Shared.Rent(length) : null;
        Span<byte> bytes = (rented ?? stackalloc byte[MaxStackBytes])[..length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)kind);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[sizeof(int)..], number);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[(2 * sizeof(int))..], first.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[(3 * sizeof(int))..], second.Length);
        MemoryMarshal.AsBytes(first.AsSpan()).CopyTo(bytes[Header..]);
        MemoryMarshal.AsBytes(second.AsSpan()).CopyTo(bytes[(Header + firstBytes)..]);
        MemoryMarshal.AsBytes(third.AsSpan()).CopyTo(bytes[(Header + firstBytes + secondBytes)..]);
        (ulong low, ulong high) = SipHash128.Hash(Key0, Key1, bytes);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }

        return new Fingerprint(low, high);
    }

    /// <summary>The fingerprint of a pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Fingerprint With(Fingerprint other) => new(Low ^ other.Low, High ^ other.High);

    private static ulong Random()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
