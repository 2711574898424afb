using FsCheck;
using FsCheck.Fluent;
using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>A call on a token bucket of a narrow limit at the corners of the ranges.</summary>
/// <param name="Index">The limit's index in <see cref="Limits"/>.</param>
/// <param name="Now">The instant, in ticks.</param>
/// <param name="Lead">The ticks by which the bucket is full later than now; below zero where it was full before.</param>
/// <param name="Rest">The units by which it is later still.</param>
/// <param name="Cost">Tokens, from 1 to the capacity.</param>
internal sealed record TokenBucketStep(int Index, ulong Now, long Lead, ulong Rest, ulong Cost)
{
    private const int LongestOverdue = 4;
    private static readonly LimitNumbers[] Limits = [.. Corners.Limits(RateLimitAlgorithm.TokenBucket).Where(limit => limit.IsNarrow)];

    internal LimitNumbers Limit => Limits[Index];

    internal BucketState State => new(Now + (ulong)Lead, Rest);

    /// <summary>Half of the steps are where one token more or less decides, the others anywhere.</summary>
    internal static Arbitrary<TokenBucketStep> Any() => Arb.From(
        Gen.Choose(int.MinValue, int.MaxValue).Select(seed => Create(new SplitMix((ulong)seed))),
        Shrink);

    public override string ToString() =>
        $"{Limit.MaxTokens} tokens in {Limit.PeriodTicks} ticks, capacity {Limit.Capacity}, now {Now}, full in {Lead} ticks and {Rest} units, cost {Cost}";

    private static TokenBucketStep Create(SplitMix random)
    {
        int index = random.Next(0, Limits.Length);
        LimitNumbers limit = Limits[index];
        long lead = random.OneIn(2) ? (long)limit.RoomTicks + random.Next(0, 5) : random.NextLong(0, (long)Math.Min(limit.NarrowFullTicks + 2, 1UL << 61));
        return new TokenBucketStep(
            index,
            random.Of(Corners.Instants),
            lead - random.Next(0, LongestOverdue + 1),
            (ulong)random.NextLong(0, (long)limit.RateUnits),
            (ulong)random.NextLong(1, (long)Math.Min(limit.Capacity, 4) + 1));
    }

    private static IEnumerable<TokenBucketStep> Shrink(TokenBucketStep step) =>
        Shrinks.OfNumber(step.Index).Select(index => step with { Index = (int)index })
            .Concat(Corners.Instants.Where(instant => instant < step.Now).Select(instant => step with { Now = instant }))
            .Concat(Shrinks.OfNumber((long)step.Cost, lowest: 1).Select(cost => step with { Cost = (ulong)cost }))
            .Concat(Shrinks.OfNumber(step.Lead, lowest: -LongestOverdue).Select(lead => step with { Lead = lead }))
            .Concat(Shrinks.OfNumber((long)step.Rest).Select(rest => step with { Rest = (ulong)rest }))
            .Where(shrunk => shrunk.Rest < shrunk.Limit.RateUnits && shrunk.Cost <= shrunk.Limit.Capacity);
}
