namespace Sluice;

/// <summary>What holds for the calls of one set of limits, apart from the limits.</summary>
/// <param name="PolicyCost">What a call costs where nothing else says it.</param>
/// <param name="OperationCost">What the operation or the method says that a call costs; null for nothing.</param>
/// <param name="MissingIdentity">What a limit does to a caller who lacks a part of its key.</param>
/// <param name="Operation">The configured operation that the calls match, as a label.</param>
/// <param name="PolicyWait">How long a call may be held where nothing else says it.</param>
/// <param name="OperationWait">What the operation or the method says of that; null for nothing.</param>
/// <param name="CostPath">Where <paramref name="OperationCost"/> is written.</param>
internal sealed record CallTerms(
    int PolicyCost,
    int? OperationCost,
    MissingIdentity MissingIdentity,
    string Operation = LimitNames.OtherOperation,
    TimeSpan PolicyWait = default,
    TimeSpan? OperationWait = null,
    string? CostPath = null)
{
    /// <summary>The terms of calls that nothing limits.</summary>
    internal static CallTerms None { get; } = new(1, null, MissingIdentity.Pool);

    /// <summary>
    /// The cost of a call that these limits count: as its operation or its method says, else as the first entry of <c>limits</c> says that
    /// has a cost, else as the policy says.
    /// </summary>
    internal int CostOf(IEnumerable<LimitGroup> groups) =>
        OperationCost ?? groups.Select(group => group.Named?.Settings.Cost).FirstOrDefault(cost => cost is not null) ?? PolicyCost;

    /// <summary>How long a call that these limits count may be held, decided in the same way as its cost.</summary>
    internal TimeSpan WaitOf(IEnumerable<LimitGroup> groups) =>
        OperationWait ?? groups.Select(group => group.Named?.Settings.Wait).FirstOrDefault(wait => wait is not null) ?? PolicyWait;

    /// <summary>The limits for a caller of whom some parts may not be known.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="isKnown">Whether the caller has all parts of a limit's key.</param>
    /// <param name="groups">The groups of the limits that count the call.</param>
    internal ApplicableLimits Apply(RateLimit[] limits, Func<RateLimit, bool> isKnown, IReadOnlyCollection<LimitGroup> groups)
    {
        int cost = CostOf(groups);
        TimeSpan wait = WaitOf(groups);
        return MissingIdentity switch
        {
            // Pooled callers have a bucket of their own kind, which is the store's business.
            MissingIdentity.Pool => new ApplicableLimits(limits, cost, operation: Operation, wait: wait),
            MissingIdentity.Skip => new ApplicableLimits([.. limits.Where(isKnown)], cost, operation: Operation, wait: wait),

            // A permissive limit rejects no call, with an identity or without.
            _ => new ApplicableLimits(
                limits, cost, limits.FirstOrDefault(limit => limit.Mode == LimitMode.Enforce && !isKnown(limit)), Operation, wait),
        };
    }
}
