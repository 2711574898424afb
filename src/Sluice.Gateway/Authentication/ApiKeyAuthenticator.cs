using Microsoft.Extensions.Primitives;

namespace Sluice.Gateway;

/// <summary>Finds out who calls by the API key that a request carries.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="keys">The keys.</param>
/// <param name="leavesTokens">Whether a bearer that has the shape of a JSON Web Token is left to the next way.</param>
internal sealed class ApiKeyAuthenticator(KnownKeys keys, bool leavesTokens) : IAuthenticator
{
    /// <summary>The issuer of identities that come from the configuration's own keys.</summary>
    internal const string Issuer = "urn:sluice:api-key";

    internal const string HeaderName = "X-API-Key";

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
            return keys.Find(sent) ?? NotKnown(sent);
        }

        return BearerCredential.IsAmbiguous(headers) ? AuthenticationResult.Failed(BearerCredential.Twice)
            : !BearerCredential.TryRead(headers, out string? key) || (leavesTokens && UnverifiedToken.LooksLikeOne(key))
                ? AuthenticationResult.NoCredentials("no API key was sent")
            : keys.Find(key) ?? NotKnown(key);
    }

    /// <summary>Removes the gateway's own keys from a request, wherever they are: no server may learn one.</summary>
    /// <remarks>A caller that is known by other means may send a key as well.</remarks>
    internal void RemoveKeys(IHeaderDictionary headers)
    {
        if (headers[HeaderName].Any(value => keys.Find(value?.Trim() ?? "") is not null))
        {
            headers.Remove(HeaderName);
        }

        if (BearerCredential.TryRead(headers, out string? bearer) && keys.Find(bearer) is not null)
        {
            headers.Authorization = default;
        }
    }

    private static AuthenticationResult NotKnown(string key) => AuthenticationResult.Wrong("the API key is not known", key);
}
