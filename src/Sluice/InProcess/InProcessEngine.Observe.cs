namespace Sluice;

/// <content>Taking over what another store knows.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>Makes the caller's buckets what another store had them be, as of now.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="observed">The bucket of each of the limits.</param>
    internal void Observe(ApplicableLimits limits, CallerIdentity caller, ReadOnlySpan<ObservedBucket> observed)
    {
        _clock.UpdateFromProvider();
        RegisteredLimits known = Aligned(limits, _registry.Of(limits));
        RegisteredLimit[] registered = known.Limits;
        ulong wall = AskWall(known.HaveCalendar);
        BucketItem* items = stackalloc BucketItem[ApplicableLimits.MaxCount];
        BucketSet** sets = stackalloc BucketSet*[ApplicableLimits.MaxCount];
        int count = Prepare(registered, caller, items, sets);
        StoreInstant now = default;
        Enter(sets, count);
        try
        {
            now = ReadClock(wall);
            for (int i = 0; i < registered.Length; i++)
            {
                LoadLocked(registered[i], ref items[i], now);
            }

            for (int i = 0; i < registered.Length; i++)
            {
                if (registered[i].Numbers.IsSlots)
                {
                    continue; // The slots that are counted here are this process's own.
                }

                if (items[i].Place != BucketItem.Absent)
                {
                    BucketEntry* entry = BucketSet.At(items[i].Set, items[i].Place);
                    _table.ForgetLog(entry);
                    entry->State = default;
                }

                _reservations.Find(items[i])?.RemoveDue(now.Ticks);
                items[i].Next = observed[i].At(registered[i].Numbers, now.For(registered[i].Numbers));
                WriteLocked(registered[i], items, registered.Length, i, now);
            }
        }
        finally
        {
            Exit(sets, count, now.Ticks);
        }
    }
}
