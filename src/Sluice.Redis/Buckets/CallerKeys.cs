using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice.Redis;

/// <summary>A caller's parts of keys: the SHA-256 of (issuer, part) for each scope, worked out when it is first asked for.</summary>
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
        RateLimitScope.PerUser => _user ??= Hash(Caller.Subject),
        RateLimitScope.PerTenant => _tenant ??= Hash(Caller.Tenant),
        RateLimitScope.PerClient => _client ??= Hash(Caller.Client),
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Everybody shares one key."),
    };

    private string Hash(string? part)
    {
        if (part is null)
        {
            return Absent;
        }

        // The issuer's length goes before it, so that the two cannot run into each other. The texts are taken as they are, in
        // UTF-16: two that are no Unicode would be one in UTF-8.
        int issuerBytes = Caller.Issuer.Length * sizeof(char);
        byte[] text = new byte[sizeof(int) + issuerBytes + (part.Length * sizeof(char))];
        BinaryPrimitives.WriteInt32LittleEndian(text, issuerBytes);
        MemoryMarshal.AsBytes(Caller.Issuer.AsSpan()).CopyTo(text.AsSpan(sizeof(int)));
        MemoryMarshal.AsBytes(part.AsSpan()).CopyTo(text.AsSpan(sizeof(int) + issuerBytes));
        return Convert.ToHexStringLower(SHA256.HashData(text));
    }
}
