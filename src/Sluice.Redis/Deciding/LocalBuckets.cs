using System.Runtime.CompilerServices;

namespace Sluice.Redis;

/// <summary>What this process decides by while Redis does not answer: the last state that it saw of each bucket.</summary>
/// <remarks>
/// Limits with <see cref="StoreFailureMode.Local"/> are counted in full, those with <see cref="StoreFailureMode.Share"/> as this process's
/// <see cref="Part"/>. Thread safety: any thread may use it.
/// </remarks>
/// <param name="store">The buckets.</param>
/// <param name="members">How many processes there are, and the rank of this one.</param>
/// <param name="drawn">The tokens that were taken from parts; nothing else may use it.</param>
internal sealed partial class LocalBuckets(InProcessStore store, Func<Membership> members, DrawnTokens drawn)
{
    /// <summary>The wait that a caller is told when no store decides.</summary>
    private static readonly TimeSpan DeniedFor = TimeSpan.FromSeconds(1);

    // What is taken from a part, and what is known of it, changes together.
    private readonly Lock _gate = new();

    /// <summary>How many buckets there are.</summary>
    internal long Keys => store.Count;

    /// <summary>How many buckets were evicted with used tokens.</summary>
    internal long EvictionsWithDebt => store.EvictionsWithDebt;

    /// <summary>Takes over what Redis answered about all limits of a call, the charge included.</summary>
    internal void Observe(PendingCall call)
    {
        FailurePlan plan = call.Limits.FallbackOf;
        if (plan.Counted is null)
        {
            return;
        }

        ObservedBuckets observed = default;
        Fill(observed, call, plan);
        if (!plan.HasShares)
        {
            store.Observe(plan.Counted, call.Caller.Caller, observed[..plan.Counted.Count]);
            return;
        }

        lock (_gate)
        {
            store.Observe(plan.Counted, call.Caller.Caller, observed[..plan.Counted.Count]);
            ChargeDrawn(call.Limits, call.Caller);
        }
    }

    /// <summary>Decides without Redis, as each limit's <see cref="RateLimit.OnStoreFailure"/> says.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="request">The call.</param>
    /// <param name="states">Filled with each limit's state; or empty.</param>
    /// <param name="charges">Whether an admitted call is charged; a look is not.</param>
    /// <param name="caller">The caller's keys.</param>
    /// <param name="call">The call, where it was given to a lane; else null.</param>
    internal RateLimitDecision Decide(
        RedisLimits limits, in RateLimitRequest request, Span<LimitState> states, bool charges, CallerKeys caller, PendingCall? call)
    {
        FailurePlan plan = limits.FallbackOf;
        if (plan.IsDenied)
        {
            return Deny(states);
        }

        if (plan.IsAllLocal)
        {
            return (charges ? store.Acquire(request, states) : store.Peek(request, states)) with { Source = DecisionSource.Local };
        }

        if (plan.Counted is null)
        {
            FillAllowed(limits, states);
            return new RateLimitDecision
            {
                Outcome = RateLimitOutcome.Allowed,
                Source = DecisionSource.OnStoreFailure,
                Remaining = int.MaxValue,
            };
        }

        lock (_gate)
        {
            return DecideParts(limits, request, states, charges, caller, call);
        }
    }

    /// <summary>Gives tokens back, or takes them, where this process counts.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="request">The call.</param>
    /// <param name="isRefund">Whether tokens are given back.</param>
    /// <param name="caller">The caller's keys.</param>
    /// <param name="isAlone">Whether Redis is away, so that the tokens are those of this process's part.</param>
    internal void Change(RedisLimits limits, in RateLimitRequest request, bool isRefund, CallerKeys caller, bool isAlone)
    {
        FailurePlan plan = limits.FallbackOf;
        if (plan.Counted is null)
        {
            return;
        }

        if (plan.HasShares && isAlone)
        {
            ChangeParts(limits, request, isRefund, caller);
            return;
        }

        RateLimitRequest change = new(plan.Counted, request.Caller, request.Cost);
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
    /// <param name="limits">The limits.</param>
    /// <param name="caller">The caller's keys.</param>
    internal void Reset(RedisLimits limits, CallerKeys caller)
    {
        lock (_gate)
        {
            store.Reset(limits.Applicable.Limits, caller.Caller);
            foreach (RedisLimit limit in limits.Limits)
            {
                drawn.Remove(KeyOf(limits, limit, caller), ulong.MaxValue);
            }
        }
    }

    private static RateLimitDecision Deny(Span<LimitState> states)
    {
        states.Clear();
        return new RateLimitDecision
        {
            Outcome = RateLimitOutcome.Denied,
            Source = DecisionSource.OnStoreFailure,
            RetryAfter = DeniedFor,
        };
    }

    private static void FillAllowed(RedisLimits limits, Span<LimitState> states)
    {
        for (int i = 0; i < states.Length && i < limits.Limits.Length; i++)
        {
            states[i] = Allowed(limits.Limits[i].Limit);
        }
    }

    private static LimitState Allowed(RateLimit limit) =>
        new() { Outcome = RateLimitOutcome.Allowed, Remaining = limit.Capacity };

    private static void Fill(Span<ObservedBucket> observed, PendingCall call, FailurePlan plan)
    {
        bool isCharged = call.Verb is ScriptVerb.Acquire or ScriptVerb.Reserve && call.IsAllowed;
        for (int i = 0; i < plan.CountedOf.Length; i++)
        {
            if (plan.CountedOf[i] >= 0)
            {
                RedisLimit limit = call.Limits.Limits[i];
                SeenBucket seen = call.Seen[i];
                observed[plan.CountedOf[i]] = call.Held is not null
                    ? HeldVerdict.ObservedOf(call, i, isCharged && call.WasCharged(i))
                    : Observed(
                        limit,
                        isCharged ? BucketAnswer.Of(limit, seen, seen.NowMicros, call.Cost).After : seen.State,
                        seen.NowMicros);
            }
        }
    }

    /// <summary>A bucket as Redis has it at an instant.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="state">The state.</param>
    /// <param name="nowMicros">The instant.</param>
    /// <param name="laterCost">Tokens of calls that it admitted for later instants.</param>
    internal static ObservedBucket Observed(RedisLimit limit, BucketState state, ulong nowMicros, ulong laterCost = 0) => new(
        limit.Numbers.Steps,
        state,
        nowMicros / limit.Numbers.StepMicros,
        limit.Numbers.StepMicros * TimeSpan.TicksPerMicrosecond,
        laterCost);

    [InlineArray(ApplicableLimits.MaxCount)]
    private struct ObservedBuckets
    {
        private ObservedBucket _first;
    }
}
