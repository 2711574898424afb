namespace Sluice;

/// <summary>Translates calls of the framework's limiters into requests to a store.</summary>
internal static class LimiterCalls
{
    /// <summary>Takes permits, or for zero of them asks whether one would be granted.</summary>
    /// <param name="store">The store.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="permitCount">How many permits.</param>
    /// <param name="held">Releases the slots that the lease holds; null when it holds none.</param>
    /// <exception cref="ArgumentOutOfRangeException">No bucket of the limits ever holds so many permits.</exception>
    internal static RateLimitDecision Acquire(
        InProcessStore store, ApplicableLimits limits, CallerIdentity caller, int permitCount, out IDisposable? held)
    {
        held = null;
        if (permitCount == 0)
        {
            return store.Peek(new RateLimitRequest(limits, caller, 1), []);
        }

        RateLimitRequest request = new(limits, caller, permitCount) { Slots = limits.SlotCount == 0 ? null : new HeldSlots() };
        RateLimitDecision decision = store.Acquire(request, []);
        held = HeldBy(store, request);
        return IsForTooManyPermits(decision) ? throw TooManyPermits(decision.Limit!, permitCount) : decision;
    }

    /// <summary>Releases the slots that a request holds; null when it holds none.</summary>
    internal static IDisposable? HeldBy(InProcessStore store, in RateLimitRequest request) =>
        request.Slots is { IsHeld: true } ? new SlotRelease(store, request) : null;

    /// <summary>Releases the slots of a request.</summary>
    private sealed class SlotRelease(InProcessStore store, RateLimitRequest request) : IDisposable
    {
        public void Dispose() => store.Release(request);
    }

    /// <summary>
    /// Whether a call asked for more permits than a limit ever holds. A limit that admits no call of this caller rejects the call instead:
    /// it may do so for one caller, and the code that asks is right.
    /// </summary>
    internal static bool IsForTooManyPermits(in RateLimitDecision decision) =>
        decision.Outcome == RateLimitOutcome.Unsatisfiable && !decision.Limit!.AdmitsNothing;

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
