namespace Sluice.Tests;

/// <summary>Where buckets lie, worked out as the table does.</summary>
internal static class Places
{
    /// <summary>The fingerprint of a caller's bucket of the first of some limits, which a store must have met.</summary>
    internal static Fingerprint Of(ApplicableLimits limits, CallerIdentity caller)
    {
        RegisteredBucket bucket = limits.Registration!.Limits[0].Bucket;
        return caller.Fingerprint(bucket.Key).With(bucket.Page);
    }

    /// <summary>The number of the set where it lies, of so many.</summary>
    internal static int SetOf(ApplicableLimits limits, CallerIdentity caller, int sets) =>
        (int)(((Of(limits, caller).High >> 32) * (ulong)sets) >> 32);

    /// <summary>The place that it takes in its set if that is empty.</summary>
    internal static int HomeOf(ApplicableLimits limits, CallerIdentity caller) => BucketSet.Home(Of(limits, caller).Low | 1, limits.Registration!.Limits[0].Bucket.Ordinal);
}
