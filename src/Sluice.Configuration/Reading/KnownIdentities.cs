namespace Sluice.Configuration.Reading;

/// <summary>Which parts of an identity the file's <c>auth</c> can give.</summary>
/// <param name="HasUsers">Whether callers are known at all.</param>
/// <param name="HasTenants">Whether some of them have a tenant.</param>
internal sealed record KnownIdentities(bool HasUsers, bool HasTenants)
{
    /// <summary>Null, or why a limit of this scope could not tell callers apart.</summary>
    internal string? WhyUnknown(string scope) => scope switch
    {
        "perUser" or "perTenant" or "perClient" when !HasUsers =>
            "needs to know who calls, and the file has no 'auth'. Add auth.apiKeys, or use 'shared'.",
        "perTenant" when !HasTenants =>
            "needs to know the caller's tenant, and no entry of auth.apiKeys has one. Add 'tenant' to the keys, or use 'perUser'.",
        "perClient" =>
            "needs to know the calling client, and API keys do not carry one. Use 'perUser'.",
        _ => null,
    };
}
