using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>An issuer whose JSON Web Tokens are accepted.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record JwtIssuer
{
    /// <summary>The claims in which a tenant is looked for, in this order, unless others are named.</summary>
    public static ImmutableArray<string> DefaultTenantClaims { get; } = ["tid", "org_id"];

    /// <summary>The claims in which a client is looked for, in this order, unless others are named.</summary>
    public static ImmutableArray<string> DefaultClientClaims { get; } = ["azp", "client_id"];

    /// <summary>The exact value of <c>iss</c>; a URL, unless <see cref="KeyFile"/> is set.</summary>
    /// <value>1 to 256 characters.</value>
    public required string Issuer { get; init; }

    /// <summary>
    /// The values of <c>aud</c> that are accepted besides the resource of the called server; for issuers that know no resources.
    /// </summary>
    /// <value>Each of 1 to 256 characters. The default is none.</value>
    public ImmutableArray<string> Audiences { get; init; } = [];

    /// <summary>A file with the public keys, as PEM or as a JSON Web Key Set; null to fetch them from the issuer.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The claim that names the user.</summary>
    /// <value>The default is <c>sub</c>.</value>
    public string UserClaim { get; init; } = "sub";

    /// <summary>The claims in which the tenant is looked for; the first that a token has counts.</summary>
    public ImmutableArray<string> TenantClaims { get; init; } = DefaultTenantClaims;

    /// <summary>The claims in which the client is looked for; the first that a token has counts.</summary>
    public ImmutableArray<string> ClientClaims { get; init; } = DefaultClientClaims;
}
