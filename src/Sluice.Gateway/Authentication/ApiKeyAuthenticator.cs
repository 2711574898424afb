using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Finds out who calls by the API key that a request carries.</summary>
/// <remarks>
/// <para>
/// Keys are known by their SHA-256 only. A look-up by hash tells an attacker nothing through its timing, since nobody can
/// choose a key by a prefix of its hash; the comparison that decides takes constant time all the same.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed class ApiKeyAuthenticator
{
    /// <summary>The issuer of identities that come from the configuration's own keys.</summary>
    internal const string Issuer = "urn:sluice:api-key";

    internal const string HeaderName = "X-API-Key";
    private const string BearerPrefix = "Bearer ";
    private const int MaxKeyLength = 4_096;
    private readonly FrozenDictionary<string, KnownKey> _byHash;

    internal ApiKeyAuthenticator(IEnumerable<ApiKey> keys) =>
        _byHash = keys.ToFrozenDictionary(
            key => Convert.ToHexStringLower(key.Sha256.AsSpan()),
            key => new KnownKey([.. key.Sha256], new CallerIdentity(Issuer, key.User, key.Tenant, client: null)));

    /// <summary>The caller, or why there is none.</summary>
    internal AuthenticationResult Authenticate(IHeaderDictionary headers)
    {
        if (ReadKey(headers, out bool fromOwnHeader) is not string key)
        {
            return AuthenticationResult.Failed("no API key was sent. Send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'");
        }

        if (key.Length > MaxKeyLength)
        {
            return AuthenticationResult.Failed("the API key is not known");
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        return _byHash.TryGetValue(Convert.ToHexStringLower(hash), out KnownKey? known)
            && CryptographicOperations.FixedTimeEquals(known.Hash, hash)
            ? AuthenticationResult.Succeeded(known.Caller, fromOwnHeader ? HeaderName : null)
            : AuthenticationResult.Failed("the API key is not known");
    }

    /// <summary>The key, or null when there is none or when the headers contradict themselves.</summary>
    private static string? ReadKey(IHeaderDictionary headers, out bool fromOwnHeader)
    {
        StringValues own = headers[HeaderName];
        fromOwnHeader = own.Count > 0;
        if (own.Count > 0)
        {
            return own.Count == 1 ? own[0]?.Trim() : null;
        }

        StringValues authorization = headers.Authorization;
        return authorization.Count == 1 && authorization[0]!.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
            ? authorization[0]![BearerPrefix.Length..].Trim()
            : null;
    }

    private sealed record KnownKey(byte[] Hash, CallerIdentity Caller);
}
