using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Claims;

namespace Sluice.DependencyInjection;

/// <summary>The caller that a host's authentication has verified.</summary>
/// <remarks>
/// <para>
/// User: <c>sub</c>, or the name identifier that it is mapped to. Tenant: <c>tid</c> or <c>org_id</c>. Client: <c>azp</c> or
/// <c>client_id</c>. Issuer: <c>iss</c>, or the issuer of the user's claim. All of one identity of the principal: claims of
/// different issuers are never mixed.
/// </para>
/// <para>Each part is brought into one spelling by <see cref="CallerIdentity.Normalize"/>.</para>
/// <para>Thread safety: any number of threads. An answer is remembered as long as its principal lives.</para>
/// </remarks>
public static class PrincipalIdentity
{
    private static readonly string[] SubjectClaims = ["sub", ClaimTypes.NameIdentifier];
    private static readonly string[] TenantClaims = ["tid", "org_id", "http://schemas.microsoft.com/identity/claims/tenantid"];
    private static readonly string[] ClientClaims = ["azp", "client_id"];
    private static readonly ConditionalWeakTable<ClaimsPrincipal, CallerIdentity> Known = [];
    private static readonly ConditionalWeakTable<ClaimsPrincipal, IdentityWithClaims> KnownWithClaims = [];

    /// <summary>The caller, or <see cref="CallerIdentity.None"/> for a principal that is not authenticated.</summary>
    /// <param name="principal">The principal, or null.</param>
    public static CallerIdentity Of(ClaimsPrincipal? principal) =>
        principal is null ? CallerIdentity.None : Known.GetValue(principal, static principal => Read(principal));

    /// <summary>The caller with the claims that a policy asks for; a claim that is there several times has several values.</summary>
    /// <param name="principal">The principal, or null.</param>
    /// <param name="policy">The policy.</param>
    /// <exception cref="ArgumentNullException"><paramref name="policy"/> is null.</exception>
    public static CallerIdentity Of(ClaimsPrincipal? principal, RateLimitPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (principal is null || policy.Claims.IsEmpty)
        {
            return Of(principal);
        }

        if (!KnownWithClaims.TryGetValue(principal, out IdentityWithClaims? known) || known.Claims != policy.Claims)
        {
            known = new IdentityWithClaims(policy.Claims, AddClaims(Of(principal), principal, policy.Claims));
            KnownWithClaims.AddOrUpdate(principal, known);
        }

        return known.Caller;
    }

    private static CallerIdentity AddClaims(CallerIdentity caller, ClaimsPrincipal principal, ImmutableArray<string> names) =>
        VerifiedIdentity(principal) is not ClaimsIdentity identity ? caller : names.Aggregate(
            caller, (known, name) => identity.FindAll(name).Select(claim => claim.Value).ToArray() is { Length: > 0 } values ? known.WithClaim(name, values) : known);

    private static ClaimsIdentity? VerifiedIdentity(ClaimsPrincipal principal) => principal.Identities
        .Where(identity => identity.IsAuthenticated)
        .OrderByDescending(identity => Find(identity, SubjectClaims) is not null)
        .FirstOrDefault();

    private static CallerIdentity Read(ClaimsPrincipal principal)
    {
        if (VerifiedIdentity(principal) is not ClaimsIdentity identity)
        {
            return CallerIdentity.None;
        }

        Claim? subject = Find(identity, SubjectClaims);
        Claim? tenant = Find(identity, TenantClaims);
        Claim? client = Find(identity, ClientClaims);
        string issuer = Text(identity.FindFirst("iss")) ?? (subject ?? tenant ?? client)?.Issuer ?? "";
        return new CallerIdentity(issuer, Text(subject), Text(tenant), Text(client));
    }

    private static Claim? Find(ClaimsIdentity identity, string[] types) =>
        types.Select(identity.FindFirst).FirstOrDefault(claim => Text(claim) is not null);

    private static string? Text(Claim? claim)
    {
        string? text = claim is null ? null : CallerIdentity.Normalize(claim.Value);
        return string.IsNullOrEmpty(text) ? null : text;
    }

    private sealed record IdentityWithClaims(ImmutableArray<string> Claims, CallerIdentity Caller);
}
