namespace Sluice.Gateway;

/// <summary>Which permissive limits would have rejected a call.</summary>
internal static class PermissiveBits
{
    /// <summary>A bit for each of them, by its place among the limits; none for a call that is rejected anyway.</summary>
    internal static uint Of(in RateLimitDecision decision, ApplicableLimits limits, ReadOnlySpan<LimitState> states)
    {
        if (!decision.IsAllowed || decision.Source == DecisionSource.OnStoreFailure)
        {
            return 0;
        }

        uint bits = 0;
        int count = Math.Min(limits.Count, states.Length);
        for (int i = 0; i < count; i++)
        {
            bits |= limits[i].Mode == LimitMode.Permissive && states[i].Outcome != RateLimitOutcome.Allowed ? 1U << i : 0;
        }

        return bits;
    }
}
