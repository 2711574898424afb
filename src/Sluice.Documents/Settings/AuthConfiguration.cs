using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>How callers are known.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record AuthConfiguration
{
    /// <summary>No caller is asked for credentials.</summary>
    public static AuthConfiguration None { get; } = new();

    /// <summary>The keys by which callers are known.</summary>
    public ApiKeyTable ApiKeys { get; init; } = ApiKeyTable.Empty;

    /// <summary>The issuers whose tokens are accepted, with different names.</summary>
    public ImmutableArray<JwtIssuer> JwtIssuers { get; init; } = [];

    /// <summary>The proxies that are believed, or null for none.</summary>
    public TrustedProxy? TrustedProxy { get; init; }

    /// <summary>Where clients reach the gateway: scheme, host, port and an optional path; null to go by each request.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>The values of <c>Origin</c> that may call a gateway on loopback, besides pages of this machine.</summary>
    public ImmutableArray<AllowedOrigin> Origins { get; init; } = [];

    /// <summary>How many different wrong credentials an address may send.</summary>
    /// <value>The default is 10 a minute.</value>
    public Rate Failures { get; init; } = new(10, TimeSpan.FromMinutes(1));

    /// <summary>Whether a caller that sends no credentials is served, without an identity.</summary>
    /// <value>The default is false: such a caller is answered 401.</value>
    public bool AllowsAnonymous { get; init; }

    /// <summary>Whether a user is the same in every tenant of an issuer.</summary>
    /// <value>The default is false: a user belongs to a tenant where one is known.</value>
    public bool UserAcrossTenants { get; init; }

    /// <summary>Whether any way of knowing callers is configured.</summary>
    public bool IdentifiesCallers => !ApiKeys.IsEmpty || !JwtIssuers.IsEmpty || TrustedProxy?.UserHeader is not null;

    /// <summary>
    /// Whether the gateway knows for certain where clients reach it, so that the address of a server can be a token's audience:
    /// <see cref="PublicUrl"/> is set, or it listens on loopback and no proxy is in front of it.
    /// </summary>
    /// <param name="listen">Where the gateway listens.</param>
    /// <exception cref="ArgumentNullException"><paramref name="listen"/> is null.</exception>
    public bool KnowsResources(Uri listen)
    {
        ArgumentNullException.ThrowIfNull(listen);
        return PublicUrl is not null || (listen.IsLoopback && TrustedProxy is null);
    }
}
