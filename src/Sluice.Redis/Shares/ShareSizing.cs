namespace Sluice.Redis;

/// <summary>How large a share a process wishes for. Any rule is exact; this one follows the demand.</summary>
internal static class ShareSizing
{
    private const double LeastDemand = 0.02; // Of the bucket's rate: so that a quiet holder keeps something.
    private const double MostOverDemand = 1.5;
    private const double Threshold = 0.10;
    private const double ThresholdWhenOthersStarve = 0.01;
    private const double LeastRejected = 0.02;

    /// <summary>
    /// Whether the demand of a process without a share is so large that the others should leave something for it.
    /// </summary>
    internal static bool IsWorthSaying(ShareBucket bucket) => bucket.Demand.Rate > LeastDemand * bucket.WholeRate;

    /// <summary>What a process would like to do with its share of a bucket.</summary>
    /// <param name="bucket">The bucket; its demand is up to date.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="isGrowing">Whether a call has just found the share empty and the remainder has tokens.</param>
    internal static ShareWish Of(ShareBucket bucket, ShareSettings settings, bool isGrowing)
    {
        int parts = bucket.Share.Parts;
        double asked = bucket.Demand.Rate;
        double demand = asked + (LeastDemand * bucket.WholeRate);
        bool isShort = isGrowing || bucket.Demand.RejectedRate > LeastRejected * Math.Max(1, asked);
        if (bucket.Last.RemainderLevel < 0 || (asked < (parts > 0 ? settings.TakeRate / 4 : settings.TakeRate) && !isGrowing))
        {
            return new(0, 0, demand, isShort, IsUrgent: parts > 0);
        }

        double sum = Math.Max(demand, bucket.Last.Demand);
        double fraction = Math.Min(1, Math.Min(demand / sum, demand * MostOverDemand / bucket.WholeRate));
        int target = Math.Max(1, (int)(fraction * ShareNumbers.Parts));
        if (parts == 0)
        {
            return new(0, target, demand, IsShort: true, IsUrgent: true);
        }

        double threshold = bucket.Last.OthersStarve ? ThresholdWhenOthersStarve : Threshold;
        if (isGrowing)
        {
            return new(parts, Math.Min(ShareNumbers.Parts, Math.Max(target, 2 * parts)), demand, isShort, IsUrgent: true);
        }

        bool isAbove = target < parts * (1 - threshold);
        bool isBelow = target > parts * (1 + threshold) && target > parts + (ShareNumbers.Parts / 100);
        int inUse = isAbove ? target : parts;
        return new(inUse, Math.Max(inUse, target), demand, isShort, (isBelow && isShort) || (isAbove && bucket.Last.OthersAreShort));
    }
}
