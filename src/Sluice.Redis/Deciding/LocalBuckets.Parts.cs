using System.Numerics;

namespace Sluice.Redis;

/// <content>This process's parts of limits, and what was taken from them.</content>
internal sealed partial class LocalBuckets
{
    /// <summary>Whether Redis does not know of some tokens that this process took.</summary>
    internal bool HasDrawn => drawn.Count > 0; // One word; a call that reads it too early finds the tokens the next time.

    /// <summary>The call that charges the drawn tokens of a bucket in Redis; null where there are none.</summary>
    internal PendingCall? TakeDrawn(RedisLimits limits, int index, CallerKeys caller, bool isSpread)
    {
        if (limits.Limits[index].Limit.AdmitsNothing)
        {
            return null; // It leaves its bucket as it is. The tokens stay for a call under other numbers.
        }

        DrawnTokens.Key key = KeyOf(limits, limits.Limits[index], caller);
        lock (_gate)
        {
            ulong tokens = drawn.Has(key) ? drawn.Take(key, UsedIn(limits, index, caller)) : 0;
            return tokens == 0 ? null : new PendingCall(ScriptVerb.Charge, limits, caller, tokens)
            {
                Part = [index],
                IsSpread = isSpread,
                Drawn = 1U << index,
                DrawnCount = members().Count,
            };
        }
    }

    /// <summary>
    /// Tells the end of a call that was decided here after it was sent, or that charges drawn tokens: Redis answered it, or it failed.
    /// </summary>
    internal void NoteEnd(PendingCall call)
    {
        if (call.Limits.FallbackOf.HasShares)
        {
            lock (_gate)
            {
                Resolve(call);
            }
        }
    }

    /// <summary>Decides by parts: one operation on all buckets, and a look at each that has too few tokens.</summary>
    private RateLimitDecision DecideParts(
        RedisLimits limits, in RateLimitRequest request, Span<LimitState> states, bool charges, CallerKeys caller, PendingCall? call)
    {
        Membership shared = members();
        ApplicableLimits counted = limits.FallbackOf.Counted!;
        Span<BucketCharge> buckets = stackalloc BucketCharge[ApplicableLimits.MaxCount];
        buckets = buckets[..counted.Count];
        for (int i = 0; i < buckets.Length; i++)
        {
            RateLimit limit = counted[i];
            Part part = Part.Of(limit, shared);
            bool fits = request.Cost <= part.Tokens(limit.Capacity);
            if (!fits && request.Cost <= limit.Capacity && limit.Mode == LimitMode.Enforce)
            {
                return Deny(states);
            }

            buckets[i] = fits
                ? new BucketCharge(part.Needed(limit.Capacity, request.Cost), charges ? (ulong)part.Charge(request.Cost) : 0)
                : new BucketCharge(Needed: int.MaxValue, Tokens: 0);
        }

        Span<LimitState> seen = stackalloc LimitState[ApplicableLimits.MaxCount];
        seen = seen[..limits.Limits.Length];
        int decider;
        do
        {
            bool isAdmitted = store.TryCharge(counted, caller.Caller, buckets);
            decider = Answer(limits, request.Cost, caller, shared, buckets, charges && isAdmitted, seen);
            if (isAdmitted)
            {
                break;
            }
        }
        while (decider < 0); // The tokens that were missing have come since.

        if (decider < 0 && charges)
        {
            NoteDrawn(limits, request.Cost, caller, call, shared, buckets);
        }

        if (!states.IsEmpty)
        {
            seen.CopyTo(states);
        }

        return new RateLimitDecision
        {
            Outcome = decider < 0 ? RateLimitOutcome.Allowed : seen[decider].Outcome,
            Source = DecisionSource.Local,
            Limit = decider < 0 ? null : limits.Limits[decider].Limit,
            RetryAfter = decider < 0 ? TimeSpan.Zero : seen[decider].RetryAfter,
            Remaining = decider < 0 ? Fewest(limits, seen) : seen[decider].Remaining,
        };
    }

    private static int Fewest(RedisLimits limits, ReadOnlySpan<LimitState> seen)
    {
        int fewest = int.MaxValue;
        for (int i = 0; i < seen.Length; i++)
        {
            if (limits.Limits[i].Limit.Mode == LimitMode.Enforce && IsCounted(limits, i))
            {
                fewest = Math.Min(fewest, seen[i].Remaining);
            }
        }

        return fewest;
    }

    /// <summary>Fills in what each limit answers, in tokens of the part.</summary>
    /// <returns>The limit that rejects the call; -1 when none does.</returns>
    private int Answer(
        RedisLimits limits,
        int cost,
        CallerKeys caller,
        Membership shared,
        ReadOnlySpan<BucketCharge> buckets,
        bool isCharged,
        Span<LimitState> seen)
    {
        int decider = -1;
        for (int i = 0; i < seen.Length; i++)
        {
            RateLimit limit = limits.Limits[i].Limit;
            if (!IsCounted(limits, i))
            {
                seen[i] = Allowed(limit);
                continue;
            }

            ref readonly BucketCharge bucket = ref buckets[limits.FallbackOf.CountedOf[i]];
            Part part = Part.Of(limit, shared);
            if (bucket.HasEnough)
            {
                seen[i] = new LimitState
                {
                    Outcome = RateLimitOutcome.Allowed,
                    Remaining = part.Left(limit.Capacity, bucket.Remaining) - (isCharged ? cost : 0),
                    ResetAfter = bucket.ResetAfter,
                };
                continue;
            }

            seen[i] = Rejected(limits, i, caller, cost, part);
            if (limit.Mode == LimitMode.Enforce
                && seen[i].Outcome != RateLimitOutcome.Allowed
                && (decider < 0 || IsHarder(seen[i], seen[decider])))
            {
                decider = i;
            }
        }

        return decider;
    }

    private static bool IsHarder(in LimitState one, in LimitState other) =>
        other.Outcome == RateLimitOutcome.Denied
        && (one.Outcome == RateLimitOutcome.Unsatisfiable || one.RetryAfter > other.RetryAfter);

    /// <summary>What a limit answers whose bucket has too few tokens, with the exact wait.</summary>
    private LimitState Rejected(RedisLimits limits, int index, CallerKeys caller, int cost, Part part)
    {
        int capacity = limits.Limits[index].Limit.Capacity;
        bool fits = cost <= part.Tokens(capacity);
        LimitState whole = Look(limits, index, caller, fits ? part.Needed(capacity, cost) : cost);
        LimitState state = whole with { Remaining = part.Left(capacity, whole.Remaining) };
        return fits || cost > capacity
            ? state
            : state with { Outcome = RateLimitOutcome.Denied, RetryAfter = DeniedFor }; // A permissive limit: an enforced one has rejected the call.
    }

    private LimitState Look(RedisLimits limits, int index, CallerKeys caller, int cost)
    {
        Span<LimitState> state = stackalloc LimitState[1];
        store.Peek(new RateLimitRequest(limits.FallbackOf.Alone[index], caller.Caller, cost), state);
        return state[0];
    }

    /// <summary>Remembers what an admitted call took from parts.</summary>
    private void NoteDrawn(
        RedisLimits limits, int cost, CallerKeys caller, PendingCall? call, Membership shared, ReadOnlySpan<BucketCharge> buckets)
    {
        uint charged = 0;
        bool isUncertain = call is not null && call.Fate != CallFate.Unsent;
        long timestamp = drawn.Timestamp;
        for (int i = 0; i < limits.Limits.Length; i++)
        {
            RateLimit limit = limits.Limits[i].Limit;
            int counted = limits.FallbackOf.CountedOf[i];
            if (limit.OnStoreFailure != StoreFailureMode.Share || counted < 0 || !buckets[counted].HasEnough)
            {
                continue; // Counted in full, or let through, or a permissive limit without the tokens.
            }

            charged |= 1U << i;
            drawn.Add(
                KeyOf(limits, limits.Limits[i], caller),
                (ulong)cost,
                Part.Of(shared).Used(limit.Capacity, buckets[counted].Remaining),
                isUncertain,
                buckets[counted].ResetAfter,
                timestamp);
        }

        if (isUncertain && charged != 0)
        {
            call!.Drawn = charged;
            call.DrawnCount = shared.Count;
            if (call.Fate != CallFate.OnItsWay)
            {
                Resolve(call);
            }
        }
    }

    // A call that Redis charged has taken its tokens there. So the part gets its own back, and the bucket what Redis took from it.
    private void Resolve(PendingCall call)
    {
        for (uint rest = call.Drawn; rest != 0; rest &= rest - 1)
        {
            int index = BitOperations.TrailingZeroCount(rest);
            bool isCharged = call.Fate == CallFate.Charged && (call.Verb == ScriptVerb.Charge || call.WasCharged(index));
            if (drawn.Resolve(KeyOf(call.Limits, call.Limits.Limits[index], call.Caller), call.Cost, isCharged) && isCharged)
            {
                Change(call.Limits, index, call.Caller, (long)call.Cost * (call.DrawnCount - 1), isRefund: true);
            }
        }

        call.Drawn = 0;
    }

    /// <summary>Charges the drawn tokens to buckets as Redis has them, since Redis does not know of them.</summary>
    private void ChargeDrawn(RedisLimits limits, CallerKeys caller)
    {
        if (drawn.Count == 0)
        {
            return;
        }

        for (int i = 0; i < limits.Limits.Length; i++)
        {
            RateLimit limit = limits.Limits[i].Limit;
            if (limit.OnStoreFailure == StoreFailureMode.Share
                && drawn.Of(KeyOf(limits, limits.Limits[i], caller)) is ulong tokens and > 0)
            {
                Change(limits, i, caller, (long)tokens * members().Count, isRefund: false);
            }
        }
    }

    private void ChangeParts(RedisLimits limits, in RateLimitRequest request, bool isRefund, CallerKeys caller)
    {
        lock (_gate)
        {
            for (int i = 0; i < limits.Limits.Length; i++)
            {
                RateLimit limit = limits.Limits[i].Limit;
                if (!IsCounted(limits, i))
                {
                    continue;
                }

                ulong used = UsedIn(limits, i, caller);
                Change(limits, i, caller, PartOf(limit).Charge(request.Cost), isRefund);
                DrawnTokens.Key key = KeyOf(limits, limits.Limits[i], caller);
                if (isRefund)
                {
                    drawn.Remove(key, (ulong)request.Cost);
                }
                else if (limit.OnStoreFailure == StoreFailureMode.Share)
                {
                    TimeSpan full = Look(limits, i, caller, cost: 1).ResetAfter;
                    drawn.Add(key, (ulong)request.Cost, used, isUncertain: false, full, drawn.Timestamp);
                }
            }
        }
    }

    private ulong UsedIn(RedisLimits limits, int index, CallerKeys caller)
    {
        RateLimit limit = limits.Limits[index].Limit;
        return PartOf(limit).Used(limit.Rate.Capacity, Look(limits, index, caller, cost: 1).Remaining);
    }

    private void Change(RedisLimits limits, int index, CallerKeys caller, long tokens, bool isRefund)
    {
        for (long left = tokens; left > 0; left -= int.MaxValue)
        {
            RateLimitRequest change = new(limits.FallbackOf.Alone[index], caller.Caller, (int)Math.Min(left, int.MaxValue));
            if (isRefund)
            {
                store.Refund(change);
            }
            else
            {
                store.Charge(change);
            }
        }
    }

    private Part PartOf(RateLimit limit) => Part.Of(limit, members());

    private static bool IsCounted(RedisLimits limits, int index) => limits.FallbackOf.CountedOf[index] >= 0;

    private static DrawnTokens.Key KeyOf(RedisLimits limits, RedisLimit limit, CallerKeys caller) =>
        new(
            limits.Server,
            limit.Limit.Key,
            limit.Limit.Key.Form == LimitKeyForm.Shared ? default : caller.Caller.Fingerprint(limit.Limit.Key),
            limit.Number);
}
