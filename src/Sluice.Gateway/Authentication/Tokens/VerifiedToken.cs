using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>A token that its issuer signed, and everything on which its acceptance depends.</summary>
/// <param name="Verifier">Its issuer's verifier.</param>
/// <param name="Result">Who calls with it; or what is wrong with its claims.</param>
/// <param name="Audiences">Its audiences.</param>
/// <param name="KeyId">Its <c>kid</c>, or null.</param>
/// <param name="Algorithm">Its <c>alg</c>.</param>
/// <param name="Generation">The generation of the issuer's keys by which it was verified.</param>
/// <param name="Validity">When it is valid.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record VerifiedToken(
    TokenVerifier Verifier,
    AuthenticationResult Result,
    ImmutableArray<string> Audiences,
    string? KeyId,
    string Algorithm,
    long Generation,
    TokenValidity Validity);
