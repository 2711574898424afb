using System.Runtime.CompilerServices;

namespace Sluice;

/// <content>The shortest way through: one limit, a token bucket of the same numbers as before, already in the table.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>Decides by one limit. The same steps as for several; whatever is out of the ordinary goes the long way.</summary>
    private RateLimitDecision AcquireOne(in RateLimitRequest request, Span<LimitState> states)
    {
        RegisteredLimit limit = _registry.Of(request.Limits)[0];
        LimitNumbers numbers = limit.Numbers;
        ulong cost = (ulong)request.Cost;
        if (numbers.Algorithm != RateLimitAlgorithm.TokenBucket || cost > numbers.Capacity)
        {
            return AcquireAll(request, states);
        }

        Unsafe.SkipInit(out BucketItem item);
        BucketSet* set = Place(limit, request.Caller, &item);
        _clock.Ask();
        if (set->RefusedLast)
        {
            return RefuseOne(request, states, numbers, item);
        }

        SetLock<TSteps>.Enter(set);
        BucketEntry* entry = FindSameNumbers(item);
        if (entry is null)
        {
            SetLock<TSteps>.Exit(set, hasChanged: false);
            return AcquireAll(request, states);
        }

        ulong now = ReadClock();
        bool isAdmitted = TokenBucket.Admits(numbers, entry->State, now, cost, out BucketState next, out ulong waitTicks);
        if (isAdmitted)
        {
            TSteps.Reach(CommitStep.Writing);
            entry->State = next;
            SetLock<TSteps>.Exit(set, hasChanged: true);
        }
        else
        {
            set->RefusedLast = true;
            SetLock<TSteps>.Exit(set, hasChanged: false);
        }

        return DescribeOne(request.Limits[0], states, numbers, next, isAdmitted, waitTicks, now);
    }

    /// <summary>Decides without a lock, if that refuses again.</summary>
    private RateLimitDecision RefuseOne(
        in RateLimitRequest request, Span<LimitState> states, LimitNumbers numbers, in BucketItem item)
    {
        BucketSet* set = item.Set;
        TSteps.Reach(CommitStep.Locking);
        long version = Volatile.Read(ref set->Version);
        ulong now = ReadClock();
        BucketEntry* entry = FindSameNumbers(item);
        if (entry is null || (version & 1) != 0)
        {
            return AcquireAll(request, states);
        }

        BucketState state = entry->State;
        TSteps.Reach(CommitStep.Validating);
        Volatile.ReadBarrier();
        return Volatile.Read(ref set->Version) == version
            && !TokenBucket.Admits(numbers, state, now, (ulong)request.Cost, out _, out ulong waitTicks)
            ? DescribeOne(request.Limits[0], states, numbers, state, isAdmitted: false, waitTicks, now)
            : AcquireAll(request, states);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static BucketEntry* FindSameNumbers(in BucketItem item)
    {
        int place = item.Key == 0 ? 0 : BucketTable<TSteps>.Find(item);
        if (place == BucketItem.Absent)
        {
            return null;
        }

        BucketEntry* entry = BucketSet.At(item.Set, place);
        return entry->Name == item.Name ? entry : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RateLimitDecision DescribeOne(
        RateLimit limit,
        Span<LimitState> states,
        LimitNumbers numbers,
        BucketState state,
        bool isAdmitted,
        ulong waitTicks,
        ulong now)
    {
        int remaining = TokenBucket.Remaining(numbers, state, now);
        TimeSpan wait = Span(waitTicks);
        if (!states.IsEmpty)
        {
            states[0] = new LimitState
            {
                Outcome = isAdmitted ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied,
                Remaining = remaining,
                RetryAfter = wait,
                ResetAfter = Span(TokenBucket.ResetAfter(state, now)),
            };
        }

        return limit.Mode != LimitMode.Enforce
            ? new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = int.MaxValue }
            : new RateLimitDecision
            {
                Outcome = isAdmitted ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied,
                Limit = isAdmitted ? null : limit,
                Remaining = remaining,
                RetryAfter = wait,
            };
    }
}
