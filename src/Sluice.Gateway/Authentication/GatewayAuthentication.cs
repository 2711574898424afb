using System.Collections.Immutable;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Everything that the gateway does to know its callers, put together as its configuration says.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class GatewayAuthentication
{
    private readonly JwtAuthenticator? _tokens;
    private readonly ApiKeyAuthenticator? _keys;
    private readonly WrongCredentialLimiter _limiter;

    /// <param name="configuration">How callers are known. Of claims, identities keep those alone that the servers' limits ask for.</param>
    /// <param name="keys">The keys of the issuers.</param>
    /// <param name="paths">The servers.</param>
    /// <param name="documents">Asks servers for their metadata.</param>
    /// <param name="previous">The one under the configuration before, whose counts and verified tokens are kept; or null.</param>
    /// <param name="time">The clock.</param>
    internal GatewayAuthentication(
        GatewayConfiguration configuration,
        IssuerKeys keys,
        ServerPaths paths,
        DocumentClient documents,
        GatewayAuthentication? previous,
        TimeProvider time)
    {
        AuthConfiguration auth = configuration.Auth;
        ImmutableArray<string> claimNames =
            [.. configuration.Servers.SelectMany(server => server.Policy?.Claims ?? []).Distinct(StringComparer.Ordinal)];
        Keys = keys;
        TrustedProxies proxies = new(auth.TrustedProxy?.From ?? []);
        ForwardedHeaders = new ForwardedHeaders(proxies, auth.TrustedProxy, auth.PublicUrl);
        Address = new PublicAddress(auth.PublicUrl, configuration.Listen.IsLoopback, proxies);
        _limiter = new WrongCredentialLimiter(auth.Failures, proxies, time, previous?._limiter);
        if (!auth.JwtIssuers.IsEmpty)
        {
            _tokens = new JwtAuthenticator(auth, claimNames, keys, new TokenAudiences(paths, Address), _limiter, time, previous?._tokens);
            Metadata = new ResourceMetadata(new IssuerMetadata(auth.JwtIssuers), paths, Address);
        }
        else if (auth.ApiKeys.IsEmpty) // The servers check the tokens of clients.
        {
            Metadata = new ResourceMetadata(new UpstreamMetadata(documents), paths, Address);
            ForwardsSignIn = true;
        }

        _keys = auth.ApiKeys.IsEmpty
            ? null
            : new ApiKeyAuthenticator(new KnownKeys(auth.ApiKeys, auth.UserAcrossTenants, claimNames), leavesTokens: _tokens is not null);
        Challenges = new Challenges(_tokens is null ? null : Metadata);
        if (auth.IdentifiesCallers)
        {
            Authenticator = new AuthenticatorChain(
                [.. Ways(auth, claimNames, proxies)], _limiter, WhatIsMissing(auth), auth.AllowsAnonymous);
        }
    }

    /// <summary>The keys of the issuers.</summary>
    internal IssuerKeys Keys { get; }

    /// <summary>Finds out who calls; null when no caller is asked.</summary>
    internal IAuthenticator? Authenticator { get; }

    /// <summary>Cleans requests of what only a trusted proxy may say.</summary>
    internal ForwardedHeaders ForwardedHeaders { get; }

    /// <summary>Where clients reach the gateway.</summary>
    internal PublicAddress Address { get; }

    /// <summary>Tells clients where they get tokens; null when they get none.</summary>
    internal ResourceMetadata? Metadata { get; }

    /// <summary>Whether the servers sign in their callers themselves, as far as the gateway knows.</summary>
    internal bool ForwardsSignIn { get; }

    /// <summary>Answers callers who are not known or not allowed.</summary>
    internal Challenges Challenges { get; }

    /// <summary>Asks issuers for their keys, so that the first caller need not wait for them.</summary>
    internal Task PrefetchAsync() => Keys.PrefetchAsync();

    /// <summary>Removes the gateway's own API keys from a request before it is forwarded.</summary>
    internal void RemoveKeys(HttpContext context) => _keys?.RemoveKeys(context.Request.Headers);

    /// <summary>Names the gateway's address of metadata in the challenges of a server that signs in its callers itself.</summary>
    internal void RewriteChallenges(HttpContext context)
    {
        if (ForwardsSignIn && Metadata is ResourceMetadata metadata)
        {
            string address = metadata.UrlFor(context);
            context.Response.OnStarting(() =>
            {
                IHeaderDictionary headers = context.Response.Headers;
                if (headers.WWWAuthenticate.Count > 0)
                {
                    headers.WWWAuthenticate = UpstreamMetadata.Rewrite(headers.WWWAuthenticate, address);
                }

                return Task.CompletedTask;
            });
        }
    }

    private IEnumerable<IAuthenticator> Ways(AuthConfiguration auth, ImmutableArray<string> claimNames, TrustedProxies proxies)
    {
        if (auth.TrustedProxy is { UserHeader: not null } proxy)
        {
            yield return new ProxyAuthenticator(proxies, proxy, auth.UserAcrossTenants, claimNames);
        }

        if (_keys is not null)
        {
            yield return _keys;
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
