using System.Runtime.CompilerServices;

namespace Sluice.Redis;

/// <summary>What this process decides by while Redis does not answer: the last state that it saw of each bucket.</summary>
/// <remarks>Thread safety: any thread may use it.</remarks>
internal sealed class LocalBuckets(InProcessStore store)
{
    /// <summary>What a caller is told to wait when nobody decides.</summary>
    private static readonly TimeSpan DeniedFor = TimeSpan.FromSeconds(1);

    /// <summary>Takes over what Redis answered about all limits of a call, the charge included.</summary>
    internal void Observe(PendingCall call)
    {
        bool isCharged = call.Verb == ScriptVerb.Acquire && call.IsAllowed;
        FailurePlan plan = call.Limits.FallbackOf;
        if (plan.Local is null)
        {
            return;
        }

        ObservedBuckets observed = default;
        for (int i = 0; i < plan.LocalOf.Length; i++)
        {
            if (plan.LocalOf[i] >= 0)
            {
                RedisLimit limit = call.Limits.Limits[i];
                SeenBucket seen = call.Seen[i];
                BucketAnswer answer = BucketAnswer.Of(limit, seen, seen.NowMicros, call.Cost);
                StepNumbers numbers = limit.Numbers;
                observed[plan.LocalOf[i]] = new ObservedBucket(
                    numbers.Steps,
                    isCharged ? answer.After : seen.State,
                    seen.NowMicros / numbers.StepMicros,
                    numbers.StepMicros * TimeSpan.TicksPerMicrosecond);
            }
        }

        store.Observe(plan.Local, call.Caller.Caller, observed[..plan.Local.Count]);
    }

    /// <summary>Decides without Redis, as each limit's <see cref="RateLimit.OnStoreFailure"/> says.</summary>
    internal RateLimitDecision Decide(RedisLimits limits, in RateLimitRequest request, Span<LimitState> states, bool charges)
    {
        FailurePlan plan = limits.FallbackOf;
        if (plan.IsDenied)
        {
            states.Clear();
            return new RateLimitDecision
            {
                Outcome = RateLimitOutcome.Denied,
                Source = DecisionSource.OnStoreFailure,
                RetryAfter = DeniedFor,
            };
        }

        if (plan.IsAllLocal)
        {
            return Ask(request, states, charges);
        }

        Span<LimitState> counted = stackalloc LimitState[ApplicableLimits.MaxCount];
        RateLimitDecision decision = plan.Local is null
            ? new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Source = DecisionSource.OnStoreFailure, Remaining = int.MaxValue }
            : Ask(new RateLimitRequest(plan.Local, request.Caller, request.Cost), counted[..plan.Local.Count], charges);
        for (int i = 0; i < states.Length && i < plan.LocalOf.Length; i++)
        {
            states[i] = plan.LocalOf[i] >= 0
                ? counted[plan.LocalOf[i]]
                : new LimitState { Outcome = RateLimitOutcome.Allowed, Remaining = limits.Limits[i].Limit.Rate.Capacity };
        }

        return decision;
    }

    /// <summary>Gives tokens back, or takes them, where this process counts.</summary>
    internal void Change(RedisLimits limits, in RateLimitRequest request, bool isRefund)
    {
        if (limits.FallbackOf.Local is not ApplicableLimits local)
        {
            return;
        }

        RateLimitRequest change = new(local, request.Caller, request.Cost);
        if (isRefund)
        {
            store.Refund(change);
        }
        else
        {
            store.Charge(change);
        }
    }

    /// <summary>Forgets a caller's buckets.</summary>
    internal void Reset(ReadOnlySpan<RateLimit> limits, CallerIdentity caller) => store.Reset(limits, caller);

    private RateLimitDecision Ask(in RateLimitRequest request, Span<LimitState> states, bool charges) =>
        (charges ? store.Acquire(request, states) : store.Peek(request, states)) with { Source = DecisionSource.Local };

    [InlineArray(ApplicableLimits.MaxCount)]
    private struct ObservedBuckets
    {
        private ObservedBucket _first;
    }
}
