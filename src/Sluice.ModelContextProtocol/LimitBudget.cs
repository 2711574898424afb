namespace Sluice.ModelContextProtocol;

/// <summary>What a caller has left of one limit.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="State">Its state: whole tokens left, and the time until it is full.</param>
public readonly record struct LimitBudget(RateLimit Limit, LimitState State);
