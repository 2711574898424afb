using Microsoft.IdentityModel.Tokens;

namespace Sluice.Gateway;

/// <summary>A public key by which tokens are verified.</summary>
/// <param name="Key">The key.</param>
/// <param name="Id">What tokens call it by <c>kid</c>; null when it has no name.</param>
/// <param name="Algorithm">The one algorithm for which it is meant; null for all that it can do.</param>
/// <param name="Family">What the names of its algorithms begin with: <c>RS</c>, which also covers <c>PS</c>, or the whole of one of
/// <c>ES…</c>.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record VerificationKey(SecurityKey Key, string? Id, string? Algorithm, string Family)
{
    internal const string Rsa = "RS";

    /// <summary>The algorithms of signatures that are accepted: those of public keys.</summary>
    /// <remarks>Source: RFC 7518, section 3.1, and RFC 8725, section 3.1: a shared secret or none is not among them.</remarks>
    internal static readonly string[] Algorithms =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    /// <summary>Whether it can have made a signature.</summary>
    /// <param name="id">The token's <c>kid</c>, or null.</param>
    /// <param name="algorithm">The token's <c>alg</c>, one of <see cref="Algorithms"/>.</param>
    internal bool CanVerify(string? id, string algorithm) =>
        (id is null || Id is null || id == Id)
        && (Algorithm is null || Algorithm == algorithm)
        && (Family == Rsa ? algorithm[0] is 'R' or 'P' : Family == algorithm);
}
