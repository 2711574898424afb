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

    private RateLimitDecision DecideParts(
        RedisLimits limits, in RateLimitRequest request, Span<LimitState> states, bool charges, CallerKeys caller, PendingCall? call)
    {
        int count = limits.Limits.Length;
        Span<LimitState> seen = stackalloc LimitState[count];
        Span<int> remaining = stackalloc int[count];
        int decider = -1;
        for (int i = 0; i < count; i++)
        {
            bool isEnforced = limits.Limits[i].Limit.Mode == LimitMode.Enforce;
            if (!Look(limits, i, caller, request.Cost, out seen[i], out remaining[i]) && isEnforced)
            {
                return Deny(states);
            }

            if (isEnforced && seen[i].Outcome != RateLimitOutcome.Allowed && (decider < 0 || IsHarder(seen[i], seen[decider])))
            {
                decider = i;
            }
        }

        if (decider < 0 && charges)
        {
            Charge(limits, request.Cost, caller, call, seen, remaining);
        }

        int fewest = int.MaxValue;
        for (int i = 0; i < count; i++)
        {
            if (decider < 0 ? limits.Limits[i].Limit.Mode == LimitMode.Enforce && IsCounted(limits, i) : i == decider)
            {
                fewest = Math.Min(fewest, seen[i].Remaining);
            }
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
            Remaining = fewest,
        };
    }

    private static bool IsHarder(in LimitState one, in LimitState other) =>
        other.Outcome == RateLimitOutcome.Denied
        && (one.Outcome == RateLimitOutcome.Unsatisfiable || one.RetryAfter > other.RetryAfter);

    /// <summary>What a limit answers alone, in tokens of the part.</summary>
    /// <param name="limits">The limits of the call.</param>
    /// <param name="index">Which of them.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="cost">What the call costs.</param>
    /// <param name="state">The answer.</param>
    /// <param name="remaining">The tokens that are left in the bucket of the whole limit.</param>
    /// <returns>False when the call costs more than the part holds, but not more than the whole limit.</returns>
    private bool Look(RedisLimits limits, int index, CallerKeys caller, int cost, out LimitState state, out int remaining)
    {
        RateLimit limit = limits.Limits[index].Limit;
        if (!IsCounted(limits, index))
        {
            state = Allowed(limit);
            remaining = state.Remaining;
            return true;
        }

        Part part = PartOf(limit);
        int capacity = limit.Rate.Capacity;
        bool fits = cost <= part.Tokens(capacity);
        LimitState whole = Look(limits, index, caller, fits ? part.Needed(capacity, cost) : Math.Max(cost, 1));
        remaining = whole.Remaining;
        state = whole with { Remaining = part.Left(capacity, whole.Remaining) };
        if (!fits && cost <= capacity)
        {
            state = state with { Outcome = RateLimitOutcome.Denied, RetryAfter = DeniedFor };
        }

        return fits || cost > capacity;
    }

    private LimitState Look(RedisLimits limits, int index, CallerKeys caller, int cost)
    {
        Span<LimitState> state = stackalloc LimitState[1];
        store.Peek(new RateLimitRequest(limits.FallbackOf.Alone[index], caller.Caller, cost), state);
        return state[0];
    }

    private void Charge(
        RedisLimits limits, int cost, CallerKeys caller, PendingCall? call, Span<LimitState> seen, ReadOnlySpan<int> remaining)
    {
        uint charged = 0;
        for (int i = 0; i < seen.Length; i++)
        {
            if (seen[i].Outcome != RateLimitOutcome.Allowed || !IsCounted(limits, i))
            {
                continue; // A permissive limit without the tokens, or one that lets everything through.
            }

            RateLimit limit = limits.Limits[i].Limit;
            Part part = PartOf(limit);
            Change(limits, i, caller, part.Charge(cost), isRefund: false);
            seen[i] = seen[i] with { Remaining = seen[i].Remaining - cost, ResetAfter = Look(limits, i, caller, cost: 1).ResetAfter };
            if (limit.OnStoreFailure == StoreFailureMode.Share)
            {
                charged |= 1U << i;
                drawn.Add(
                    KeyOf(limits, limits.Limits[i], caller),
                    (ulong)cost,
                    part.Used(limit.Rate.Capacity, remaining[i]),
                    isUncertain: call is not null && call.Fate != CallFate.Unsent,
                    seen[i].ResetAfter);
            }
        }

        if (call is not null && charged != 0 && call.Fate != CallFate.Unsent)
        {
            call.Drawn = charged;
            call.DrawnCount = members().Count;
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
                    drawn.Add(key, (ulong)request.Cost, used, isUncertain: false, full);
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

    private Part PartOf(RateLimit limit) =>
        limit.OnStoreFailure == StoreFailureMode.Share ? Part.Of(members()) : Part.Whole;

    private static bool IsCounted(RedisLimits limits, int index) => limits.FallbackOf.CountedOf[index] >= 0;

    private static DrawnTokens.Key KeyOf(RedisLimits limits, RedisLimit limit, CallerKeys caller) =>
        new(limits.Server.Row(limit.Limit.Key, caller, isSpread: false), limit.Number);
}
