using System.Runtime.CompilerServices;

namespace Sluice;

/// <content>The short way through for several limits: one token of each, all plain, all in the table under the same numbers.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    private const int NotAdmitted = -1;

    /// <summary>Whether slots are among the limits. A type argument, so that code for policies without slots contains nothing of them.</summary>
    private interface ISlotPresence
    {
        static abstract bool HasSlots { get; }
    }

    /// <summary>Decides by several plain limits; what is refused, and what is out of the ordinary, goes the long way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private RateLimitDecision AcquirePlain<TSlotPresence>(
        in RateLimitRequest request, RegisteredLimits known, ulong early, Span<LimitState> states)
        where TSlotPresence : struct, ISlotPresence
    {
        RegisteredLimit[] registered = known.Limits;
        BucketItem* items = stackalloc BucketItem[ApplicableLimits.MaxCount];
        BucketSet** sets = stackalloc BucketSet*[ApplicableLimits.MaxCount];
        int count = Prepare(registered, request.Caller, items, sets);
        int fewest = RefusedLast(sets, count)
            ? NotAdmitted
            : TakeOneOfEach<TSlotPresence>(request.Limits, registered, items, sets, count, early, states);
        return fewest == NotAdmitted
            ? AcquireAll(request, known, states)
            : new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = fewest };
    }

    /// <summary>Charges one token to each, if all have it.</summary>
    /// <remarks>
    /// Allocates no array on the stack: a method that does and has loops is compiled once only, before the runtime knows that
    /// the clock is the system's, and so calls it by way of a table.
    /// </remarks>
    /// <returns>The fewest tokens that one has left; or <see cref="NotAdmitted"/>, and nothing was written.</returns>
    private int TakeOneOfEach<TSlotPresence>(
        ApplicableLimits limits, RegisteredLimit[] registered, BucketItem* items, BucketSet** sets, int count, ulong early, Span<LimitState> states)
        where TSlotPresence : struct, ISlotPresence
    {
        Enter(sets, count);
        for (int i = 0; i < registered.Length; i++)
        {
            items[i].Entry = FindSameNumbers(items[i]);
            if (items[i].Entry is null)
            {
                Exit(sets, count, SetLock<TSteps>.Unchanged);
                return NotAdmitted;
            }
        }

        bool isLate = TSlotPresence.HasSlots || !AreLatest(sets, count, early);
        ulong now = isLate ? ReadTicks() : early;
        for (int i = 0; i < registered.Length; i++)
        {
            BucketEntry* entry = items[i].Entry;
            if (TSlotPresence.HasSlots && registered[i].Numbers.IsSlots)
            {
                if (!Slots.Admits(registered[i].Numbers, entry->State, out items[i].Next, out _))
                {
                    Exit(sets, count, SetLock<TSteps>.Unchanged);
                    return NotAdmitted;
                }

                continue;
            }

            if (!TokenBucket.AdmitsOne(
                registered[i].Numbers, entry->Time, entry->Word, now, out ulong time, out ulong word))
            {
                Exit(sets, count, SetLock<TSteps>.Unchanged);
                return NotAdmitted;
            }

            items[i].Next = new BucketState(time, word);
        }

        if (isLate && !TSlotPresence.HasSlots)
        {
            NoteLateLocked(limits, sets, count);
        }

        for (int i = 0; i < registered.Length; i++)
        {
            TSteps.Reach(CommitStep.Writing);
            items[i].Entry->Time = items[i].Next.Time;
            items[i].Entry->Word = items[i].Next.Word;
        }

        Exit(sets, count, now);
        GC.KeepAlive(this);
        int fewest = int.MaxValue;
        for (int i = 0; i < registered.Length; i++)
        {
            ulong time = items[i].Next.Time;
            ulong word = items[i].Next.Word;
            if (TSlotPresence.HasSlots && registered[i].Numbers.IsSlots)
            {
                if (!states.IsEmpty)
                {
                    states[i] = AdmittedSlot(registered[i].Numbers, items[i].Next);
                }

                continue;
            }

            int remaining = TokenBucket.RemainingAfterOne(registered[i].Numbers, time, word, now);
            fewest = Math.Min(fewest, remaining);
            if (!states.IsEmpty)
            {
                states[i] = AdmittedState(remaining, time, word, now);
            }
        }

        return fewest;
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
