namespace Sluice;

/// <summary>The limits of one kind of call, for every combination of identity parts that a caller may lack.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class LimitSet
{
    private const int Combinations = 8;
    private readonly ApplicableLimits _whole;
    private readonly ApplicableLimits[]? _byKnownParts;

    /// <param name="limits">The limits, in order.</param>
    /// <param name="cost">Tokens per call.</param>
    /// <param name="missingIdentity">What a scoped limit does to a caller without its part.</param>
    /// <param name="operation">The configured operation that the calls match, as a label.</param>
    /// <param name="wait">How long a call may be held.</param>
    internal LimitSet(
        RateLimit[] limits,
        int cost,
        MissingIdentity missingIdentity,
        string operation = LimitNames.OtherOperation,
        TimeSpan wait = default)
    {
        _whole = new ApplicableLimits(limits, cost, operation: operation, wait: wait);
        if (missingIdentity == MissingIdentity.Pool)
        {
            return; // Pooled callers have a bucket of their own kind, which is the store's business.
        }

        _byKnownParts = new ApplicableLimits[Combinations];
        for (int known = 0; known < Combinations; known++)
        {
            // A permissive limit refuses nobody, with its identity or without.
            ILookup<bool, RateLimit> byWhetherMet = limits.ToLookup(limit => (Bit(limit.Scope) & ~known) == 0);
            _byKnownParts[known] = missingIdentity == MissingIdentity.Skip
                ? new ApplicableLimits([.. byWhetherMet[true]], cost, operation: operation, wait: wait)
                : new ApplicableLimits(
                    limits, cost, byWhetherMet[false].FirstOrDefault(limit => limit.Mode == LimitMode.Enforce), operation, wait);
        }
    }

    /// <summary>No limits.</summary>
    internal static LimitSet None { get; } = new([], 1, MissingIdentity.Pool);

    /// <summary>The limits for one caller.</summary>
    internal ApplicableLimits For(CallerIdentity caller) => _byKnownParts is null ? _whole : _byKnownParts[KnownParts(caller)];

    private static int KnownParts(CallerIdentity caller) =>
        (caller.Tenant is null ? 0 : Bit(RateLimitScope.PerTenant))
        | (caller.Subject is null ? 0 : Bit(RateLimitScope.PerUser))
        | (caller.Client is null ? 0 : Bit(RateLimitScope.PerClient));

    private static int Bit(RateLimitScope scope) => scope == RateLimitScope.Shared ? 0 : 1 << ((int)scope - 1);
}
