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
    internal int CostOf(ReadOnlySpan<LimitGroup> groups) => FirstOf(OperationCost, groups, settings => settings.Cost, PolicyCost);

    /// <summary>How long a call that these limits count may be held, decided in the same way as its cost.</summary>
    internal TimeSpan WaitOf(ReadOnlySpan<LimitGroup> groups) => FirstOf(OperationWait, groups, settings => settings.Wait, PolicyWait);

    /// <summary>Whether a call that some of these limits count may be held. Which of them count it may depend on its caller.</summary>
    internal bool MayHold(ReadOnlySpan<LimitGroup> groups)
    {
        if (OperationWait is TimeSpan own)
        {
            return own > TimeSpan.Zero;
        }

        bool mayHold = PolicyWait > TimeSpan.Zero;
        foreach (LimitGroup group in groups)
        {
            mayHold |= group.Named?.Settings.Wait > TimeSpan.Zero;
        }

        return mayHold;
    }

    /// <summary>The limits for a caller of whom some parts may not be known.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="isKnown">Whether the caller has all parts of a limit's key.</param>
    /// <param name="groups">The groups of the limits that count the call.</param>
    internal ApplicableLimits Apply(RateLimit[] limits, Func<RateLimit, bool> isKnown, ReadOnlySpan<LimitGroup> groups)
    {
        int cost = CostOf(groups);
        TimeSpan wait = WaitOf(groups);
        return MissingIdentity switch
        {
            // Pooled callers share a bucket, which the store finds.
            MissingIdentity.Pool => new ApplicableLimits(limits, cost, operation: Operation, wait: wait),
            MissingIdentity.Skip => new ApplicableLimits([.. limits.Where(isKnown)], cost, operation: Operation, wait: wait),
            _ => new ApplicableLimits(limits, cost, RequiredBy(limits, isKnown), Operation, wait),
        };
    }

    private static T FirstOf<T>(T? ofOperation, ReadOnlySpan<LimitGroup> groups, Func<LimitSettings, T?> ofEntry, T ofPolicy)
        where T : struct
    {
        if (ofOperation is T own)
        {
            return own;
        }

        foreach (LimitGroup group in groups)
        {
            if (group.Named is { } named && ofEntry(named.Settings) is T value)
            {
                return value;
            }
        }

        return ofPolicy;
    }

    // A permissive limit rejects no call, with an identity or without.
    private static RateLimit? RequiredBy(RateLimit[] limits, Func<RateLimit, bool> isKnown) =>
        limits.FirstOrDefault(limit => limit.Mode == LimitMode.Enforce && !isKnown(limit));
}
