using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Which parts of an identity the file's <c>auth</c> can give.</summary>
/// <param name="HasUsers">Whether callers are known at all.</param>
/// <param name="HasTenants">Whether some of them have a tenant.</param>
/// <param name="HasClients">Whether some of them have a client.</param>
/// <param name="HasTokens">Whether tokens are accepted, whose issuers may put any claim into them.</param>
internal sealed record KnownIdentities(bool HasUsers, bool HasTenants, bool HasClients, bool HasTokens)
{
    /// <summary>Everything, for a file whose <c>auth</c> has faults of its own.</summary>
    internal static KnownIdentities All { get; } = new(true, true, true, true);

    /// <summary>Nothing: no <c>auth</c>.</summary>
    internal static KnownIdentities None { get; } = new(false, false, false, false);

    /// <summary>One user, who started this process: there is no <c>auth</c>, and no other user.</summary>
    internal static KnownIdentities ThisProcess { get; } = new(true, false, false, false) { IsLocal = true };

    private bool IsLocal { get; init; }

    /// <summary>The claims that keys and proxies give, beside tokens.</summary>
    internal ImmutableArray<string> Claims { get; init; } = [];

    /// <summary>Whether both give the same.</summary>
    public bool Equals(KnownIdentities? other) =>
        other is not null
        && (HasUsers, HasTenants, HasClients) == (other.HasUsers, other.HasTenants, other.HasClients)
        && (HasTokens, IsLocal) == (other.HasTokens, other.IsLocal)
        && Claims.AsSpan().SequenceEqual(other.Claims.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(HasUsers, HasTenants, HasClients, HasTokens, IsLocal, Claims.Length);

    /// <summary>Null, or why no caller could have a claim.</summary>
    internal string? WhyNoClaim(string claim) =>
        HasTokens || Claims.Contains(claim) ? null
        : IsLocal ? "is a claim, and over stdio there is only the user who runs the server, who has none. Use 'perUser' or 'shared'."
        : !HasUsers ? "is a claim of the caller, and no 'auth' tells any. Add auth.apiKeys or auth.jwt."
        : "is a claim that nothing in 'auth' gives. "
            + $"{Advice(claim)}Add it to 'claims' of an API key or to trustedProxy.claimHeaders, or accept tokens by auth.jwt.";

    private string Advice(string claim) => NearestName.Find(claim, Claims) is string near ? $"Did you mean '{near}'? " : "";

    /// <summary>Null, or why a limit of this scope could not tell callers apart.</summary>
    /// <param name="scope">A scope as configuration spells it.</param>
    internal string? WhyUnknown(string scope) => scope switch
    {
        "perUser" or "perTenant" or "perClient" when !HasUsers =>
            "needs to know who calls, and no 'auth' tells it. Add auth.apiKeys or auth.jwt, or use 'shared'.",
        "perTenant" or "perClient" when IsLocal =>
            "needs a tenant or a client, and over stdio there is only the user who runs the server. Use 'perUser' or 'shared'.",
        "perTenant" when !HasTenants =>
            "needs the caller's tenant, and nothing in 'auth' tells it. "
                + "Add 'tenant' to the keys or 'tenantHeader' to the proxy, or use 'perUser'.",
        "perClient" when !HasClients =>
            "needs the client that calls, and nothing in 'auth' tells it: API keys do not. Use 'perUser', or auth.jwt.",
        _ => null,
    };
}
