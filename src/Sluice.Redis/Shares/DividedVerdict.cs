namespace Sluice.Redis;

/// <summary>What divided buckets and the other buckets of a call say together, by the rules that every store has.</summary>
internal static class DividedVerdict
{
    /// <summary>The answer of no limits.</summary>
    internal static RateLimitDecision Allowed { get; } = new() { Outcome = RateLimitOutcome.Allowed, Remaining = int.MaxValue };

    /// <summary>The decision.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="call">The call on those that are divided.</param>
    /// <param name="rest">What the others say; null where they were not asked, because the shares decided.</param>
    /// <param name="restStates">What each of the others says.</param>
    /// <param name="states">Filled with each limit's state; or empty.</param>
    /// <param name="divided">The limits, as bits, that <paramref name="rest"/> does not speak of; all divided ones by default.</param>
    internal static RateLimitDecision Of(
        RedisLimits limits, DividedCall call, RateLimitDecision? rest, ReadOnlySpan<LimitState> restStates, Span<LimitState> states, uint? divided = null)
    {
        uint mine = divided ?? limits.Divided;
        LimitState deciding = default;
        int decider = -1;
        int fewest = rest?.Remaining ?? int.MaxValue;
        int next = 0;
        for (int i = 0; i < limits.Limits.Length; i++)
        {
            if ((mine & (1U << i)) == 0)
            {
                LimitState other = next < restStates.Length ? restStates[next++] : Unasked(limits.Limits[i]);
                if (!states.IsEmpty)
                {
                    states[i] = other;
                }

                continue;
            }

            LimitState state = call.StateOf(i);
            if (!states.IsEmpty)
            {
                states[i] = state;
            }

            if (limits.Limits[i].Limit.Mode != LimitMode.Enforce)
            {
                continue;
            }

            fewest = Math.Min(fewest, state.Remaining);
            if (state.Outcome != RateLimitOutcome.Allowed && (decider < 0 || IsHarder(state.Outcome, state.RetryAfter, deciding.Outcome, deciding.RetryAfter)))
            {
                (decider, deciding) = (i, state);
            }
        }

        bool isByRest = rest is { IsAllowed: false } rejected
            && (decider < 0 || IsHarder(rejected.Outcome, rejected.RetryAfter, deciding.Outcome, deciding.RetryAfter));
        if (isByRest)
        {
            return rest!.Value with { IsEstimate = true };
        }

        DecisionSource source = rest?.Source ?? DecisionSource.Store;
        return decider < 0
            ? new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = fewest, Source = source, IsEstimate = true }
            : new RateLimitDecision
            {
                Outcome = deciding.Outcome,
                Limit = limits.Limits[decider].Limit,
                Remaining = deciding.Remaining,
                RetryAfter = deciding.RetryAfter,
                Source = source,
                IsEstimate = true,
            };
    }

    /// <summary>The rejection of a call whose share ended while Redis was asked for the rest of the call.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="call">The call.</param>
    /// <param name="states">Cleared.</param>
    internal static RateLimitDecision Lost(RedisLimits limits, DividedCall call, Span<LimitState> states)
    {
        states.Clear();
        int index = System.Numerics.BitOperations.TrailingZeroCount(call.Reserved | call.Asked);
        return new RateLimitDecision
        {
            Outcome = RateLimitOutcome.Denied,
            Limit = limits.Limits[index].Limit,
            RetryAfter = TimeSpan.FromSeconds(1),
            IsEstimate = true,
        };
    }

    private static bool IsHarder(RateLimitOutcome outcome, TimeSpan wait, RateLimitOutcome thanOutcome, TimeSpan thanWait) =>
        thanOutcome == RateLimitOutcome.Denied && (outcome == RateLimitOutcome.Unsatisfiable || wait > thanWait);

    // The shares rejected the call, so Redis was not asked what the limit would have said.
    private static LimitState Unasked(RedisLimit limit) => new() { Outcome = RateLimitOutcome.Allowed, Remaining = limit.Limit.Capacity };
}
