using System.Collections.Immutable;

namespace Sluice;

/// <summary>
/// The buckets that the limits of one key on one target have in a policy, for all callers: each rate of each list has one.
/// </summary>
/// <remarks>
/// <para>
/// An override gives the same bucket other numbers. So a rate takes the bucket of its own period and algorithm, if the numbers above
/// the overrides or an earlier override have one; else a bucket that its own list leaves free, one of the same algorithm first; else
/// a new one.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed class BucketKeys
{
    private readonly RateKey[][] _byList;

    private BucketKeys(ImmutableArray<RateKey> all, RateKey[][] byList, bool haveSeveralLogs)
    {
        All = all;
        _byList = byList;
        HaveSeveralLogs = haveSeveralLogs;
    }

    /// <summary>Slots have one bucket, whatever their number.</summary>
    internal static BucketKeys OfSlots { get; } = new([RateKey.OfSlots], [], haveSeveralLogs: false);

    /// <summary>The names of the buckets: the period and algorithm of the first rate that had each.</summary>
    internal ImmutableArray<RateKey> All { get; }

    /// <summary>Whether more than one of the buckets can be a sliding log.</summary>
    internal bool HaveSeveralLogs { get; }

    /// <summary>The bucket of a rate of a list.</summary>
    internal RateKey Of(int list, int index) => _byList[list][index];

    /// <summary>The bucket of a single rate.</summary>
    internal static BucketKeys OfOne(RateKey name) => new([name], [[name]], haveSeveralLogs: false);

    /// <summary>Finds the buckets of some lists, the first one first.</summary>
    internal static BucketKeys Of(IReadOnlyList<RateList> lists)
    {
        if (lists is [[Rate only]])
        {
            return OfOne(RateKey.Of(only));
        }

        List<(RateKey Name, HashSet<RateKey> Had)> buckets = [];
        RateKey[][] byList = [.. lists.Select(list => Assign(list, buckets))];
        int logs = lists
            .SelectMany((list, number) => list.Select((rate, index) => (rate.Algorithm, Bucket: byList[number][index])))
            .Where(rate => rate.Algorithm == RateLimitAlgorithm.SlidingWindow)
            .Select(rate => rate.Bucket)
            .Distinct()
            .Count();
        return new BucketKeys([.. buckets.Select(bucket => bucket.Name)], byList, logs > 1);
    }

    private static RateKey[] Assign(RateList list, List<(RateKey Name, HashSet<RateKey> Had)> buckets)
    {
        RateKey[] wanted = [.. list.Select(RateKey.Of)];
        RateKey?[] taken = [.. wanted.Select(rate => buckets.Any(bucket => bucket.Name == rate) ? rate : (RateKey?)null)];
        for (int i = 0; i < wanted.Length; i++)
        {
            if (taken[i] is not null)
            {
                continue;
            }

            (RateKey Name, HashSet<RateKey> Had) best = buckets
                .Where(bucket => !taken.Contains(bucket.Name))
                .OrderByDescending(bucket => bucket.Had.Contains(wanted[i]))
                .ThenByDescending(bucket => bucket.Name.Algorithm == wanted[i].Algorithm)
                .FirstOrDefault();
            if (best.Had is null)
            {
                buckets.Add(best = (wanted[i], []));
            }

            best.Had.Add(wanted[i]);
            taken[i] = best.Name;
        }

        return [.. taken.Select(name => name!.Value)];
    }
}
