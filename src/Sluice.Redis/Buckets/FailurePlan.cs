namespace Sluice.Redis;

/// <summary>Who decides a call while Redis does not answer, worked out from each limit's <see cref="RateLimit.OnStoreFailure"/>.</summary>
/// <param name="IsDenied">Whether an enforced limit asks for the refusal.</param>
/// <param name="Local">The limits that this process counts meanwhile; null where there is none.</param>
/// <param name="LocalOf">For each limit its index in <paramref name="Local"/>, or -1.</param>
internal sealed record FailurePlan(bool IsDenied, ApplicableLimits? Local, int[] LocalOf)
{
    /// <summary>Whether this process counts all of the limits.</summary>
    internal bool IsAllLocal => Local is not null && Local.Count == LocalOf.Length;

    /// <summary>The plan for the limits of a call.</summary>
    internal static FailurePlan Of(ApplicableLimits limits)
    {
        List<RateLimit> local = [];
        int[] localOf = new int[limits.Count];
        bool isDenied = false;
        for (int i = 0; i < limits.Count; i++)
        {
            RateLimit limit = limits[i];
            isDenied |= limit is { OnStoreFailure: StoreFailureMode.Deny, Mode: LimitMode.Enforce };
            localOf[i] = limit.OnStoreFailure == StoreFailureMode.Local ? local.Count : -1;
            if (localOf[i] >= 0)
            {
                local.Add(limit);
            }
        }

        ApplicableLimits? counted = local.Count == 0 ? null
            : local.Count == limits.Count ? limits
            : new ApplicableLimits([.. local], limits.Cost);
        return new FailurePlan(isDenied, counted, localOf);
    }
}
