namespace Sluice.Redis;

/// <summary>What decides a call while Redis does not answer, from each limit's <see cref="RateLimit.OnStoreFailure"/>.</summary>
/// <param name="IsDenied">Whether an enforced limit asks for the rejection.</param>
/// <param name="Counted">The limits that this process counts then; null if no limit is counted.</param>
/// <param name="CountedOf">For each limit its index in <paramref name="Counted"/>, or -1.</param>
/// <param name="Alone">Each limit alone.</param>
internal sealed record FailurePlan(bool IsDenied, ApplicableLimits? Counted, int[] CountedOf, ApplicableLimits[] Alone)
{
    /// <summary>Whether this process counts all of the limits, each in full.</summary>
    internal bool IsAllLocal { get; private init; }

    /// <summary>Whether it counts its part of any limit.</summary>
    internal bool HasShares { get; private init; }

    /// <summary>The plan for the limits of a call.</summary>
    internal static FailurePlan Of(ApplicableLimits limits)
    {
        List<RateLimit> counted = [];
        int[] countedOf = new int[limits.Count];
        bool isDenied = false;
        for (int i = 0; i < limits.Count; i++)
        {
            RateLimit limit = limits[i];
            isDenied |= limit is { OnStoreFailure: StoreFailureMode.Deny, Mode: LimitMode.Enforce };
            bool isCounted = limit.Concurrency is null && limit.OnStoreFailure is (StoreFailureMode.Share or StoreFailureMode.Local);
            countedOf[i] = isCounted ? counted.Count : -1; // Slots are counted apart, see LocalSlots.
            if (countedOf[i] >= 0)
            {
                counted.Add(limit);
            }
        }

        RateLimit[] all = limits.Limits.ToArray();
        ApplicableLimits? some = counted.Count == 0 ? null
            : counted.Count == limits.Count ? limits
            : new ApplicableLimits([.. counted], limits.Cost);
        return new FailurePlan(isDenied, some, countedOf, [.. all.Select(limit => new ApplicableLimits([limit], cost: 1))])
        {
            IsAllLocal = all.Length > 0 && limits.SlotCount == 0
                && Array.TrueForAll(all, limit => limit.OnStoreFailure == StoreFailureMode.Local),
            HasShares = Array.Exists(all, limit => limit.OnStoreFailure == StoreFailureMode.Share),
        };
    }
}
