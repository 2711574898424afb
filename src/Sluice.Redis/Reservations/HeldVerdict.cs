namespace Sluice.Redis;

/// <summary>What the buckets of a call say together where calls wait for them: the script decided, and this describes it.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal static class HeldVerdict
{
    /// <summary>The decision, with the state of each limit after it.</summary>
    /// <param name="call">The call, answered.</param>
    /// <param name="charges">Whether an admitted call is charged; a look is not.</param>
    /// <param name="states">Filled with each limit's state; or empty.</param>
    internal static RateLimitDecision Of(PendingCall call, bool charges, Span<LimitState> states)
    {
        HeldAnswer held = call.Held!;
        RedisLimits limits = call.Limits;
        RateLimitDecision rejection = call.IsAllowed ? default : Rejection(call);
        int decider = rejection.Limit is null ? -1 : Array.FindIndex(limits.Limits, limit => ReferenceEquals(limit.Limit, rejection.Limit));
        int fewest = int.MaxValue;
        for (int i = 0; i < limits.Limits.Length; i++)
        {
            RedisLimit limit = limits.Limits[i];
            BucketAnswer answer = AnswerOf(call, i);
            bool isTaking = charges && call.IsAllowed && (answer.Outcome == RateLimitOutcome.Allowed || limit.IsSlots);
            (int remaining, ulong reset) = Left(call, i, isTaking);
            if (call.IsAllowed ? limit.Limit.Mode == LimitMode.Enforce && !limit.IsSlots : i == decider)
            {
                fewest = Math.Min(fewest, remaining);
            }

            if (!states.IsEmpty)
            {
                states[i] = new LimitState
                {
                    Outcome = answer.Outcome,
                    Remaining = remaining,
                    RetryAfter = Verdict.Wait(answer),
                    ResetAfter = Verdict.Span(reset),
                };
            }
        }

        return call.IsAllowed
            ? new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = fewest }
            : rejection with { Remaining = fewest };
    }

    /// <summary>The first instant, from one on, at which a limit alone admits the call, in microseconds of the clock of Redis.</summary>
    internal static ulong OpensAt(RedisLimit limit, in SeenBucket seen, in HeldBucket held, ulong fromMicros, ulong cost)
    {
        if (limit.IsLog)
        {
            return Math.Max(seen.OpensAtMicros, fromMicros);
        }

        ulong step = limit.Numbers.StepMicros;
        ulong earliest = new Timeline(limit.Numbers.Steps, seen.State, held.Calls).Earliest(fromMicros / step, cost);
        return earliest == fromMicros / step ? fromMicros : Micros(earliest, step);
    }

    /// <summary>A bucket with all calls that it holds, to decide by while Redis is away.</summary>
    internal static ObservedBucket ObservedOf(PendingCall call, int index, bool isCharged)
    {
        RedisLimit limit = call.Limits.Limits[index];
        SeenBucket seen = call.Seen[index];
        HeldBucket held = call.Held!.Buckets[index];
        LimitNumbers numbers = limit.Numbers.Steps;
        if (held.IsUnread)
        {
            BucketState state = isCharged ? BucketAnswer.Of(limit, seen, seen.NowMicros, call.Cost).After : seen.State;
            return LocalBuckets.Observed(limit, state, seen.NowMicros);
        }

        if (limit.IsLog)
        {
            ulong used = numbers.MaxTokens - Math.Min((ulong)held.LogRemaining, numbers.MaxTokens);
            BucketState all = used == 0
                ? default
                : new BucketState(Math.Max(seen.State.Time, seen.NowMicros), Math.Max(used, seen.State.Word));
            return LocalBuckets.Observed(limit, all, seen.NowMicros);
        }

        ulong now = seen.NowMicros / limit.Numbers.StepMicros;
        ReservedCall[] calls = CallsOf(call, index, isCharged);
        ulong later = calls.Where(other => other.At > now).Aggregate(0UL, (sum, other) => sum + other.Cost);
        return LocalBuckets.Observed(limit, new Timeline(numbers, seen.State, calls).StateAt(now), seen.NowMicros, later);
    }

    private static RateLimitDecision Rejection(PendingCall call)
    {
        RedisLimits limits = call.Limits;
        HeldAnswer held = call.Held!;
        int never = Find(call, RateLimitOutcome.Unsatisfiable);
        int slots = Array.FindIndex(limits.Limits, limit => limit.IsSlots && limit.Limit.Mode == LimitMode.Enforce);
        slots = slots < 0 ? slots : Find(call, RateLimitOutcome.Denied, slotsOnly: true);
        if (never >= 0)
        {
            return new RateLimitDecision
            {
                Outcome = RateLimitOutcome.Unsatisfiable,
                Limit = limits.Limits[never].Limit,
                RetryAfter = Timeout.InfiniteTimeSpan,
            };
        }

        (int decider, ulong wait) = held.Decider < 0 ? Longest(call) : (held.Decider, held.DelayMicros);
        ulong slotWait = Slots.WaitTicks / TimeSpan.TicksPerMicrosecond;
        bool isOfSlot = slots >= 0 && (decider < 0 || wait < slotWait || (wait == slotWait && slots <= decider));
        decider = isOfSlot ? slots : decider;
        RedisLimit limit = limits.Limits[decider];
        return new RateLimitDecision
        {
            Outcome = RateLimitOutcome.Denied,
            Limit = limit.Limit,
            Running = isOfSlot ? (int)call.Seen[decider].State.Word : 0,
            RetryAfter = Verdict.Span(isOfSlot ? slotWait : wait),
            ResetsAtTicks = limit.Numbers.Steps.Edges?.ToUtc(call.Seen[decider].NowMicros + wait) ?? 0,
        };
    }

    /// <summary>The enforced rate with the longest wait.</summary>
    private static (int Decider, ulong Wait) Longest(PendingCall call)
    {
        (int Decider, ulong Wait) longest = (-1, 0);
        for (int i = 0; i < call.Limits.Limits.Length; i++)
        {
            RedisLimit limit = call.Limits.Limits[i];
            BucketAnswer answer = AnswerOf(call, i);
            if (limit.Limit.Mode == LimitMode.Enforce && !limit.IsSlots && answer.WaitMicros > longest.Wait)
            {
                longest = (i, answer.WaitMicros);
            }
        }

        return longest;
    }

    private static int Find(PendingCall call, RateLimitOutcome outcome, bool slotsOnly = false) => Array.FindIndex(
        Enumerable.Range(0, call.Limits.Limits.Length).ToArray(),
        index => call.Limits.Limits[index] is RedisLimit limit
            && limit.Limit.Mode == LimitMode.Enforce
            && (!slotsOnly || limit.IsSlots)
            && AnswerOf(call, index).Outcome == outcome);

    /// <summary>What one limit answers: at the instant of an admitted call, else now.</summary>
    private static BucketAnswer AnswerOf(PendingCall call, int index)
    {
        RedisLimit limit = call.Limits.Limits[index];
        SeenBucket seen = call.Seen[index];
        HeldBucket held = call.Held!.Buckets[index];
        if (limit.IsSlots || held.IsUnread || limit.Limit.CostOf(call.Cost) > limit.Numbers.Steps.Capacity)
        {
            return BucketAnswer.Of(limit, seen, seen.NowMicros, call.Cost);
        }

        bool isEnforced = limit.Limit.Mode == LimitMode.Enforce;
        if (isEnforced && call.IsAllowed)
        {
            return new BucketAnswer(RateLimitOutcome.Allowed, 0, seen.State);
        }

        ulong from = seen.NowMicros + (call.IsAllowed ? call.Held.DelayMicros : 0);
        ulong opens = OpensAt(limit, seen, held, from, call.Cost);
        ulong turn = isEnforced && call.Verb == ScriptVerb.Reserve && opens > from && !limit.IsLog
            ? held.Calls.Where(other => other.IsDecider).Select(other => other.At * limit.Numbers.StepMicros).LastOrDefault()
            : 0;
        opens = turn > opens ? OpensAt(limit, seen, held, turn, call.Cost) : opens;
        return opens == from
            ? new BucketAnswer(RateLimitOutcome.Allowed, 0, seen.State)
            : new BucketAnswer(RateLimitOutcome.Denied, opens - from, seen.State);
    }

    private static (int Remaining, ulong ResetMicros) Left(PendingCall call, int index, bool isTaking)
    {
        RedisLimit limit = call.Limits.Limits[index];
        SeenBucket seen = call.Seen[index];
        LimitNumbers numbers = limit.Numbers.Steps;
        ulong now = seen.NowMicros;
        if (limit.IsSlots)
        {
            ulong running = seen.State.Word + (isTaking ? 1UL : 0);
            return (Slots.Remaining(numbers, new BucketState(0, running)), 0);
        }

        HeldBucket log = call.Held!.Buckets[index];
        if (log.IsUnread)
        {
            return BucketAnswer.Left(limit, isTaking ? BucketAnswer.Of(limit, seen, now, call.Cost).After : seen.State, now);
        }

        if (limit.IsLog)
        {
            return (limit.Limit.AdmitsNothing ? 0 : log.LogRemaining, log.LogEmptyAtMicros == 0 ? 0 : log.LogEmptyAtMicros - now);
        }

        ulong step = limit.Numbers.StepMicros;
        Timeline timeline = new(numbers, seen.State, CallsOf(call, index, isTaking));
        ulong reset = timeline.ResetAfter(now / step);
        return (
            limit.Limit.AdmitsNothing ? 0 : timeline.Remaining(now / step),
            reset == 0 ? 0 : Micros((now / step) + reset, step) - now);
    }

    private static ReservedCall[] CallsOf(PendingCall call, int index, bool isTaking)
    {
        HeldBucket held = call.Held!.Buckets[index];
        ulong step = call.Limits.Limits[index].Numbers.StepMicros;
        return isTaking
            ? held.With(new ReservedCall((call.Seen[index].NowMicros + call.Held.DelayMicros) / step, call.Cost, Id: 0, IsDecider: false))
            : held.Calls;
    }

    private static ulong Micros(ulong step, ulong stepMicros) => (ulong)UInt128.Min((UInt128)step * stepMicros, long.MaxValue);
}
