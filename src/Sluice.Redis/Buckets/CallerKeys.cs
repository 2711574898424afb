using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice.Redis;

/// <summary>A caller's parts of keys: the SHA-256 of (issuer, part) for each part, of (issuer, tenant, user) for a user of a tenant,
/// of (issuer, claim, values) for a claim, and of all parts for a key of several. Each is computed when it is first asked for.</summary>
/// <remarks>Thread safety: any thread may ask; two may work out the same text.</remarks>
internal sealed class CallerKeys(CallerIdentity caller)
{
    /// <summary>The part of callers who lack what a key counts by. No hash looks like it.</summary>
    private const string Absent = "-";

    /// <summary>In the place of an issuer's length: a tenant follows it; the name of a claim follows it; hashes follow.</summary>
    private const int TenantMark = -1;
    private const int ClaimMark = -2;
    private const int PartsMark = -3;

    /// <summary>How many bytes <see cref="Turn"/> has.</summary>
    internal const int TurnBytes = 16;

    private readonly ConcurrentDictionary<LimitKey, string> _others = new();
    private ConditionalWeakTable<RedisLimits, DividedBuckets>? _divided;
    private byte[]? _turn;
    private string? _user;
    private string? _tenant;
    private string? _client;

    /// <summary>The caller.</summary>
    internal CallerIdentity Caller { get; } = caller;

    /// <summary>The text for a key that is not <see cref="LimitKey.Shared"/>.</summary>
    internal string Of(LimitKey key) => key.Form switch
    {
        LimitKeyForm.User => _user ??= Hash(Caller.Subject, Caller.UserTenant),
        LimitKeyForm.Tenant => _tenant ??= Hash(Caller.Tenant, tenant: null),
        LimitKeyForm.Client => _client ??= Hash(Caller.Client, tenant: null),
        LimitKeyForm.Other => _others.GetOrAdd(key, static (key, caller) => caller.HashOther(key), this),
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, "A shared bucket has no caller in its key."),
    };

    /// <summary>The caller, as calls that wait for a slot take turns by it.</summary>
    internal byte[] Turn => _turn ??= SHA256.HashData(
        System.Text.Encoding.ASCII.GetBytes($"{Of(LimitKey.PerUser)} {Of(LimitKey.PerTenant)} {Of(LimitKey.PerClient)}"))[..TurnBytes];

    /// <summary>The divided buckets that were remembered of some limits; null for none.</summary>
    internal DividedBuckets? Divided(RedisLimits limits) =>
        Volatile.Read(ref _divided) is { } table && table.TryGetValue(limits, out DividedBuckets? known) ? known : null;

    /// <summary>Remembers the divided buckets of some limits.</summary>
    internal void RememberDivided(RedisLimits limits, DividedBuckets buckets)
    {
        if (Volatile.Read(ref _divided) is null)
        {
            Interlocked.CompareExchange(ref _divided, [], null);
        }

        _divided!.AddOrUpdate(limits, buckets);
    }

    private string HashOther(LimitKey key)
    {
        string[] parts = [.. key.Select(part => part.Claim is string name ? HashClaim(name) : Of(LimitKey.Of(part)))];
        if (parts.Length == 1 || parts.All(part => part == Absent))
        {
            return parts[0];
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, PartsMark);
        foreach (string part in parts)
        {
            AppendWithLength(hash, part);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private string HashClaim(string name)
    {
        if (Caller.FindClaim(name) is not CallerClaim claim)
        {
            return Absent;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, ClaimMark);
        AppendWithLength(hash, Caller.Issuer);
        AppendWithLength(hash, name);
        AppendWithLength(hash, claim.Text);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private string Hash(string? part, string? tenant)
    {
        if (part is null)
        {
            return Absent;
        }

        // The lengths of the issuer and the tenant go before them, so that no two texts can run into each other. The texts are hashed in
        // UTF-16: two that are no Unicode would be one in UTF-8.
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (tenant is not null)
        {
            Append(hash, TenantMark);
        }

        AppendWithLength(hash, Caller.Issuer);
        if (tenant is not null)
        {
            AppendWithLength(hash, tenant);
        }

        hash.AppendData(MemoryMarshal.AsBytes(part.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AppendWithLength(IncrementalHash hash, string text)
    {
        Append(hash, text.Length * sizeof(char));
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private static void Append(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
