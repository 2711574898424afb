namespace Sluice.Redis;

/// <summary>What the buckets of a call say together, by the rules that every store has.</summary>
internal static class Verdict
{
    /// <summary>The decision of buckets as they were seen, or as they are some time later if they were not charged.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="seen">The bucket of each.</param>
    /// <param name="laterMicros">How much later, in microseconds.</param>
    /// <param name="cost">Tokens of the call.</param>
    /// <param name="charges">Whether an admitted call is charged; a look is not.</param>
    /// <param name="states">Filled with each limit's state; or empty.</param>
    internal static RateLimitDecision Of(
        RedisLimits limits, ReadOnlySpan<SeenBucket> seen, ulong laterMicros, ulong cost, bool charges, Span<LimitState> states)
    {
        RateLimitDecision rejection = Rejection(limits, seen, laterMicros, cost, out int decider);
        bool isAllowed = decider < 0;
        int fewest = int.MaxValue;
        for (int i = 0; i < limits.Limits.Length; i++)
        {
            RedisLimit limit = limits.Limits[i];
            ulong now = seen[i].NowMicros + laterMicros;
            BucketAnswer answer = BucketAnswer.Of(limit, seen[i], now, cost);
            bool isCharged = charges && isAllowed && (answer.Outcome == RateLimitOutcome.Allowed || limit.IsSlots);
            (int remaining, ulong reset) = BucketAnswer.Left(limit, isCharged ? answer.After : seen[i].State, now);
            if (isAllowed ? limit.Limit.Mode == LimitMode.Enforce && !limit.IsSlots : i == decider)
            {
                fewest = Math.Min(fewest, remaining);
            }

            if (!states.IsEmpty)
            {
                states[i] = new LimitState
                {
                    Outcome = answer.Outcome,
                    Remaining = remaining,
                    RetryAfter = Wait(answer),
                    ResetAfter = Span(reset),
                };
            }
        }

        return isAllowed
            ? new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = fewest }
            : rejection with { Remaining = fewest };
    }

    /// <summary>The rejection of one that can never admit the call, else of the one with the longest wait; else nothing.</summary>
    private static RateLimitDecision Rejection(
        RedisLimits limits, ReadOnlySpan<SeenBucket> seen, ulong laterMicros, ulong cost, out int decider)
    {
        decider = -1;
        BucketAnswer deciding = default;
        for (int i = 0; i < limits.Limits.Length; i++)
        {
            if (limits.Limits[i].Limit.Mode != LimitMode.Enforce)
            {
                continue;
            }

            BucketAnswer answer = BucketAnswer.Of(limits.Limits[i], seen[i], seen[i].NowMicros + laterMicros, cost);
            bool isFirst = decider < 0 && answer.Outcome != RateLimitOutcome.Allowed;
            bool isLonger = deciding.Outcome == RateLimitOutcome.Denied && answer.WaitMicros > deciding.WaitMicros;
            bool isNever = deciding.Outcome == RateLimitOutcome.Denied && answer.Outcome == RateLimitOutcome.Unsatisfiable;
            if (isFirst || (decider >= 0 && (isLonger || isNever)))
            {
                decider = i;
                deciding = answer;
            }
        }

        return decider < 0 ? default : new RateLimitDecision
        {
            Outcome = deciding.Outcome,
            Limit = limits.Limits[decider].Limit,
            Running = limits.Limits[decider].IsSlots ? (int)seen[decider].State.Word : 0,
            RetryAfter = Wait(deciding),
            ResetsAtTicks = deciding.Outcome == RateLimitOutcome.Denied
                ? limits.Limits[decider].Numbers.Steps.Edges?.ToUtc(seen[decider].State.Time) ?? 0
                : 0,
        };
    }

    /// <summary>The wait that an answer states.</summary>
    internal static TimeSpan Wait(in BucketAnswer answer) =>
        answer.Outcome == RateLimitOutcome.Unsatisfiable ? Timeout.InfiniteTimeSpan : Span(answer.WaitMicros);

    /// <summary>Microseconds as a time, at most the longest.</summary>
    internal static TimeSpan Span(ulong micros) =>
        micros > long.MaxValue / TimeSpan.TicksPerMicrosecond
            ? TimeSpan.MaxValue
            : TimeSpan.FromTicks((long)micros * TimeSpan.TicksPerMicrosecond);
}
