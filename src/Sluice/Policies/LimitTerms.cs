namespace Sluice;

/// <summary>What the limits of one entry have in common, apart from their numbers.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="OnStoreFailure">What decides while the store does not answer.</param>
/// <param name="Rejection">How rejections look on the wire.</param>
/// <param name="Shares">Whether the buckets may be divided among processes.</param>
/// <param name="Path">Where the limit is written, from the root of the settings: <c>tools[0].perUser</c>.</param>
internal readonly record struct LimitTerms(LimitMode Mode, StoreFailureMode OnStoreFailure, RejectionForm Rejection, bool Shares = true, string Path = "");
