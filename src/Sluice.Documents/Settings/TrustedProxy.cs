using System.Collections.Immutable;
using System.Net;

namespace Sluice.Documents;

/// <summary>The proxies whose headers are believed, and what they say in them.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record TrustedProxy
{
    /// <summary>The networks in which they are; at least one, none of them all addresses.</summary>
    public required ImmutableArray<IPNetwork> From { get; init; }

    /// <summary>The header that names the user; null where proxies are trusted only to name the address of a client.</summary>
    public string? UserHeader { get; init; }

    /// <summary>The header that names the user's tenant, or null.</summary>
    public string? TenantHeader { get; init; }

    /// <summary>The header that names the client, or null.</summary>
    public string? ClientHeader { get; init; }

    /// <summary>Claims of the user, and the header that has the values of each, with commas between them.</summary>
    public ImmutableArray<KeyValuePair<string, string>> ClaimHeaders { get; init; } = [];
}
