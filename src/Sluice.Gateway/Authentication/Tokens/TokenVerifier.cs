using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Checks the tokens of one issuer by its keys and by no others.</summary>
/// <remarks>
/// <para>Source: RFC 7519, section 7.2, and RFC 8725, JSON Web Token Best Current Practices.</para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed class TokenVerifier(
    JwtIssuer issuer, bool userSpansTenants, ImmutableArray<string> claimNames, IKeySource keys, TimeProvider time)
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = UnverifiedToken.MaxLength };

    /// <summary>The audiences that the configuration accepts from this issuer.</summary>
    internal ImmutableArray<string> Audiences => issuer.Audiences;

    /// <summary>Whether a verifier with these settings would verify and identify as this one does.</summary>
    internal bool IsFor(JwtIssuer other, bool spansTenants, ImmutableArray<string> claims, IKeySource source) =>
        ReferenceEquals(keys, source)
        && userSpansTenants == spansTenants
        && claimNames.SequenceEqual(claims)
        && issuer.Issuer == other.Issuer
        && issuer.KeyFile == other.KeyFile
        && issuer.UserClaim == other.UserClaim
        && issuer.Audiences.SequenceEqual(other.Audiences)
        && issuer.TenantClaims.SequenceEqual(other.TenantClaims)
        && issuer.ClientClaims.SequenceEqual(other.ClientClaims);

    /// <summary>Whether this issuer has signed a token that says so.</summary>
    /// <param name="text">The token as it came.</param>
    /// <param name="token">What it says.</param>
    /// <param name="queue">Where to wait before the signature is checked; null for at once.</param>
    /// <param name="cancellationToken">The client went away.</param>
    /// <returns>The token, or why it is rejected.</returns>
    internal async ValueTask<(VerifiedToken? Verified, AuthenticationResult? Rejection)> VerifyAsync(
        string text, UnverifiedToken token, SemaphoreSlim? queue, CancellationToken cancellationToken)
    {
        if (WhyHeaderIsWrong(token.Header, out string algorithm) is string wrongHeader)
        {
            return (null, AuthenticationResult.Wrong(wrongHeader, text));
        }

        if (TokenValidity.Read(token.Claims) is not TokenValidity validity)
        {
            return (null, AuthenticationResult.Wrong("the token's 'exp' or 'nbf' is not a time", text));
        }

        if (TokenAudiences.Read(token.Claims) is not ImmutableArray<string> audiences)
        {
            return (null, AuthenticationResult.Wrong("the token's 'aud' is neither a text nor a list of texts", text));
        }

        string? id = UnverifiedToken.TextOf(token.Header, "kid");
        KeyAnswer answer = await keys.FindAsync(id, algorithm, cancellationToken);
        if (answer.Keys.IsEmpty)
        {
            return (null, answer.RetryAfter is TimeSpan wait
                ? AuthenticationResult.Unavailable("the keys of the token's issuer cannot be fetched at the moment", wait)
                : AuthenticationResult.Wrong("the token is signed by a key that its issuer does not have", text));
        }

        TokenValidationResult checkedToken = await CheckAsync(text, ParametersFor(answer.Keys, algorithm), queue, cancellationToken);
        return checkedToken.IsValid
            ? (new VerifiedToken(this, Identify(token.Claims), audiences, id, algorithm, answer.Generation, validity), null)
            : (null, AuthenticationResult.Wrong(Describe(checkedToken.Exception), text));
    }

    /// <summary>Whether the keys by which this has verified a token are still its issuer's.</summary>
    internal async ValueTask<bool> IsStillVerifiedAsync(VerifiedToken token, CancellationToken cancellationToken)
    {
        KeyAnswer answer = await keys.FindAsync(token.KeyId, token.Algorithm, cancellationToken);
        return !answer.Keys.IsEmpty && answer.Generation == token.Generation;
    }

    /// <summary>Null, or why a verified token is not valid now, as a clause.</summary>
    internal string? WhyNotNow(VerifiedToken token) => token.Validity.WhyNotAt(time.GetUtcNow());

    private static async ValueTask<TokenValidationResult> CheckAsync(
        string text, TokenValidationParameters parameters, SemaphoreSlim? queue, CancellationToken cancellationToken)
    {
        if (queue is null)
        {
            return await Handler.ValidateTokenAsync(text, parameters);
        }

        await queue.WaitAsync(cancellationToken);
        try
        {
            return await Handler.ValidateTokenAsync(text, parameters);
        }
        finally
        {
            queue.Release();
        }
    }

    private static string? WhyHeaderIsWrong(JsonElement header, out string algorithm)
    {
        algorithm = UnverifiedToken.TextOf(header, "alg") ?? "";
        if (!VerificationKey.Algorithms.Contains(algorithm))
        {
            return $"the token's algorithm is not accepted: use one of {string.Join(", ", VerificationKey.Algorithms)}";
        }

        // What must be understood is not understood here; RFC 7515, section 4.1.11.
        if (header.TryGetProperty("crit", out _))
        {
            return "the token demands extensions that are not supported";
        }

        // A token for another purpose that happens to verify is no access token; RFC 8725, section 3.11.
        string? type = header.TryGetProperty("typ", out _) ? UnverifiedToken.TextOf(header, "typ") ?? "" : null;
        bool isAccessToken = type is null
            || type.Equals("JWT", StringComparison.OrdinalIgnoreCase)
            || type.Equals("at+jwt", StringComparison.OrdinalIgnoreCase)
            || type.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase);
        return isAccessToken ? null : "the token is not an access token, by its 'typ'";
    }

    private TokenValidationParameters ParametersFor(ImmutableArray<VerificationKey> candidates, string algorithm) => new()
    {
        // By IssuerSigningKeys the library tries only the first of several keys with one 'kid'; RFC 7517, section 4.5, allows several.
        IssuerSigningKeyResolver = (_, _, _, _) => candidates.Select(candidate => candidate.Key),
        RequireSignedTokens = true,
        ValidAlgorithms = [algorithm],
        ValidIssuer = issuer.Issuer,
        ValidateAudience = false, // It depends on the server that is called: see TokenAudiences.
        ValidateLifetime = false, // The library reads the system's clock; the gateway's own counts.
    };

    private AuthenticationResult Identify(JsonElement claims)
    {
        if (!TokenClaims.TryReadPart(claims, [issuer.UserClaim], out string? user, out string? wrong)
            || !TokenClaims.TryReadPart(claims, issuer.TenantClaims, out string? tenant, out wrong)
            || !TokenClaims.TryReadPart(claims, issuer.ClientClaims, out string? client, out wrong))
        {
            return AuthenticationResult.Failed(wrong!);
        }

        if (user is null)
        {
            return AuthenticationResult.Failed($"the token names no user: its claim '{issuer.UserClaim}' is absent or empty");
        }

        CallerIdentity caller = new(issuer.Issuer, user, tenant, client) { UserSpansTenants = userSpansTenants };
        CallerClaims granted = CallerClaims.OfToken(claims);
        return AuthenticationResult.Succeeded(granted.AddTo(caller, claimNames), granted);
    }

    private static string Describe(Exception exception) => exception switch
    {
        SecurityTokenInvalidIssuerException => "the token is of another issuer",
        SecurityTokenInvalidAlgorithmException => "the token's algorithm is not accepted",
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => "the token's signature is wrong",
        _ => "the token cannot be verified",
    };
}
