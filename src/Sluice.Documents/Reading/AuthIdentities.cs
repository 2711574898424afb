namespace Sluice.Documents;

/// <summary>Which parts of an identity a checked <c>auth</c> can give.</summary>
internal static class AuthIdentities
{
    /// <summary>What API keys' scopes are, as the claim of a token.</summary>
    private const string ScopeClaim = "scope";

    /// <summary>What it gives.</summary>
    internal static KnownIdentities Of(AuthConfiguration auth)
    {
        bool hasTokens = !auth.JwtIssuers.IsEmpty;
        return new KnownIdentities(
            auth.IdentifiesCallers,
            HasTenants: hasTokens || auth.TrustedProxy?.TenantHeader is not null || auth.ApiKeys.HasTenants,
            HasClients: hasTokens || auth.TrustedProxy?.ClientHeader is not null,
            HasTokens: hasTokens)
        {
            Claims =
            [
                .. auth.ApiKeys.Grants.ToArray().SelectMany(
                    grant => grant.Scopes.IsEmpty ? grant.Claims.Keys : grant.Claims.Keys.Append(ScopeClaim))
                    .Concat(auth.TrustedProxy?.ClaimHeaders.Select(header => header.Key) ?? [])
                    .Distinct(StringComparer.Ordinal),
            ],
        };
    }
}
