using System.Runtime.CompilerServices;

namespace Sluice;

/// <content>The shortest way through: one token of one plain limit, whose bucket is in the table under the same numbers.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>Decides by one limit. The same steps as for several; whatever is out of the ordinary goes the long way.</summary>
    private RateLimitDecision AcquireOne(in RateLimitRequest request, RegisteredLimits known, ulong early, Span<LimitState> states)
    {
        RegisteredLimit limit = known.Limits[0];
        LimitNumbers numbers = limit.Numbers;
        Unsafe.SkipInit(out BucketItem item);
        BucketSet* set = Place(limit, request.Caller, &item);
        if (set->RefusedLast)
        {
            return RefuseOne(request, known, early, states, item);
        }

        SetLock<TSteps>.Enter(set);
        BucketEntry* entry = FindSameNumbers(item);
        if (entry is null)
        {
            SetLock<TSteps>.Exit(set, SetLock<TSteps>.Unchanged);
            return AcquireAll(request, known, states);
        }

        bool isLate = !SetLock<TSteps>.IsLatest(set, early);
        ulong now = isLate ? ReadTicks() : early;
        if (!TokenBucket.AdmitsOne(numbers, entry->Time, entry->Word, now, out ulong time, out ulong word))
        {
            SetLock<TSteps>.Exit(set, SetLock<TSteps>.Unchanged);
            return AcquireAll(request, known, states); // Again, by the same clock or a later one.
        }

        if (isLate)
        {
            BucketSet* held = set; // A variable of its own, so that the set may stay in a register.
            NoteLateLocked(request.Limits, &held, 1);
        }

        TSteps.Reach(CommitStep.Writing);
        entry->Time = time;
        entry->Word = word;
        SetLock<TSteps>.Exit(set, now);
        GC.KeepAlive(this);
        int remaining = TokenBucket.RemainingAfterOne(numbers, time, word, now);
        if (!states.IsEmpty)
        {
            states[0] = AdmittedState(remaining, time, word, now);
        }

        return new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = remaining };
    }

    /// <summary>Decides without a lock, if that refuses again.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private RateLimitDecision RefuseOne(
        in RateLimitRequest request, RegisteredLimits known, ulong early, Span<LimitState> states, in BucketItem item)
    {
        BucketSet* set = item.Set;
        TSteps.Reach(CommitStep.Locking);
        long version = Volatile.Read(ref set->Version);
        ulong now = SetLock<TSteps>.IsLatest(version, early) ? early : ReadTicks();
        TSteps.Reach(CommitStep.Copying);
        BucketEntry* entry = FindSameNumbers(item);
        if (entry is null || (version & 1) != 0 || set->Readers == 0)
        {
            return AcquireAll(request, known, states);
        }

        ulong time = entry->Time;
        ulong word = entry->Word;
        TSteps.Reach(CommitStep.Validating);
        if (SetLock<TSteps>.VersionAfter(set, now) != version
            || !TokenBucket.RefusesOne(known.Limits[0].Numbers, time, word, now, out ulong waitTicks))
        {
            return AcquireAll(request, known, states);
        }

        GC.KeepAlive(this);
        TimeSpan wait = Span(waitTicks);
        if (!states.IsEmpty)
        {
            states[0] = new LimitState
            {
                Outcome = RateLimitOutcome.Denied,
                RetryAfter = wait,
                ResetAfter = Span(TokenBucket.ResetAfter(new BucketState(time, word), now)),
            };
        }

        // A bucket that refuses one token has none.
        return new RateLimitDecision { Outcome = RateLimitOutcome.Denied, Limit = request.Limits[0], RetryAfter = wait };
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

    private static LimitState AdmittedState(int remaining, ulong time, ulong word, ulong now) => new()
    {
        Outcome = RateLimitOutcome.Allowed,
        Remaining = remaining,
        ResetAfter = Span(time - now + (word == 0 ? 0UL : 1)),
    };
}
