using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Reads whom a request to <c>/api/v1</c> is about.</summary>
internal static class NamedCaller
{
    /// <summary>The fields.</summary>
    internal static readonly ImmutableArray<string> Fields = ["user", "tenant", "client", "claims", "issuer"];

    private const string ApiKeys = "apiKeys";
    private const string Proxy = "trustedProxy";

    /// <summary>The caller of the fields; faults are noted in the body.</summary>
    /// <param name="body">The request.</param>
    /// <param name="auth">How callers are known.</param>
    /// <param name="isRequired">Whether the body must name a caller.</param>
    internal static CallerIdentity Read(ApiBody body, AuthConfiguration auth, bool isRequired = false)
    {
        string? user = Part(body, "user");
        string? tenant = Part(body, "tenant");
        string? client = Part(body, "client");
        KeyValuePair<string, string[]>[] claims = [.. body.Claims("claims")];
        bool isKnown = user is not null || tenant is not null || client is not null || claims.Length > 0;
        if (isRequired && !isKnown)
        {
            body.Refuse("The caller is missing. Add 'user', 'tenant', 'client' or 'claims'.");
        }

        string issuer = ReadIssuer(body, auth, isKnown);
        CallerIdentity caller = new(issuer, user, tenant, client) { UserSpansTenants = auth.UserAcrossTenants };
        return claims.Aggregate(caller, (known, claim) => known.WithClaim(claim.Key, claim.Value));
    }

    /// <summary>Whether a recent caller is one that the fields mean: all parts that they name are the same.</summary>
    internal static bool IsMeant(CallerIdentity named, CallerIdentity caller) =>
        caller.Issuer == named.Issuer
        && (named.Subject is null || caller.Subject == named.Subject)
        && (named.Tenant is null || caller.Tenant == named.Tenant)
        && (named.Client is null || caller.Client == named.Client);

    private static string? Part(ApiBody body, string name)
    {
        if (body.Text(name) is not string text)
        {
            return null;
        }

        string part = CallerIdentity.Normalize(text);
        if (part.Length == 0)
        {
            body.Refuse($"'{name}' is empty. Leave it out.");
        }

        return part.Length == 0 ? null : part;
    }

    // A user of one issuer is not the user of that name of another one.
    private static string ReadIssuer(ApiBody body, AuthConfiguration auth, bool isKnown)
    {
        List<(string Name, string Issuer)> known = [.. auth.JwtIssuers.Select(issuer => (issuer.Issuer, issuer.Issuer))];
        if (!auth.ApiKeys.IsEmpty)
        {
            known.Add((ApiKeys, ApiKeyAuthenticator.Issuer));
        }

        if (auth.TrustedProxy?.UserHeader is not null)
        {
            known.Add((Proxy, ProxyAuthenticator.Issuer));
        }

        string[] names = [.. known.Select(issuer => issuer.Name)];
        if (body.Text("issuer") is string asked)
        {
            int index = Array.IndexOf(names, asked);
            if (index < 0)
            {
                body.Refuse(names.Length == 0
                    ? "'issuer' has no effect, since the gateway does not ask who calls. Leave it out."
                    : $"'issuer' is {Shown.Quote(asked)}, which is no issuer of this gateway. {NearestName.Advice(asked, names)}");
            }

            return index < 0 ? "" : known[index].Issuer;
        }

        if (known.Count > 1 && isKnown)
        {
            body.Refuse($"Several issuers identify callers. Name one: 'issuer' is one of {string.Join(", ", names)}.");
        }

        return known.Count == 0 ? "" : known[0].Issuer;
    }
}
