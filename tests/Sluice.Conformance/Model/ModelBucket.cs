using System.Numerics;

namespace Sluice.Conformance;

/// <summary>One bucket at one instant, by the definition of its algorithm and without regard to speed.</summary>
/// <remarks>
/// <para>Units: instants are ticks of 100 ns since the store's origin; tokens and waits are exact.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
/// <param name="Rate">The numbers that the bucket runs by.</param>
/// <param name="Now">The instant.</param>
internal abstract record ModelBucket(Rate Rate, BigInteger Now)
{
    /// <summary>Whether nobody could tell it from a bucket that was never used.</summary>
    internal abstract bool IsNew { get; }

    /// <summary>The tokens that are there; below zero in debt.</summary>
    internal abstract Rational Available { get; }

    /// <summary>The time until <see cref="IsNew"/>, if nobody calls.</summary>
    internal abstract Rational UntilNew { get; }

    /// <summary>The length of a period or window in ticks.</summary>
    protected BigInteger Period => Rate.RefillPeriod.Ticks;

    /// <summary>A bucket that was never used.</summary>
    /// <param name="rate">Its numbers.</param>
    /// <param name="now">The instant, in ticks since the store's origin.</param>
    /// <param name="epoch">The store's origin, in ticks since the Unix epoch.</param>
    internal static ModelBucket New(Rate rate, BigInteger now, BigInteger epoch) => rate.Algorithm switch
    {
        RateLimitAlgorithm.TokenBucket => new ModelTokenBucket(rate, now, rate.Capacity),
        RateLimitAlgorithm.SlidingWindow => new ModelSlidingWindow(rate, now, []),
        RateLimitAlgorithm.SlidingWindowCounter => new ModelSlidingWindowCounter(rate, now, now, 0, 0),
        RateLimitAlgorithm.FixedWindow => new ModelFixedWindow(rate, now, epoch, now, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(rate), rate.Algorithm, "Not an algorithm."),
    };

    /// <summary>The same bucket later, if nobody called.</summary>
    internal abstract ModelBucket At(BigInteger now);

    /// <summary>The time until a call that is refused now would be admitted, if nobody else came.</summary>
    internal abstract Rational UntilAdmits(int cost);

    /// <summary>The bucket after a call took its tokens, whether they were there or not.</summary>
    internal abstract ModelBucket Charged(int cost);

    /// <summary>The bucket after tokens were given back.</summary>
    internal abstract ModelBucket Refunded(int cost);

    /// <summary>Whether a call of this cost finds its tokens now.</summary>
    internal bool Admits(int cost) => Available >= cost;

    /// <summary>The bucket as it goes on under other numbers: what was used is kept, up to what they allow.</summary>
    internal ModelBucket Under(Rate rate, BigInteger epoch) =>
        HasNumbersOf(rate) ? this : rate.Algorithm == Rate.Algorithm ? Converted(rate) : New(rate, Now, epoch);

    /// <summary>The bucket under other numbers of the same algorithm.</summary>
    protected abstract ModelBucket Converted(Rate rate);

    private bool HasNumbersOf(Rate rate) =>
        rate.Algorithm == Rate.Algorithm
        && rate.MaxTokens == Rate.MaxTokens
        && rate.RefillPeriod == Rate.RefillPeriod
        && rate.Capacity == Rate.Capacity
        && rate.Align == Rate.Align;
}
