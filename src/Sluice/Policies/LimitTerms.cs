namespace Sluice;

/// <summary>What the limits of one entry have in common, apart from their numbers.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="OnStoreFailure">What decides while the store does not answer.</param>
/// <param name="Rejection">How rejections look on the wire.</param>
internal readonly record struct LimitTerms(LimitMode Mode, StoreFailureMode OnStoreFailure, RejectionForm Rejection);
