using System.Buffers;
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
internal sealed class ApiKeyAuthenticator : IAuthenticator
{
    /// <summary>The issuer of identities that come from the configuration's own keys.</summary>
    internal const string Issuer = "urn:sluice:api-key";

    internal const string HeaderName = "X-API-Key";
    private const int MaxKeyLength = 4_096;
    private readonly FrozenDictionary<string, KnownKey>.AlternateLookup<ReadOnlySpan<char>> _byHash;
    private readonly bool _leavesTokens;

    /// <param name="keys">The keys, all different.</param>
    /// <param name="leavesTokens">Whether a bearer that has the shape of a JSON Web Token is left to the next way.</param>
    /// <param name="userSpansTenants">Whether a user is the same in every tenant.</param>
    internal ApiKeyAuthenticator(IEnumerable<ApiKey> keys, bool leavesTokens, bool userSpansTenants)
    {
        _leavesTokens = leavesTokens;
        _byHash = keys
            .ToFrozenDictionary(key => Convert.ToHexStringLower(key.Sha256.AsSpan()), key => KnownKey.Of(key, userSpansTenants), StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context, string server) =>
        ValueTask.FromResult(Authenticate(context.Request.Headers));

    private AuthenticationResult Authenticate(IHeaderDictionary headers)
    {
        StringValues own = headers[HeaderName];
        if (own.Count > 1)
        {
            return AuthenticationResult.Failed($"the header {HeaderName} is there twice");
        }

        if (own.Count == 1)
        {
            string sent = own[0]?.Trim() ?? "";
            return Find(sent)?.Result ?? NotKnown(sent);
        }

        return BearerCredential.IsAmbiguous(headers) ? AuthenticationResult.Failed(BearerCredential.Twice)
            : !BearerCredential.TryRead(headers, out string? key) || (_leavesTokens && UnverifiedToken.LooksLikeOne(key))
                ? AuthenticationResult.NoCredentials("no API key was sent")
            : Find(key)?.Result ?? NotKnown(key);
    }

    /// <summary>Removes the gateway's own keys from a request, wherever they are: no server may learn one.</summary>
    /// <remarks>A caller that is known by other means may send a key as well.</remarks>
    internal void RemoveKeys(IHeaderDictionary headers)
    {
        if (headers[HeaderName].Any(value => Find(value?.Trim() ?? "") is not null))
        {
            headers.Remove(HeaderName);
        }

        if (BearerCredential.TryRead(headers, out string? bearer) && Find(bearer) is not null)
        {
            headers.Authorization = default;
        }
    }

    private static AuthenticationResult NotKnown(string key) => AuthenticationResult.Wrong("the API key is not known", key);

    private KnownKey? Find(string key)
    {
        if (key.Length > MaxKeyLength)
        {
            return null;
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(key.Length));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<char> digits = stackalloc char[2 * SHA256.HashSizeInBytes];
        int length = Encoding.UTF8.GetBytes(key, bytes);
        SHA256.HashData(bytes.AsSpan(0, length), hash);
        ArrayPool<byte>.Shared.Return(bytes, clearArray: true); // Nobody who rents it next is to find a key.
        bool isHash = Convert.TryToHexStringLower(hash, digits, out _);
        return isHash && _byHash.TryGetValue(digits, out KnownKey? known) && CryptographicOperations.FixedTimeEquals(known.Hash, hash)
            ? known
            : null;
    }

    /// <summary>A key, and the caller that it names.</summary>
    /// <param name="Hash">Its SHA-256.</param>
    /// <param name="Result">The caller.</param>
    private sealed record KnownKey(byte[] Hash, AuthenticationResult Result)
    {
        internal static KnownKey Of(ApiKey key, bool userSpansTenants)
        {
            CallerIdentity caller = new(Issuer, key.User, key.Tenant, client: null) { UserSpansTenants = userSpansTenants };
            CallerClaims claims = CallerClaims.OfScopes(key.Scopes);
            return new([.. key.Sha256], AuthenticationResult.Succeeded(caller, claims));
        }
    }
}
