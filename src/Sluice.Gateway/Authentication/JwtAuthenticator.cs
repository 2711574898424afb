using System.Collections.Frozen;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Finds out who calls by the JSON Web Token that a request carries.</summary>
/// <remarks>Thread safety: any number of requests at a time.</remarks>
internal sealed class JwtAuthenticator : IAuthenticator, IDisposable
{
    private readonly FrozenDictionary<string, TokenVerifier> _byIssuer;
    private readonly FetchedKeys[] _fetched;
    private readonly IssuerDiscovery _discovery;
    private readonly VerifiedTokens _verified = new();

    /// <param name="issuers">The issuers, with different names.</param>
    /// <param name="time">The clock by which tokens expire.</param>
    /// <param name="logger">The log of what happens to keys.</param>
    /// <exception cref="FormatException">A key file is of no use; the message says which and why.</exception>
    internal JwtAuthenticator(IEnumerable<JwtIssuer> issuers, TimeProvider time, ILogger<JwtAuthenticator> logger)
    {
        _discovery = new IssuerDiscovery(time);
        Dictionary<string, TokenVerifier> verifiers = new(StringComparer.Ordinal);
        List<FetchedKeys> fetched = [];
        foreach (JwtIssuer issuer in issuers)
        {
            IKeySource keys;
            if (issuer.KeyFile is string file)
            {
                keys = FileKeys.Read(file);
            }
            else
            {
                FetchedKeys source = new(issuer.Issuer, stop => _discovery.FetchAsync(issuer.Issuer, stop), time, logger);
                fetched.Add(source);
                keys = source;
            }

            verifiers.Add(issuer.Issuer, new TokenVerifier(issuer, keys, time));
        }

        _byIssuer = verifiers.ToFrozenDictionary(StringComparer.Ordinal);
        _fetched = [.. fetched];
    }

    /// <summary>Asks every issuer for its keys before the first token comes; nothing waits for the answers.</summary>
    internal Task PrefetchAsync() => Task.WhenAll(_fetched.Select(keys => keys.PrefetchAsync()));

    public ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context)
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

        return VerifyAsync(text, context.RequestAborted);
    }

    public void Dispose() => _discovery.Dispose();

    private async ValueTask<AuthenticationResult> VerifyAsync(string text, CancellationToken cancellationToken)
    {
        if (_verified.TryFind(text, out VerifiedToken? known) && await known.Verifier.IsStillGoodAsync(known, cancellationToken))
        {
            return known.Result;
        }

        if (UnverifiedToken.Read(text) is not UnverifiedToken token)
        {
            return AuthenticationResult.Failed("the token is not a JSON Web Token");
        }

        if (UnverifiedToken.TextOf(token.Claims, "iss") is not string issuer || !_byIssuer.TryGetValue(issuer, out TokenVerifier? verifier))
        {
            return AuthenticationResult.Failed("the token is of an issuer that is not accepted here");
        }

        (AuthenticationResult result, VerifiedToken? verified) = await verifier.VerifyAsync(text, token, cancellationToken);
        if (verified is not null)
        {
            _verified.Add(text, verified);
        }

        return result;
    }
}
