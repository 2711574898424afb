using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Everything that the gateway does to know its callers, put together as its configuration says.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class GatewayAuthentication : IDisposable
{
    private readonly JwtAuthenticator? _tokens;

    /// <param name="auth">How callers are known.</param>
    /// <param name="paths">The servers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <exception cref="FormatException">A key file is of no use; the message says which and why.</exception>
    internal GatewayAuthentication(AuthConfiguration auth, ServerPaths paths, TimeProvider time, ILogger<JwtAuthenticator> logger)
    {
        TrustedProxies proxies = new(auth.TrustedProxy?.From ?? []);
        ForwardedHeaders = new ForwardedHeaders(proxies, auth.TrustedProxy);
        if (!auth.JwtIssuers.IsEmpty)
        {
            _tokens = new JwtAuthenticator(auth.JwtIssuers, time, logger);
            Metadata = new ResourceMetadata(auth.JwtIssuers, paths, new PublicOrigin(auth.PublicUrl, proxies));
        }

        Challenges = new Challenges(Metadata);
        if (auth.IdentifiesCallers)
        {
            AuthenticatorChain chain = new([.. Ways(auth, proxies)], WhatIsMissing(auth));
            Authenticator = new FailureLimiter(chain, auth.Failures, proxies, time);
        }
    }

    /// <summary>Finds out who calls; null when nobody is asked.</summary>
    internal IAuthenticator? Authenticator { get; }

    /// <summary>Cleans requests of what only a trusted proxy may say.</summary>
    internal ForwardedHeaders ForwardedHeaders { get; }

    /// <summary>Tells clients where they get tokens; null when tokens are not accepted.</summary>
    internal ResourceMetadata? Metadata { get; }

    /// <summary>Answers callers who are not known or not allowed.</summary>
    internal Challenges Challenges { get; }

    /// <summary>Asks issuers for their keys, so that the first caller need not wait for them.</summary>
    internal Task PrefetchAsync() => _tokens?.PrefetchAsync() ?? Task.CompletedTask;

    public void Dispose() => _tokens?.Dispose();

    private IEnumerable<IAuthenticator> Ways(AuthConfiguration auth, TrustedProxies proxies)
    {
        if (auth.TrustedProxy is { UserHeader: not null } proxy)
        {
            yield return new ProxyAuthenticator(proxies, proxy);
        }

        if (!auth.ApiKeys.IsEmpty)
        {
            yield return new ApiKeyAuthenticator(auth.ApiKeys, leavesTokens: _tokens is not null);
        }

        if (_tokens is not null)
        {
            yield return _tokens;
        }
    }

    private static string WhatIsMissing(AuthConfiguration auth) => (auth.ApiKeys.IsEmpty, auth.JwtIssuers.IsEmpty) switch
    {
        (false, true) => "no API key was sent. Send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
        (true, false) => "no token was sent. Send 'Authorization: Bearer TOKEN'",
        (false, false) => "neither a token nor an API key was sent. Send 'Authorization: Bearer TOKEN' or 'X-API-Key: KEY'",
        (true, true) => "no trusted proxy says who calls. Call by way of the proxy",
    };
}
