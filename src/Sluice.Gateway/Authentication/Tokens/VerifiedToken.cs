namespace Sluice.Gateway;

/// <summary>A token that was verified, and what may change that.</summary>
/// <param name="Verifier">Its issuer's verifier.</param>
/// <param name="Result">Who calls with it.</param>
/// <param name="KeyId">Its <c>kid</c>, or null.</param>
/// <param name="Algorithm">Its <c>alg</c>.</param>
/// <param name="Generation">The generation of the issuer's keys by which it was verified.</param>
/// <param name="Validity">When it is valid.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record VerifiedToken(
    TokenVerifier Verifier, AuthenticationResult Result, string? KeyId, string Algorithm, long Generation, TokenValidity Validity);
