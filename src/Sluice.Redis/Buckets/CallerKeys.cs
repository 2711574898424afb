using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice.Redis;

/// <summary>A caller's parts of keys: the SHA-256 of (issuer, part) for each scope, and of (issuer, tenant, user) for a
/// user of a tenant, computed when it is first asked for.</summary>
/// <remarks>Thread safety: any thread may ask; two may work out the same text.</remarks>
internal sealed class CallerKeys(CallerIdentity caller)
{
    /// <summary>The part of everybody who lacks what a scope counts by. No hash looks like it.</summary>
    private const string Absent = "-";

    private string? _user;
    private string? _tenant;
    private string? _client;

    /// <summary>The caller.</summary>
    internal CallerIdentity Caller { get; } = caller;

    /// <summary>The text for a scope that is not <see cref="RateLimitScope.Shared"/>.</summary>
    internal string Of(RateLimitScope scope) => scope switch
    {
        RateLimitScope.PerUser => _user ??= Hash(Caller.Subject, Caller.UserTenant),
        RateLimitScope.PerTenant => _tenant ??= Hash(Caller.Tenant, tenant: null),
        RateLimitScope.PerClient => _client ??= Hash(Caller.Client, tenant: null),
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Everybody shares one key."),
    };

    private string Hash(string? part, string? tenant)
    {
        if (part is null)
        {
            return Absent;
        }

        // The lengths of the issuer and the tenant go before them, so that no two texts can run into each other; -1 in the place of
        // the issuer's length says that a tenant follows. The texts are hashed in UTF-16: two that are no Unicode would be one in
        // UTF-8.
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (tenant is not null)
        {
            Append(hash, -1);
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
