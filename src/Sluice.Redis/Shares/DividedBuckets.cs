using System.Security.Cryptography;
using System.Text;

namespace Sluice.Redis;

/// <summary>The divided buckets of the limits of one caller's calls.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class DividedBuckets
{
    private const int RowBytes = 16;

    private DividedBuckets(ShareBucket?[] buckets)
    {
        Of = buckets;
        Order = [.. Enumerable.Range(0, buckets.Length).Where(index => buckets[index] is not null).OrderBy(index => buckets[index]!.Order)];
    }

    /// <summary>The bucket of each limit; null where it is not divided.</summary>
    internal ShareBucket?[] Of { get; }

    /// <summary>The divided limits, in the order in which their shares are locked.</summary>
    internal int[] Order { get; }

    /// <summary>Finds the buckets of a call.</summary>
    /// <param name="client">The lane.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="caller">The caller.</param>
    internal static DividedBuckets Find(ShareClient client, RedisLimits limits, CallerKeys caller)
    {
        DividedBuckets? known = limits.HasDividedOfCaller ? caller.Divided(limits) : limits.SharedBuckets;
        if (known is not null && known.IsCurrent(limits))
        {
            return known;
        }

        DividedBuckets found = new(Array.ConvertAll(
            limits.Limits, limit => limit.Share is ShareNumbers numbers ? client.Bucket(NameOf(limits, limit, caller), numbers) : null));
        if (limits.HasDividedOfCaller)
        {
            caller.RememberDivided(limits, found);
        }
        else
        {
            limits.SharedBuckets = found;
        }

        return found;
    }

    // No two rows, targets and rates have the same name.
    private static string NameOf(RedisLimits limits, RedisLimit limit, CallerKeys caller)
    {
        byte[] row = SHA256.HashData(Encoding.UTF8.GetBytes(limits.Server.Row(limit.Limit.Key, caller, isSpread: false)));
        return Encoding.Latin1.GetString([.. row[..RowBytes], .. limit.ShareName]);
    }

    /// <summary>Whether they are still the buckets of these limits.</summary>
    internal bool IsCurrent(RedisLimits limits)
    {
        foreach (int index in Order)
        {
            ShareBucket bucket = Of[index]!;
            if (bucket.IsRetired || bucket.Numbers != limits.Limits[index].Share)
            {
                return false; // It was not used for a time, or the policy changed.
            }
        }

        return true;
    }
}
