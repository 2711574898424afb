namespace Sluice.Gateway;

/// <summary>Whose bounds a session counts against: the user's, or the address' where no user is known.</summary>
internal static class SessionOwner
{
    /// <summary>The owner of a session that a request begins.</summary>
    internal static CallerIdentity Of(HttpContext context, CallerIdentity caller, TrustedProxies proxies) => caller.Subject is null
        ? AddressIdentity.Of(proxies.ClientOf(context))
        : new CallerIdentity(caller.Issuer, caller.Subject, caller.UserSpansTenants ? null : caller.Tenant, client: null);
}
