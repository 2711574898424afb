using System.Runtime.CompilerServices;

namespace Sluice;

/// <content>Slots: acquired with the tokens of their call, and released when it ends.</content>
/// <remarks>
/// A slot does not depend on time. An operation on slots alone may take any instant at which it held all of its locks, and so reads
/// no clock. A decision by slots and tokens must therefore read it under the locks, or it could come before a release that it sees.
/// </remarks>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private RateLimitDecision AcquireSlots(in RateLimitRequest request, RegisteredLimits known, Span<LimitState> states) =>
        known.Limits.Length == 1
            ? AcquireOneSlot(request, known, states)
            : AcquirePlain<WithSlots>(request, known, early: 0, states);

    /// <summary>Decides by one limit on concurrency; a rejection, and a bucket that is not in the table, takes the slow path.</summary>
    private RateLimitDecision AcquireOneSlot(in RateLimitRequest request, RegisteredLimits known, Span<LimitState> states)
    {
        RegisteredLimit limit = known.Limits[0];
        ulong slots = limit.Numbers.MaxTokens;
        BucketPage page = PageOf(limit.Bucket, request.Caller);
        BucketSet* set = page.Lock;
        if (set->RejectedLast)
        {
            return AcquireAll(request, known, states);
        }

        SetLock<TSteps>.Enter(set);
        BucketEntry* entry = page.Find(limit);
        if (entry is null || entry->Word >= slots)
        {
            SetLock<TSteps>.Exit(set, SetLock<TSteps>.Unchanged);
            return AcquireAll(request, known, states);
        }

        TSteps.Reach(CommitStep.Writing);
        ulong running = entry->Word + 1;
        entry->Word = running;
        SetLock<TSteps>.Exit(set, SetLock<TSteps>.Timeless);
        GC.KeepAlive(this);
        if (!states.IsEmpty)
        {
            states[0] = AdmittedSlot(limit.Numbers, new BucketState(0, running));
        }

        return new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = int.MaxValue };
    }

    private static LimitState AdmittedSlot(LimitNumbers numbers, BucketState next) => new()
    {
        Outcome = RateLimitOutcome.Allowed,
        Remaining = Slots.Remaining(numbers, next),
    };

    /// <summary>Releases one slot of each limit on concurrency, at one instant.</summary>
    internal void Release(in RateLimitRequest request)
    {
        RegisteredLimit[] slots = _registry.Of(request.Limits).Slots;
        if (slots.Length == 1)
        {
            ReleaseOne(slots[0], request.Caller);
        }
        else
        {
            ReleaseAll(slots, request.Caller);
        }

        GC.KeepAlive(this);
    }

    private void ReleaseOne(RegisteredLimit limit, CallerIdentity caller)
    {
        BucketPage page = PageOf(limit.Bucket, caller);
        BucketSet* set = page.Lock;
        SetLock<TSteps>.Enter(set);
        BucketEntry* entry = page.Find(limit);
        if (entry is null || entry->Word == 0)
        {
            ReleaseElsewhere(limit, caller); // Under another number, or not in the table.
            return;
        }

        TSteps.Reach(CommitStep.Writing);
        entry->Word--;
        SetLock<TSteps>.Exit(set, SetLock<TSteps>.Timeless);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReleaseElsewhere(RegisteredLimit limit, CallerIdentity caller)
    {
        BucketItem item;
        Place(limit, caller, &item);
        try
        {
            TSteps.Reach(CommitStep.Writing);
            _table.ReleaseSlot(item);
        }
        finally
        {
            SetLock<TSteps>.Exit(item.Lock, SetLock<TSteps>.Timeless);
        }
    }

    private void ReleaseAll(RegisteredLimit[] slots, CallerIdentity caller)
    {
        BucketItem* items = stackalloc BucketItem[ApplicableLimits.MaxCount];
        BucketSet** sets = stackalloc BucketSet*[ApplicableLimits.MaxCount];
        int count = Prepare(slots, caller, items, sets);
        Enter(sets, count);
        try
        {
            for (int i = 0; i < slots.Length; i++)
            {
                TSteps.Reach(CommitStep.Writing);
                _table.ReleaseSlot(items[i]);
            }
        }
        finally
        {
            Exit(sets, count, SetLock<TSteps>.Timeless);
        }
    }
}
