namespace Sluice;

/// <content>Looking at all buckets.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>The buckets with the smallest part left, smallest first, without those that are full.</summary>
    /// <remarks>
    /// It reads one set after another and stops no call: each bucket is as it was at some instant of the survey. Of buckets for which
    /// calls are held it tells the level before those calls.
    /// </remarks>
    /// <param name="limits">The limits whose buckets are of interest.</param>
    /// <param name="top">The most buckets.</param>
    /// <param name="callers">Callers by whom the buckets are named.</param>
    internal SurveyedBucket[] Survey(IReadOnlyCollection<RateLimit> limits, int top, IEnumerable<CallerIdentity> callers)
    {
        Shortlist list = new(top);
        foreach (RateLimit limit in limits)
        {
            list.Add(limit, _registry.Of(limit));
        }

        foreach (RegisteredBucket bucket in list.Shared)
        {
            Look(bucket.Shared, bucket.SharedLock, places: 1, list);
        }

        BucketSet* end = _table.First + _table.Sets;
        for (BucketSet* set = _table.First; list.HasOwn && set < end; set++)
        {
            if (Volatile.Read(ref set->Version) != 0) // Else it was never written.
            {
                Look(set, set, BucketSet.Places, list);
            }
        }

        Found[] found = list.Take();
        GC.KeepAlive(this);
        return Name(found, callers);
    }

    private void Look(BucketSet* set, BucketSet* held, int places, Shortlist list)
    {
        _clock.UpdateFromProvider();
        ulong wall = AskWall(isFollowed: true);
        SetLock<TSteps>.Enter(held);
        try
        {
            StoreInstant now = ReadClock(wall);
            for (int place = 0; place < places; place++)
            {
                byte tag = BucketSet.TagAt(set, place);
                BucketEntry* entry = BucketSet.At(set, place);
                if (tag is BucketSet.EmptyTag or BucketSet.FoldTag || list.Find(entry) is not (RateLimit limit, RegisteredLimit registered))
                {
                    continue;
                }

                BucketItem item = new() { Set = set, Place = place, State = entry->State, Version = entry->Version };
                ConvertState(registered, ref item, now);
                if (registered.Numbers.Algorithm == RateLimitAlgorithm.SlidingWindow)
                {
                    item.TokensLeft = SlidingWindow.Remaining(ViewOf(registered, item, now));
                }

                int remaining = Remaining(registered.Numbers, item, now, out ulong resetTicks);
                if (registered.Numbers.IsSlots ? remaining < limit.Concurrency : resetTicks != 0)
                {
                    list.Offer(new Found(
                        new SurveyedBucket(limit, null, entry->Key, remaining, Span(resetTicks)), entry->Key, entry->Name >> BucketEntry.VersionBits));
                }
            }
        }
        finally
        {
            SetLock<TSteps>.Exit(held, SetLock<TSteps>.Unchanged);
        }
    }

    private SurveyedBucket[] Name(Found[] found, IEnumerable<CallerIdentity> callers)
    {
        SurveyedBucket[] named = [.. found.Select(bucket => bucket.Bucket)];
        Dictionary<(ulong, ulong), int> unnamed = [];
        for (int i = 0; i < found.Length; i++)
        {
            if (!named[i].IsShared)
            {
                unnamed.Add((found[i].Key, found[i].Name), i);
            }
        }

        RegisteredLimit[] limits = [.. unnamed.Values.Select(i => _registry.Of(named[i].Limit)).DistinctBy(limit => limit.Bucket)];
        foreach (CallerIdentity caller in callers)
        {
            if (unnamed.Count == 0)
            {
                break;
            }

            foreach (RegisteredLimit limit in limits)
            {
                BucketItem item;
                Place(limit, caller, &item);
                if (unnamed.Remove((item.Key, item.Name >> BucketEntry.VersionBits), out int index))
                {
                    named[index] = named[index] with { Caller = caller };
                }
            }
        }

        return named;
    }

    /// <summary>A bucket, and what it is known by in the table.</summary>
    private readonly record struct Found(SurveyedBucket Bucket, ulong Key, ulong Name);

    /// <summary>Collects the buckets with the smallest part left.</summary>
    private sealed class Shortlist(int top)
    {
        private readonly Dictionary<int, List<(RateLimit Limit, RegisteredLimit Registered)>> _limits = [];
        private readonly PriorityQueue<Found, double> _found = new();

        /// <summary>The shared buckets.</summary>
        internal IEnumerable<RegisteredBucket> Shared =>
            _limits.Values.Select(limits => limits[0].Registered.Bucket).Where(bucket => bucket.Shared is not null);

        /// <summary>Whether any bucket is a caller's own.</summary>
        internal bool HasOwn => _limits.Values.Any(limits => limits[0].Registered.Bucket.Shared is null);

        internal void Add(RateLimit limit, RegisteredLimit registered)
        {
            if (!_limits.TryGetValue(registered.Bucket.Number, out List<(RateLimit, RegisteredLimit)>? limits))
            {
                _limits.Add(registered.Bucket.Number, limits = []);
            }

            limits.Add((limit, registered));
        }

        /// <summary>
        /// The limit under which an entry was written last; of limits whose numbers have changed, the first that has the bucket.
        /// </summary>
        internal (RateLimit Limit, RegisteredLimit Registered)? Find(BucketEntry* entry)
        {
            if (!_limits.TryGetValue(entry->Bucket, out List<(RateLimit Limit, RegisteredLimit Registered)>? limits))
            {
                return null;
            }

            int version = entry->Version;
            int index = limits.Count == 1 ? 0 : Math.Max(0, limits.FindIndex(limit => limit.Registered.Version == version));
            return limits[index];
        }

        internal void Offer(in Found found)
        {
            double full = -found.Bucket.ShareLeft; // The queue gives the smallest first: the fullest bucket is the one to drop.
            if (_found.Count < top)
            {
                _found.Enqueue(found, full);
            }
            else
            {
                _found.EnqueueDequeue(found, full);
            }
        }

        internal Found[] Take() =>
            [.. _found.UnorderedItems.Select(item => item.Element).OrderBy(item => item.Bucket.ShareLeft).ThenByDescending(item => item.Bucket.ResetAfter)];
    }
}
