namespace Sluice;

/// <summary>A bucket as a survey of a store found it.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Caller">
/// The caller that has the bucket, if the survey was given that caller; null for a shared bucket.
/// </param>
/// <param name="Number">Tells buckets of different callers apart, in this process only; it says nothing of the caller.</param>
/// <param name="Remaining">Whole tokens, or free slots.</param>
/// <param name="ResetAfter">The time until the bucket is full, if no call comes; zero for slots.</param>
internal readonly record struct SurveyedBucket(RateLimit Limit, CallerIdentity? Caller, ulong Number, int Remaining, TimeSpan ResetAfter)
{
    /// <summary>The part of the bucket that is left, from 0 to 1.</summary>
    internal double ShareLeft => (double)Remaining / Math.Max(1, Limit.Concurrency ?? Limit.Rate.Capacity);

    /// <summary>Whether every caller has the bucket.</summary>
    internal bool IsShared => Limit.Key.Form == LimitKeyForm.Shared;
}
