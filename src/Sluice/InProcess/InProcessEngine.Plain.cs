using System.Runtime.CompilerServices;

namespace Sluice;

/// <content>The fast path for several limits: one token of each, all plain, all in the table under the same numbers.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>
    /// Whether slots are among the limits. A type argument, so that code for policies without slots contains nothing of them.
    /// </summary>
    private interface ISlotPresence
    {
        static abstract bool HasSlots { get; }
    }

    /// <summary>Decides by several plain limits; what is rejected, and everything unusual, takes the slow path.</summary>
    /// <remarks>
    /// Allocates no array on the stack: a method that does and has loops is compiled once only, before the runtime knows that
    /// the clock is the system's, and so calls it by way of a table.
    /// </remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private RateLimitDecision AcquirePlain<TSlotPresence>(
        in RateLimitRequest request, RegisteredLimits known, ulong early, Span<LimitState> states)
        where TSlotPresence : struct, ISlotPresence
    {
        Unsafe.SkipInit(out PlainPages pageRoom);
        Unsafe.SkipInit(out PlainSets setRoom);
        Unsafe.SkipInit(out PlainCharges chargeRoom);
        BucketPage* pages = (BucketPage*)&pageRoom;
        BucketSet** sets = (BucketSet**)&setRoom;
        PlainCharge* charges = (PlainCharge*)&chargeRoom;
        int count = PlacePages(known.Pages, request.Caller, pages, sets);
        if (RejectedLast(sets, count))
        {
            request.Limits.NoteLate(true);
            return AcquireAll(request, known, states);
        }

        Enter(sets, count);
        bool isLate = TSlotPresence.HasSlots || !AreLatest(sets, count, early);
        ulong now = isLate ? ReadTicks() : early;
        int fewest = int.MaxValue;
        RegisteredLimit[] limits = known.Limits;
        byte[] pageNumbers = known.PageNumbers;
        for (int i = 0; i < limits.Length; i++)
        {
            RegisteredLimit limit = limits[i];
            PlainCharge* charge = charges + i;
            charge->Entry = pages[pageNumbers[i]].Find(limit);
            if (charge->Entry is null || !Admits<TSlotPresence>(limit.Numbers, now, charge))
            {
                Exit(sets, count, SetLock<TSteps>.Unchanged);
                return AcquireAll(request, known, states); // Again, by the same clock or a later one.
            }

            fewest = Math.Min(fewest, charge->Remaining);
        }

        if (isLate && !TSlotPresence.HasSlots)
        {
            NoteLateLocked(request.Limits, sets, count);
        }

        for (int i = 0; i < limits.Length; i++)
        {
            TSteps.Reach(CommitStep.Writing);
            PlainCharge* charge = charges + i;
            charge->Entry->Time = charge->Time;
            charge->Entry->Word = charge->Word;
        }

        Exit(sets, count, now);
        GC.KeepAlive(this);
        for (int i = 0; i < limits.Length && !states.IsEmpty; i++)
        {
            states[i] = TSlotPresence.HasSlots && limits[i].Numbers.IsSlots
                ? AdmittedSlot(limits[i].Numbers, new BucketState(charges[i].Time, charges[i].Word))
                : AdmittedState(charges[i].Remaining, charges[i].Time, charges[i].Word, now);
        }

        return new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = fewest };
    }

    /// <summary>Works out where the buckets lie, and the sets as <see cref="Prepare"/> does.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // The loops of the caller need the registers.
    private int PlacePages(RegisteredLimit[] firsts, CallerIdentity caller, BucketPage* pages, BucketSet** sets)
    {
        int count = 0;
        int shared = 0;
        for (int i = 0; i < firsts.Length; i++)
        {
            RegisteredBucket bucket = firsts[i].Bucket;
            BucketPage page = PageOf(bucket, caller);
            pages[i] = page;
            count = Add(sets, page.Lock, bucket.Shared is not null, count, ref shared);
        }

        return count;
    }

    /// <summary>Works out what a bucket holds after the charge.</summary>
    /// <returns>Whether the limit admits the call for certain.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Admits<TSlotPresence>(LimitNumbers numbers, ulong now, PlainCharge* charge)
        where TSlotPresence : struct, ISlotPresence
    {
        BucketEntry* entry = charge->Entry;
        if (TSlotPresence.HasSlots && numbers.IsSlots)
        {
            charge->Remaining = int.MaxValue;
            bool isFree = Slots.Admits(numbers, entry->State, out BucketState next, out _);
            (charge->Time, charge->Word) = (next.Time, next.Word);
            return isFree;
        }

        bool admits = TokenBucket.AdmitsOne(numbers, entry->Time, entry->Word, now, out ulong time, out ulong word);
        (charge->Time, charge->Word) = (time, word);
        charge->Remaining = admits ? TokenBucket.RemainingAfterOne(numbers, time, word, now) : 0;
        return admits;
    }

    private struct PlainCharge
    {
        internal BucketEntry* Entry;
        internal ulong Time;
        internal ulong Word;
        internal int Remaining;
    }

    private struct LockedSet
    {
        internal BucketSet* Set;
    }

    [InlineArray(ApplicableLimits.MaxCount)]
    private struct PlainCharges
    {
        private PlainCharge _first;
    }

    [InlineArray(ApplicableLimits.MaxCount)]
    private struct PlainPages
    {
        private BucketPage _first;
    }

    [InlineArray(ApplicableLimits.MaxCount)]
    private struct PlainSets
    {
        private LockedSet _first;
    }

    private readonly struct WithoutSlots : ISlotPresence
    {
        public static bool HasSlots => false;
    }

    private readonly struct WithSlots : ISlotPresence
    {
        public static bool HasSlots => true;
    }
}
