using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>How callers are known.</summary>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record AuthConfiguration
{
    /// <summary>Nobody is asked who they are.</summary>
    public static AuthConfiguration None { get; } = new();

    /// <summary>The keys by which callers are known.</summary>
    public ImmutableArray<ApiKey> ApiKeys { get; init; } = [];

    /// <summary>The issuers whose tokens are accepted, with different names.</summary>
    public ImmutableArray<JwtIssuer> JwtIssuers { get; init; } = [];

    /// <summary>The proxies that are believed, or null for none.</summary>
    public TrustedProxy? TrustedProxy { get; init; }

    /// <summary>Where clients reach the gateway, as scheme, host and port; null to go by each request.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>How many credentials an address may get wrong.</summary>
    /// <value>The default is 10 a minute.</value>
    public Rate Failures { get; init; } = new(10, TimeSpan.FromMinutes(1));

    /// <summary>Whether any way of knowing callers is configured, so that unknown ones are refused.</summary>
    public bool IdentifiesCallers => !ApiKeys.IsEmpty || !JwtIssuers.IsEmpty || TrustedProxy?.UserHeader is not null;
}
