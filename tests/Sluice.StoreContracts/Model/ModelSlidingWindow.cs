using System.Collections.Immutable;
using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>The log of the calls of the last period, oldest first.</summary>
internal sealed record ModelSlidingWindow(Rate Rate, BigInteger Now, ImmutableList<ModelSlidingWindow.Entry> Log)
    : ModelBucket(Rate, Now)
{
    internal override bool IsNew => Log.IsEmpty;

    internal override Rational Available => Rate.MaxTokens - Used;

    internal override Rational UntilNew => Log.IsEmpty ? 0 : Log[^1].Time + Period - Now;

    private BigInteger Used => Log.Aggregate(BigInteger.Zero, (sum, entry) => sum + entry.Cost);

    public bool Equals(ModelSlidingWindow? other) => base.Equals(other) && Log.SequenceEqual(other.Log);

    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Log.Count);

    internal override ModelBucket At(BigInteger now) =>
        this with { Now = now, Log = Log.RemoveAll(entry => now - entry.Time >= Period) };

    internal override Rational UntilAdmits(int cost)
    {
        BigInteger used = Used;
        foreach (Entry entry in Log)
        {
            used -= entry.Cost;
            if (used + cost <= Rate.MaxTokens)
            {
                return entry.Time + Period - Now;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(cost), cost, "No wait is long enough for it.");
    }

    internal override ModelBucket Charged(int cost) => this with { Log = Log.Add(new Entry(Now, cost)) };

    internal override ModelBucket Refunded(int cost) => this with { Log = Without(Log.Reverse(), cost).Reverse() };

    protected override ModelBucket Converted(Rate rate) =>
        new ModelSlidingWindow(rate, Now, Without(Log, Used - rate.MaxTokens)).At(Now);

    /// <summary>What is left of entries when tokens are taken away from the first ones; the last of those may lose a part.</summary>
    private static ImmutableList<Entry> Without(ImmutableList<Entry> entries, BigInteger tokens)
    {
        ImmutableList<Entry> left = [];
        foreach (Entry entry in entries)
        {
            BigInteger taken = BigInteger.Max(0, BigInteger.Min(tokens, entry.Cost));
            tokens -= taken;
            left = taken == entry.Cost ? left : left.Add(entry with { Cost = entry.Cost - taken });
        }

        return left;
    }

    /// <summary>A call that was charged.</summary>
    internal sealed record Entry(BigInteger Time, BigInteger Cost);
}
