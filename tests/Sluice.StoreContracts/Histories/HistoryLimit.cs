namespace Sluice.StoreContracts;

/// <summary>A limit of a history's policy.</summary>
/// <param name="Kind">On the server, the method <c>tools/call</c> or the tool <c>search</c>.</param>
/// <param name="Scope">Who shares a bucket.</param>
/// <param name="Rate">How many tokens, how often.</param>
public sealed record HistoryLimit(OperationKind Kind, RateLimitScope Scope, Rate Rate);
