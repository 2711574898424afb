using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>Tokens that flow in without a break until the bucket is full.</summary>
internal sealed record ModelTokenBucket(Rate Rate, BigInteger Now, Rational Tokens) : ModelBucket(Rate, Now)
{
    internal override bool IsNew => Tokens == Rate.Capacity;

    internal override Rational Available => Tokens;

    internal override Rational UntilNew => (Rate.Capacity - Tokens) / TokensPerTick;

    private Rational TokensPerTick => new(Rate.MaxTokens, Period);

    internal override ModelBucket At(BigInteger now) =>
        this with { Now = now, Tokens = Rational.Min(Rate.Capacity, Tokens + ((now - Now) * TokensPerTick)) };

    internal override Rational UntilAdmits(int cost) => (cost - Tokens) / TokensPerTick;

    internal override ModelBucket Charged(int cost) => this with { Tokens = Tokens - cost };

    internal override ModelBucket Refunded(int cost) =>
        this with { Tokens = Rational.Min(Rate.Capacity, Tokens + cost) };

    // What was used is rounded up to the smallest part of a token that the new rate can bring in a tick.
    protected override ModelBucket Converted(Rate rate)
    {
        BigInteger period = rate.RefillPeriod.Ticks;
        BigInteger partsPerToken = period / BigInteger.GreatestCommonDivisor(rate.MaxTokens, period);
        Rational used = new(((Rate.Capacity - Tokens) * partsPerToken).Ceiling(), partsPerToken);
        return new ModelTokenBucket(rate, Now, Rational.Max(0, rate.Capacity - used));
    }
}
