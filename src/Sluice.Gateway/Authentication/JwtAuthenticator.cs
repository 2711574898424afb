using System.Collections.Frozen;
using System.Collections.Immutable;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Finds out who calls by the JSON Web Token that a request carries.</summary>
/// <remarks>Thread safety: any number of requests at a time.</remarks>
internal sealed class JwtAuthenticator : IAuthenticator
{
    private readonly FrozenDictionary<string, TokenVerifier> _byIssuer;
    private readonly TokenAudiences _audiences;
    private readonly WrongCredentialLimiter _limiter;
    private readonly VerifiedTokens _verified;

    /// <param name="auth">The issuers, with different names.</param>
    /// <param name="claimNames">The claims that limits ask for.</param>
    /// <param name="keys">The keys of the issuers.</param>
    /// <param name="audiences">Decides for which server a token is.</param>
    /// <param name="limiter">Tells from whom forged tokens come.</param>
    /// <param name="time">The clock by which tokens expire.</param>
    /// <param name="previous">The one under the configuration before; or null. What it has verified stays verified if all its issuers
    /// stay.</param>
    internal JwtAuthenticator(
        AuthConfiguration auth,
        ImmutableArray<string> claimNames,
        IssuerKeys keys,
        TokenAudiences audiences,
        WrongCredentialLimiter limiter,
        TimeProvider time,
        JwtAuthenticator? previous = null)
    {
        _audiences = audiences;
        _limiter = limiter;
        Dictionary<string, TokenVerifier> verifiers = new(StringComparer.Ordinal);
        foreach (JwtIssuer issuer in auth.JwtIssuers)
        {
            TokenVerifier? before = previous?._byIssuer.GetValueOrDefault(issuer.Issuer);
            verifiers.Add(
                issuer.Issuer,
                before?.IsFor(issuer, auth.UserAcrossTenants, claimNames, keys[issuer]) == true
                    ? before
                    : new TokenVerifier(issuer, auth.UserAcrossTenants, claimNames, keys[issuer], time));
        }

        _byIssuer = verifiers.ToFrozenDictionary(StringComparer.Ordinal);
        SuspectTurns = previous?.SuspectTurns ?? new SemaphoreSlim(Math.Max(1, Environment.ProcessorCount / 4));

        // A token of an issuer that was removed, or whose claims are now read in another way, must not be found.
        _verified = previous?._byIssuer.Values.All(verifiers.ContainsValue) == true ? previous._verified : new VerifiedTokens();
    }

    /// <summary>
    /// The turns in which signatures of suspect tokens are checked. A flood of forged tokens takes no more of the machine than this, and a
    /// right token among them is served in its turn.
    /// </summary>
    internal SemaphoreSlim SuspectTurns { get; }

    public ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context, string server)
    {
        if (BearerCredential.IsAmbiguous(context.Request.Headers))
        {
            return ValueTask.FromResult(AuthenticationResult.Failed(BearerCredential.Twice));
        }

        if (!BearerCredential.TryRead(context.Request.Headers, out string? text))
        {
            return ValueTask.FromResult(AuthenticationResult.NoCredentials("no token was sent"));
        }

        if (text.Length > UnverifiedToken.MaxLength)
        {
            return ValueTask.FromResult(AuthenticationResult.Failed($"the token has more than {UnverifiedToken.MaxLength} characters"));
        }

        return VerifyAsync(context, server, text);
    }

    private async ValueTask<AuthenticationResult> VerifyAsync(HttpContext context, string server, string text)
    {
        CancellationToken stop = context.RequestAborted;
        if (_verified.TryFind(text, out VerifiedToken? known) && await known.Verifier.IsStillVerifiedAsync(known, stop))
        {
            return Judge(context, server, known);
        }

        if (UnverifiedToken.Read(text) is not UnverifiedToken token)
        {
            return AuthenticationResult.Wrong(
                UnverifiedToken.IsEncrypted(text)
                    ? "the token is encrypted for another recipient; its issuer must sign only (OpenIddict: DisableAccessTokenEncryption)"
                    : "the token is not a JSON Web Token",
                text);
        }

        string? issuer = UnverifiedToken.TextOf(token.Claims, "iss");
        if (issuer is null || !_byIssuer.TryGetValue(issuer, out TokenVerifier? verifier))
        {
            return AuthenticationResult.Wrong(WhyNotAccepted(issuer), text);
        }

        SemaphoreSlim? queue = _limiter.IsSuspect(context, text) ? SuspectTurns : null;
        (VerifiedToken? verified, AuthenticationResult? rejection) = await verifier.VerifyAsync(text, token, queue, stop);
        if (verified is null)
        {
            return rejection!;
        }

        // A token that has expired is remembered too: a client that repeats it costs no signature.
        _verified.Add(text, verified);
        AuthenticationResult first = Judge(context, server, verified);
        return first.IsSuccess ? first : first.Noted();
    }

    private AuthenticationResult Judge(HttpContext context, string server, VerifiedToken token)
    {
        string? wrong = token.Verifier.WhyNotNow(token)
            ?? _audiences.WhyNotFor(context, server, token.Audiences, token.Verifier.Audiences);
        return wrong is null ? token.Result : AuthenticationResult.Failed(wrong);
    }

    private string WhyNotAccepted(string? issuer)
    {
        const string Refused = "the token is of an issuer that is not accepted here";
        string? other = issuer is null ? null : issuer.EndsWith('/') ? issuer[..^1] : issuer + "/";
        return other is not null && _byIssuer.ContainsKey(other)
            ? $"{Refused}: 'auth.jwt.issuer' is '{other}', and the token's differs from it by the final slash"
            : Refused;
    }
}
