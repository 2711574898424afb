using System.Collections.Immutable;

namespace Sluice;

/// <summary>Which callers are meant: those who match every list that is not empty.</summary>
/// <remarks>
/// <para>
/// Values compare as identities do: in Unicode's form NFC, without surrounding white space, otherwise exactly. A caller without the part of
/// the identity that a list names does not match it. Users, tenants and clients match for every issuer. Where several issuers are trusted,
/// a condition on the claim <c>iss</c> tells them apart.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed record CallerCondition
{
    /// <summary>The users, of whom the caller must be one.</summary>
    public ImmutableArray<string> Users { get; init; } = [];

    /// <summary>The tenants, to one of which the caller must belong.</summary>
    public ImmutableArray<string> Tenants { get; init; } = [];

    /// <summary>The clients, by one of which the caller must call.</summary>
    public ImmutableArray<string> Clients { get; init; } = [];

    /// <summary>Conditions on claims, all of which must hold; at most one for each claim.</summary>
    public ImmutableArray<ClaimCondition> Claims { get; init; } = [];

    /// <summary>Whether every caller matches.</summary>
    internal bool IsEmpty => Users.IsEmpty && Tenants.IsEmpty && Clients.IsEmpty && Claims.IsEmpty;
}
