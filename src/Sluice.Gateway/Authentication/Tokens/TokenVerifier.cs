using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Checks the tokens of one issuer by its keys and by nobody else's.</summary>
/// <remarks>
/// <para>Source: RFC 7519, section 7.2, and RFC 8725, JSON Web Token Best Current Practices.</para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed class TokenVerifier(JwtIssuer issuer, IKeySource keys, TimeProvider time)
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = UnverifiedToken.MaxLength };

    /// <summary>Who calls with a token that says that it is of this issuer, and what to remember when it is right.</summary>
    /// <param name="text">The token as it came.</param>
    /// <param name="token">What it says.</param>
    /// <param name="cancellationToken">The client went away.</param>
    internal async ValueTask<(AuthenticationResult Result, VerifiedToken? Verified)> VerifyAsync(
        string text, UnverifiedToken token, CancellationToken cancellationToken)
    {
        if (WhyHeaderIsWrong(token.Header, out string algorithm) is string wrongHeader)
        {
            return (AuthenticationResult.Failed(wrongHeader), null);
        }

        if (TokenValidity.Read(token.Claims) is not TokenValidity validity)
        {
            return (AuthenticationResult.Failed("the token's 'exp' or 'nbf' is not a time"), null);
        }

        string? id = UnverifiedToken.TextOf(token.Header, "kid");
        KeyAnswer answer = await keys.FindAsync(id, algorithm, cancellationToken);
        if (answer.Keys.IsEmpty)
        {
            return (
                answer.RetryAfter is TimeSpan wait
                    ? AuthenticationResult.Unavailable("the keys of the token's issuer cannot be fetched at the moment", wait)
                    : AuthenticationResult.Failed("the token is signed by a key that its issuer does not have"),
                null);
        }

        TokenValidationResult checkedToken = await Handler.ValidateTokenAsync(text, ParametersFor(answer.Keys, algorithm));
        string? wrong = checkedToken.IsValid ? validity.WhyNotAt(time.GetUtcNow()) : Describe(checkedToken.Exception);
        AuthenticationResult result = wrong is null ? Identify(token.Claims) : AuthenticationResult.Failed(wrong);
        return (result, result.IsSuccess ? new VerifiedToken(this, result, id, algorithm, answer.Generation, validity) : null);
    }

    /// <summary>Whether a token that this has verified is as good as it was then: in time, and by keys that are the same.</summary>
    internal async ValueTask<bool> IsStillGoodAsync(VerifiedToken token, CancellationToken cancellationToken)
    {
        KeyAnswer answer = await keys.FindAsync(token.KeyId, token.Algorithm, cancellationToken);
        return !answer.Keys.IsEmpty
            && answer.Generation == token.Generation
            && token.Validity.WhyNotAt(time.GetUtcNow()) is null;
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
        IgnoreTrailingSlashWhenValidatingAudience = false,
        IssuerSigningKeys = candidates.Select(candidate => candidate.Key),
        RequireSignedTokens = true,
        ValidAlgorithms = [algorithm],
        ValidAudiences = issuer.Audiences,
        ValidIssuer = issuer.Issuer,
        ValidateLifetime = false, // The library asks the system's clock; the gateway's own is asked below.
    };

    private AuthenticationResult Identify(JsonElement claims)
    {
        if (!TokenClaims.TryReadPart(claims, [issuer.UserClaim], out string? user, out string? wrong)
            || !TokenClaims.TryReadPart(claims, issuer.TenantClaims, out string? tenant, out wrong)
            || !TokenClaims.TryReadPart(claims, issuer.ClientClaims, out string? client, out wrong))
        {
            return AuthenticationResult.Failed(wrong!);
        }

        return user is null
            ? AuthenticationResult.Failed($"the token names no user: its claim '{issuer.UserClaim}' is absent or empty")
            : AuthenticationResult.Succeeded(new CallerIdentity(issuer.Issuer, user, tenant, client), CallerClaims.OfToken(claims));
    }

    private static string Describe(Exception exception) => exception switch
    {
        SecurityTokenInvalidAudienceException => "the token is for another audience",
        SecurityTokenInvalidIssuerException => "the token is of another issuer",
        SecurityTokenInvalidAlgorithmException => "the token's algorithm is not accepted",
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => "the token's signature is wrong",
        _ => "the token cannot be verified",
    };
}
