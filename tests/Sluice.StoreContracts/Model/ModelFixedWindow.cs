using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>What was used in the window that runs.</summary>
/// <param name="Rate">The numbers that the bucket runs by.</param>
/// <param name="Now">The instant.</param>
/// <param name="Epoch">The store's origin, in ticks since the Unix epoch.</param>
/// <param name="Start">When the window started; of no account while nothing is used.</param>
/// <param name="Used">Tokens used in it.</param>
internal sealed record ModelFixedWindow(Rate Rate, BigInteger Now, BigInteger Epoch, BigInteger Start, BigInteger Used)
    : ModelBucket(Rate, Now)
{
    internal override bool IsNew => Used.IsZero;

    internal override Rational Available => Rate.MaxTokens - Used;

    internal override Rational UntilNew => IsNew ? 0 : Start + Period - Now;

    internal override ModelBucket At(BigInteger now) =>
        this with { Now = now, Used = now - Start >= Period ? 0 : Used };

    internal override Rational UntilAdmits(int cost) => UntilNew;

    internal override ModelBucket Charged(int cost) => this with { Start = IsNew ? StartOfNew(Rate) : Start, Used = Used + cost };

    internal override ModelBucket Refunded(int cost) => this with { Used = BigInteger.Max(0, Used - cost) };

    protected override ModelBucket Converted(Rate rate) => new ModelFixedWindow(
        rate, Now, Epoch, rate.Align ? StartOfNew(rate) : Start, BigInteger.Min(Used, rate.MaxTokens)).At(Now);

    /// <summary>When a window starts in which the first call comes now.</summary>
    private BigInteger StartOfNew(Rate rate)
    {
        BigInteger period = rate.RefillPeriod.Ticks;
        return rate.Align ? (new Rational(Epoch + Now, period).Floor() * period) - Epoch : Now;
    }
}
