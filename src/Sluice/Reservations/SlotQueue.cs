namespace Sluice;

/// <summary>The calls that wait for a slot of one bucket. Thread safety: <see cref="SlotWaiters"/> guards it.</summary>
/// <param name="bucket">The bucket.</param>
internal sealed class SlotQueue(SlotQueue.SlotBucket bucket)
{
    internal SlotBucket Bucket => bucket;

    internal FairQueue<CallerIdentity, SlotWaiter> Waiters { get; } = new();

    /// <summary>Whether an attempt is being made for the first of them.</summary>
    internal bool IsServing { get; set; }

    /// <summary>Whether a slot may have become free since that attempt began.</summary>
    internal bool MayServeAgain { get; set; }

    /// <summary>What tells a bucket of slots from all others.</summary>
    internal readonly record struct SlotBucket(LimitTarget Target, LimitKey Key, Fingerprint Caller)
    {
        /// <summary>The bucket of a limit and a caller.</summary>
        internal static SlotBucket Of(RateLimit limit, CallerIdentity caller) =>
            new(limit.Target, limit.Key, limit.Key.Form == LimitKeyForm.Shared ? default : caller.Fingerprint(limit.Key));

        /// <summary>No bucket: its queue has calls of which the next attempt finds out for which bucket they wait.</summary>
        internal static SlotBucket None => default;

        /// <summary>The buckets of which a call holds slots. A permissive limit may be an enforced one by now.</summary>
        internal static IEnumerable<SlotBucket> AllOf(ApplicableLimits limits, CallerIdentity caller) =>
            from limit in limits.Limits.ToArray()
            where limit.Concurrency is not null
            select Of(limit, caller);
    }
}
