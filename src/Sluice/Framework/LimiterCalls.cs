namespace Sluice;

/// <summary>What the framework's limiters ask, in the words of a store.</summary>
internal static class LimiterCalls
{
    /// <summary>Takes permits, or for zero of them asks whether one would be granted.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No bucket of the limits ever holds so many permits.</exception>
    internal static RateLimitDecision Acquire(InProcessStore store, ApplicableLimits limits, CallerIdentity caller, int permitCount)
    {
        if (permitCount == 0)
        {
            return store.Peek(new RateLimitRequest(limits, caller, 1), []);
        }

        RateLimitDecision decision = store.Acquire(new RateLimitRequest(limits, caller, permitCount), []);
        return decision.Outcome != RateLimitOutcome.Unsatisfiable
            ? decision
            : throw TooManyPermits(decision.Limit!, permitCount);
    }

    /// <summary>The error of a call for more permits than a limit ever holds.</summary>
    internal static ArgumentOutOfRangeException TooManyPermits(RateLimit limit, int permitCount) => new(
        nameof(permitCount), permitCount, $"The limit '{limit.Name}' never holds more than {limit.Rate.Capacity} permits.");

    /// <summary>Permits that a call of one each could take at this instant.</summary>
    internal static long Available(InProcessStore store, ApplicableLimits limits, CallerIdentity caller)
    {
        RateLimitDecision decision = store.Peek(new RateLimitRequest(limits, caller, 1), []);
        return decision.Remaining;
    }
}
