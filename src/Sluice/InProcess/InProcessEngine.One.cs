using System.Runtime.CompilerServices;

namespace Sluice;

/// <content>The fastest path: one token of one plain limit, whose bucket is in the table under the same numbers.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    private const int NotKnown = -1;

    /// <summary>What <see cref="DecideOne"/> returns when it has not decided; no complement of a wait has this value.</summary>
    private const long NotDecided = long.MinValue;

    /// <summary>
    /// Decides by one bucket at an instant that was read before. It reads the bucket and computes what to write before it takes the lock,
    /// because a lock is a barrier for which all later loads wait. It takes the lock only if nothing has changed since. A rejection takes
    /// none.
    /// </summary>
    /// <returns>What remains; or the complement of the wait in ticks; or <see cref="NotDecided"/>, and nothing was changed.</returns>
    /// <remarks>It uses no <see cref="BucketPage"/>, which the compiler would keep in memory.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long DecideOne(RegisteredLimit limit, CallerIdentity caller, ulong early, Span<LimitState> states)
    {
        RegisteredBucket bucket = limit.Bucket;
        LimitNumbers numbers = limit.Numbers;
        BucketSet* set = bucket.SharedLock;
        BucketSet* at = bucket.Shared;
        (ulong key, ulong name, int home, byte tag) = (0UL, limit.Name, 0, BucketSet.SharedTag);
        if (at is null)
        {
            Fingerprint fingerprint = caller.Fingerprint(bucket.Key).With(bucket.Page);
            set = _table.SetFor(fingerprint);
            at = set;
            key = fingerprint.Low | 1;
            name |= (fingerprint.High >> 8) << (BucketEntry.BucketBits + BucketEntry.VersionBits);
            home = BucketSet.Home(key, bucket.Ordinal);
            tag = BucketSet.Tag(fingerprint.High);
        }

        TSteps.Reach(CommitStep.Locking);
        long version = Volatile.Read(ref set->Version);
        TSteps.Reach(CommitStep.Copying);
        BucketEntry* entry = BucketSet.At(at, home);
        if (entry->Name != name || entry->Key != key || BucketSet.TagAt(at, home) != tag)
        {
            entry = BucketPage.FindAway(at, tag, key, name);
        }

        if (entry is null || (version & 1) != 0 || !SetLock<TSteps>.IsLatest(version, early))
        {
            return NotDecided;
        }

        ulong time = entry->Time;
        ulong word = entry->Word;
        if (set->Readers != 0)
        {
            if (!TokenBucket.RejectsOne(numbers, time, word, early, out ulong waitTicks))
            {
                return NotDecided;
            }

            TSteps.Reach(CommitStep.Validating);
            if (SetLock<TSteps>.VersionAfter(set, early) != version)
            {
                return NotDecided;
            }

            GC.KeepAlive(this);
            if (!states.IsEmpty)
            {
                states[0] = RejectedState(waitTicks, time, word, early);
            }

            return ~(long)waitTicks;
        }

        if (!TokenBucket.AdmitsOne(numbers, time, word, early, out time, out word))
        {
            return NotDecided;
        }

        TSteps.Reach(CommitStep.Validating);
        if (!SetLock<TSteps>.TryEnter(set, version))
        {
            return NotDecided; // What was read may be half of one state and half of another.
        }

        return WriteOne(set, entry, numbers, time, word, early, states);
    }

    /// <summary>Takes one token from one bucket. The same steps as for several; everything else takes the slow path.</summary>
    /// <returns>What remains; or <see cref="NotKnown"/>, and nothing was changed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int TakeOne(ApplicableLimits limits, RegisteredLimit limit, BucketPage page, ulong early, Span<LimitState> states)
    {
        LimitNumbers numbers = limit.Numbers;
        BucketSet* set = page.Lock;
        SetLock<TSteps>.Enter(set);
        BucketEntry* entry = page.Find(limit);
        if (entry is null)
        {
            SetLock<TSteps>.Exit(set, SetLock<TSteps>.Unchanged);
            return NotKnown;
        }

        bool isLate = !SetLock<TSteps>.IsLatest(set, early);
        ulong now = isLate ? ReadTicks() : early;
        if (!TokenBucket.AdmitsOne(numbers, entry->Time, entry->Word, now, out ulong time, out ulong word))
        {
            SetLock<TSteps>.Exit(set, SetLock<TSteps>.Unchanged);
            return NotKnown;
        }

        if (isLate)
        {
            BucketSet* held = set; // A variable of its own, so that the set may stay in a register.
            NoteLateLocked(limits, &held, 1);
        }

        return WriteOne(set, entry, numbers, time, word, now, states);
    }

    /// <summary>Writes what a bucket holds after a charge, and releases the lock of its set.</summary>
    /// <returns>What remains.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int WriteOne(
        BucketSet* set, BucketEntry* entry, LimitNumbers numbers, ulong time, ulong word, ulong now, Span<LimitState> states)
    {
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

        return remaining;
    }

    /// <summary>Decides without a lock, if that rejects again.</summary>
    /// <returns>The wait in ticks; or <see cref="NotKnown"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long RejectOne(RegisteredLimit limit, BucketPage page, Span<LimitState> states)
    {
        BucketSet* set = page.Lock;
        TSteps.Reach(CommitStep.Locking);
        long version = Volatile.Read(ref set->Version);
        ulong now = ReadTicks();
        TSteps.Reach(CommitStep.Copying);
        BucketEntry* entry = page.Find(limit);
        if (entry is null || (version & 1) != 0 || set->Readers == 0)
        {
            return NotKnown;
        }

        ulong time = entry->Time;
        ulong word = entry->Word;
        TSteps.Reach(CommitStep.Validating);
        if (SetLock<TSteps>.VersionAfter(set, now) != version
            || !TokenBucket.RejectsOne(limit.Numbers, time, word, now, out ulong waitTicks))
        {
            return NotKnown;
        }

        GC.KeepAlive(this);
        if (!states.IsEmpty)
        {
            states[0] = RejectedState(waitTicks, time, word, now);
        }

        return (long)waitTicks;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static LimitState RejectedState(ulong waitTicks, ulong time, ulong word, ulong now) => new()
    {
        Outcome = RateLimitOutcome.Denied,
        RetryAfter = Span(waitTicks),
        ResetAfter = Span(TokenBucket.ResetAfter(new BucketState(time, word), now)),
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static LimitState AdmittedState(int remaining, ulong time, ulong word, ulong now) => new()
    {
        Outcome = RateLimitOutcome.Allowed,
        Remaining = remaining,
        ResetAfter = Span(time - now + (word == 0 ? 0UL : 1)),
    };
}
