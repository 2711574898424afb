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
    private readonly FrozenDictionary<string, KnownKey> _byHash;
    private readonly bool _leavesTokens;

    /// <param name="keys">The keys, all different.</param>
    /// <param name="leavesTokens">Whether a bearer that has the shape of a JSON Web Token is somebody else's to judge.</param>
    internal ApiKeyAuthenticator(IEnumerable<ApiKey> keys, bool leavesTokens)
    {
        _leavesTokens = leavesTokens;
        _byHash = keys.ToFrozenDictionary(
            key => Convert.ToHexStringLower(key.Sha256.AsSpan()),
            key => new KnownKey(
                [.. key.Sha256],
                new CallerIdentity(Issuer, key.User, key.Tenant, client: null),
                CallerClaims.OfScopes(key.Scopes)));
    }

    public ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context) =>
        ValueTask.FromResult(Authenticate(context.Request.Headers));

    private AuthenticationResult Authenticate(IHeaderDictionary headers)
    {
        StringValues own = headers[HeaderName];
        if (own.Count > 1)
        {
            return AuthenticationResult.Failed($"the header {HeaderName} stands twice");
        }

        if (own.Count == 1)
        {
            return Check(own[0]?.Trim() ?? "", HeaderName);
        }

        return BearerCredential.IsAmbiguous(headers) ? AuthenticationResult.Failed(BearerCredential.Twice)
            : !BearerCredential.TryRead(headers, out string? key) || (_leavesTokens && UnverifiedToken.IsOne(key))
                ? AuthenticationResult.NoCredentials("no API key was sent")
            : Check(key, withheldHeader: null);
    }

    private AuthenticationResult Check(string key, string? withheldHeader)
    {
        if (key.Length > MaxKeyLength)
        {
            return AuthenticationResult.Failed("the API key is not known");
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        return _byHash.TryGetValue(Convert.ToHexStringLower(hash), out KnownKey? known)
            && CryptographicOperations.FixedTimeEquals(known.Hash, hash)
            ? AuthenticationResult.Succeeded(known.Caller, known.Claims, withheldHeader)
            : AuthenticationResult.Failed("the API key is not known");
    }

    private sealed record KnownKey(byte[] Hash, CallerIdentity Caller, CallerClaims Claims);
}
