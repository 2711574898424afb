namespace Sluice.Redis;

/// <summary>What one limit answers to a call, by the same algorithms as the in-process store's.</summary>
/// <param name="Outcome">What it answers alone.</param>
/// <param name="WaitMicros">The least wait until it would admit the call; 0 when it does.</param>
/// <param name="After">The state after the charge; the same state when it does not admit the call.</param>
internal readonly record struct BucketAnswer(RateLimitOutcome Outcome, ulong WaitMicros, BucketState After)
{
    private const ulong Never = long.MaxValue;

    /// <summary>The answer of a bucket at an instant that may be later than when it was seen.</summary>
    internal static BucketAnswer Of(RedisLimit limit, in SeenBucket seen, ulong nowMicros, ulong cost)
    {
        LimitNumbers numbers = limit.Numbers.Steps;
        if (limit.IsSlots)
        {
            return Slots.Admits(numbers, seen.State, out BucketState more, out _)
                ? new BucketAnswer(RateLimitOutcome.Allowed, 0, more)
                : new BucketAnswer(RateLimitOutcome.Denied, (ulong)Slots.WaitTicks / TimeSpan.TicksPerMicrosecond, more);
        }

        if (limit.Limit.CostOf(cost) > numbers.Capacity)
        {
            return new BucketAnswer(RateLimitOutcome.Unsatisfiable, 0, seen.State);
        }

        if (limit.IsLog)
        {
            ulong used = UsedOf(numbers, seen.State, nowMicros);
            bool hasOpened = seen.OpensAtMicros != 0 && seen.OpensAtMicros <= nowMicros;
            return used + cost <= numbers.MaxTokens || hasOpened
                ? new BucketAnswer(RateLimitOutcome.Allowed, 0, new BucketState(nowMicros, used + cost))
                : new BucketAnswer(RateLimitOutcome.Denied, seen.OpensAtMicros - nowMicros, seen.State);
        }

        ulong step = limit.Numbers.StepMicros;
        ulong now = nowMicros / step;
        return BucketRules.Admits(numbers, seen.State, now, cost, out BucketState next, out ulong wait)
            ? new BucketAnswer(RateLimitOutcome.Allowed, 0, next)
            : new BucketAnswer(
                RateLimitOutcome.Denied, IsSaturated(limit, seen.State) ? Never : Micros(now, wait, step, nowMicros), seen.State);
    }

    /// <summary>Whole tokens left, and the time until the bucket is full.</summary>
    internal static (int Remaining, ulong ResetMicros) Left(RedisLimit limit, BucketState state, ulong nowMicros)
    {
        LimitNumbers numbers = limit.Numbers.Steps;
        if (limit.IsLog)
        {
            ulong used = UsedOf(numbers, state, nowMicros);
            return (
                limit.Limit.AdmitsNothing || used >= numbers.MaxTokens ? 0 : (int)(numbers.MaxTokens - used),
                used == 0 ? 0 : state.Time + numbers.PeriodTicks - nowMicros);
        }

        ulong step = limit.Numbers.StepMicros;
        ulong now = nowMicros / step;
        ulong reset = BucketRules.ResetAfter(numbers, state, now);
        return (
            limit.Limit.AdmitsNothing ? 0 : BucketRules.Remaining(numbers, state, now),
            reset == 0 ? 0 : IsSaturated(limit, state) ? Never : Micros(now, reset, step, nowMicros));
    }

    // Forced charges have gone beyond what the script can count; when that is paid off is not known.
    private static bool IsSaturated(RedisLimit limit, BucketState state) =>
        limit.Numbers.Steps.Algorithm == RateLimitAlgorithm.TokenBucket && state.Time >= ScriptLimit.Most;

    private static ulong UsedOf(LimitNumbers numbers, BucketState state, ulong nowMicros) =>
        nowMicros - state.Time < numbers.PeriodTicks ? state.Word : 0;

    // A wait in steps ends where a step begins.
    private static ulong Micros(ulong now, ulong waitSteps, ulong step, ulong nowMicros)
    {
        UInt128 until = ((UInt128)now + waitSteps) * step;
        return (ulong)UInt128.Min(until - nowMicros, long.MaxValue);
    }
}
