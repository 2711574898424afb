using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>A caller as the command line describes it.</summary>
/// <param name="User">The user; or null.</param>
/// <param name="Tenant">The tenant; or null.</param>
/// <param name="Client">The client; or null.</param>
/// <param name="Claims">The claims and their values.</param>
internal sealed record DescribedCaller(
    string? User, string? Tenant, string? Client, ImmutableSortedDictionary<string, ImmutableArray<string>> Claims)
{
    /// <summary>Where the API keys of the file gave a tenant or claims that the command line left out; else null.</summary>
    internal string? Source { get; private init; }

    /// <summary>The same caller with the tenant and the claims of the user's API keys, where all of them agree.</summary>
    /// <param name="auth">How callers are known.</param>
    /// <param name="notes">Takes what the caller should know.</param>
    internal DescribedCaller WithKeys(AuthConfiguration auth, ICollection<string> notes)
    {
        if (User is null || auth.ApiKeys.IsEmpty)
        {
            return this;
        }

        int[] keys = [.. Enumerable.Range(0, auth.ApiKeys.Count).Where(index => auth.ApiKeys.UserOf(index) == User)];
        ApiKeyGrant[] grants = [.. keys.Select(auth.ApiKeys.GrantOf).Distinct()];
        if (grants.Length == 0)
        {
            NoteUnknown(auth, notes);
            return this;
        }

        ApiKeyGrant[] fitting = [.. grants.Where(grant => Tenant is null || grant.Tenant == Tenant)];
        if (fitting.Length != 1)
        {
            notes.Add(fitting.Length == 0
                ? $"no API key of user '{User}' has the tenant '{Tenant}'."
                : $"the API keys of user '{User}' differ in tenant, scopes or claims. Describe the caller by --tenant and --claim.");
            return this;
        }

        Dictionary<string, ImmutableArray<string>> granted = new(CallerClaims.StatedOf(fitting[0]), StringComparer.Ordinal);
        bool adds = (Tenant is null && fitting[0].Tenant is not null) || granted.Keys.Any(name => !Claims.ContainsKey(name));
        return this with
        {
            Tenant = Tenant ?? fitting[0].Tenant,
            Claims = granted.Aggregate(
                Claims, (claims, claim) => claims.ContainsKey(claim.Key) ? claims : claims.Add(claim.Key, claim.Value)),
            Source = adds ? "auth.apiKeys" : null,
        };
    }

    /// <summary>The identity, with the claims that a policy asks for.</summary>
    internal CallerIdentity ToIdentity(bool userSpansTenants, ImmutableArray<string> asked) => Claims
        .Where(claim => asked.Contains(claim.Key))
        .Aggregate(
            new CallerIdentity(ApiKeyAuthenticator.Issuer, NormalOf(User), NormalOf(Tenant), NormalOf(Client)) { UserSpansTenants = userSpansTenants },
            (caller, claim) => caller.WithClaim(claim.Key, claim.Value));

    /// <summary>The parts in words: <c>user alice, tenant acme, claim team=search</c>.</summary>
    public override string ToString() => (User, Tenant, Client, Claims.Count) is (null, null, null, 0)
        ? "no identity"
        : string.Join(", ", Parts());

    private IEnumerable<string> Parts()
    {
        yield return User is null ? "no user" : $"user {User}";
        if (Tenant is not null)
        {
            yield return $"tenant {Tenant}";
        }

        if (Client is not null)
        {
            yield return $"client {Client}";
        }

        foreach ((string name, ImmutableArray<string> values) in Claims)
        {
            yield return $"claim {name}={string.Join(" and ", values)}";
        }
    }

    private void NoteUnknown(AuthConfiguration auth, ICollection<string> notes)
    {
        bool canBeOther = !auth.JwtIssuers.IsEmpty || auth.TrustedProxy is not null;
        string? near = NearestName.Find(User!, auth.ApiKeys.Select(key => key.User).Distinct());
        if (near is not null || !canBeOther)
        {
            notes.Add($"no API key is for the user {Shown.Quote(User!)}.{(near is null ? "" : $" Did you mean '{near}'?")}");
        }
    }

    private static string? NormalOf(string? part) => part is null ? null : CallerIdentity.Normalize(part);
}
