using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>One bucket at one instant, by the definition of its algorithm and without regard to speed.</summary>
/// <remarks>
/// <para>Units: instants are ticks of 100 ns since the store's origin; tokens and waits are exact.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
/// <param name="Rate">The numbers that the bucket runs by.</param>
/// <param name="Now">The instant.</param>
internal abstract record ModelBucket(Rate Rate, BigInteger Now)
{
    /// <summary>Whether it behaves as a bucket that was never used.</summary>
    internal abstract bool IsNew { get; }

    /// <summary>The tokens that are there; below zero in debt.</summary>
    internal abstract Rational Available { get; }

    /// <summary>The time until <see cref="IsNew"/>, without calls.</summary>
    internal abstract Rational UntilNew { get; }

    /// <summary>The length of a period or window in ticks.</summary>
    protected BigInteger Period => Rate.RefillPeriod.Ticks;

    /// <summary>A bucket that was never used.</summary>
    /// <param name="rate">Its numbers.</param>
    /// <param name="instant">The instant.</param>
    internal static ModelBucket New(Rate rate, ModelInstant instant) => rate.Algorithm switch
    {
        RateLimitAlgorithm.TokenBucket => new ModelTokenBucket(rate, instant.Now, rate.Capacity),
        RateLimitAlgorithm.SlidingWindow => new ModelSlidingWindow(rate, instant.Now, []),
        RateLimitAlgorithm.SlidingWindowCounter => new ModelSlidingWindowCounter(rate, instant.Now, instant.Now, 0, 0),
        RateLimitAlgorithm.FixedWindow => new ModelFixedWindow(rate, instant.Now, instant.Epoch, instant.Now, 0),
        RateLimitAlgorithm.CalendarWindow => new ModelCalendarWindow(rate, instant.Latest, instant.Wall, 0, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(rate), rate.Algorithm, "Not an algorithm."),
    };

    /// <summary>When the window of a calendar ends in which tokens were used, in ticks since 1 January 0001, UTC; else null.</summary>
    internal virtual BigInteger? ResetsAt => null;

    /// <summary>The same bucket later, if no call came.</summary>
    internal virtual ModelBucket At(ModelInstant instant) => At(instant.Now);

    /// <summary>The same bucket later by the clock of its algorithm, if no call came.</summary>
    internal abstract ModelBucket At(BigInteger now);

    /// <summary>The time until a call that is refused now would be admitted, if no other call came.</summary>
    internal abstract Rational UntilAdmits(int cost);

    /// <summary>The bucket after a call took its tokens, whether they were there or not.</summary>
    internal abstract ModelBucket Charged(int cost);

    /// <summary>The bucket after tokens were given back.</summary>
    internal abstract ModelBucket Refunded(int cost);

    /// <summary>Whether a call of this cost finds its tokens now.</summary>
    internal bool Admits(int cost) => Available >= cost;

    /// <summary>The bucket as it goes on under other numbers: what was used is kept, up to what they allow.</summary>
    internal ModelBucket Under(Rate rate, ModelInstant instant) =>
        HasNumbersOf(rate) ? this : rate.Algorithm == Rate.Algorithm ? Converted(rate) : New(rate, instant);

    /// <summary>The bucket under other numbers of the same algorithm.</summary>
    protected abstract ModelBucket Converted(Rate rate);

    private bool HasNumbersOf(Rate rate) =>
        rate.Algorithm == Rate.Algorithm
        && rate.MaxTokens == Rate.MaxTokens
        && rate.RefillPeriod == Rate.RefillPeriod
        && rate.Capacity == Rate.Capacity
        && rate.Align == Rate.Align
        && (rate.Window, rate.TimeZone, rate.WeekStart) == (Rate.Window, Rate.TimeZone, Rate.WeekStart);
}
