namespace Sluice;

/// <content>Calls that take another number of tokens from each bucket.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>
    /// Charges each bucket its own tokens, if every enforced limit has enough. A permissive one that has not is not charged.
    /// </summary>
    /// <param name="limits">The limits, none on concurrency.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="buckets">One for each limit: what is needed and taken, and then what was found.</param>
    /// <returns>Whether they had enough.</returns>
    internal bool TryCharge(ApplicableLimits limits, CallerIdentity caller, Span<BucketCharge> buckets)
    {
        _clock.UpdateFromProvider();
        RegisteredLimits known = Aligned(limits, _registry.Of(limits));
        RegisteredLimit[] registered = known.Limits;
        ulong wall = AskWall(known.HaveCalendar);
        BucketItem* items = stackalloc BucketItem[ApplicableLimits.MaxCount];
        BucketSet** sets = stackalloc BucketSet*[ApplicableLimits.MaxCount];
        int count = Prepare(registered, caller, items, sets);
        bool hasEnough = true;
        ulong stamp = SetLock<TSteps>.Unchanged;
        Enter(sets, count);
        try
        {
            StoreInstant now = ReadClock(wall);
            for (int i = 0; i < registered.Length; i++)
            {
                items[i].IsCharged = false;
                LoadLocked(registered[i], ref items[i], now);
                LookLocked(registered[i], ref items[i], now);
                buckets[i].Remaining = limits[i].AdmitsNothing ? 0 : items[i].TokensLeft;
                hasEnough &= buckets[i].HasEnough || limits[i].Mode != LimitMode.Enforce;
            }

            if (hasEnough)
            {
                stamp = now.Ticks;
            }
            else
            {
                LetReadLocked(sets, count);
            }

            for (int i = 0; hasEnough && i < registered.Length; i++)
            {
                if (buckets[i].Tokens != 0 && buckets[i].HasEnough)
                {
                    SettleLocked(registered[i], ref items[i], now);
                    items[i].Next = Changed(registered[i], items[i], now, buckets[i].Tokens, isRefund: false);
                    items[i].State = items[i].Next;
                    items[i].Version = registered[i].Version;
                    items[i].IsCharged = true;
                    LookLocked(registered[i], ref items[i], now); // Before the write, which may make the bucket a part of a fold.
                    WriteLocked(registered[i], items, registered.Length, i, now);
                }
            }
        }
        finally
        {
            Exit(sets, count, stamp);
        }

        for (int i = 0; i < registered.Length; i++)
        {
            buckets[i].ResetAfter = Span(items[i].ResetTicks);
        }

        return hasEnough;
    }

    /// <summary>Reads what is left in a bucket.</summary>
    private void LookLocked(RegisteredLimit limit, ref BucketItem item, in StoreInstant now)
    {
        if (limit.Bucket.MayHold)
        {
            Look(limit, ref item, _reservations.Find(item), now);
            return;
        }

        if (limit.Numbers.Algorithm == RateLimitAlgorithm.SlidingWindow)
        {
            item.TokensLeft = SlidingWindow.Remaining(ViewOf(limit, item, now));
        }

        item.TokensLeft = Remaining(limit.Numbers, item, now, out item.ResetTicks);
    }
}
