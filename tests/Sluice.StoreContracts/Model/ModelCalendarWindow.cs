using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>What was used in the window of the calendar that runs.</summary>
/// <param name="Rate">The numbers that the bucket runs by.</param>
/// <param name="Now">The most that the wall clock has shown to any call, in ticks since 1 January 0001, UTC.</param>
/// <param name="Wall">What the wall clock shows, in the same ticks.</param>
/// <param name="End">When the window ends, in the same ticks; of no account while nothing is used.</param>
/// <param name="Used">Tokens used in it.</param>
internal sealed record ModelCalendarWindow(Rate Rate, BigInteger Now, BigInteger Wall, BigInteger End, BigInteger Used)
    : ModelBucket(Rate, Now)
{
    internal override bool IsNew => Used.IsZero;

    internal override Rational Available => Rate.MaxTokens - Used;

    internal override Rational UntilNew => IsNew ? 0 : End - Wall;

    internal override BigInteger? ResetsAt => IsNew ? null : End;

    internal override ModelBucket At(ModelInstant instant) => (this with { Wall = instant.Wall }).At(instant.Latest);

    internal override ModelBucket At(BigInteger now) => this with { Now = now, Used = now >= End ? 0 : Used };

    internal override Rational UntilAdmits(int cost) => UntilNew;

    internal override ModelBucket Charged(int cost) => this with { End = IsNew ? EndOfWindow(Rate) : End, Used = Used + cost };

    internal override ModelBucket Refunded(int cost) => this with { Used = BigInteger.Max(0, Used - cost) };

    protected override ModelBucket Converted(Rate rate) =>
        this with { Rate = rate, End = EndOfWindow(rate), Used = BigInteger.Min(Used, rate.MaxTokens) };

    private BigInteger EndOfWindow(Rate rate) => CalendarDefinition.WindowOf(rate, (long)Now).End;
}
