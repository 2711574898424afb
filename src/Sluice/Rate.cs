namespace Sluice;

/// <summary>How many tokens a bucket gets in how long, how many it holds, and by which algorithm.</summary>
/// <remarks>
/// <para>
/// Units: tokens are whole; the period is a whole number of <see cref="TimeSpan"/> ticks of 100 ns. The rate is the ratio
/// of the two: nothing is rounded, whatever it is.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed partial record Rate
{
    /// <summary>The shortest refill period: 1 ms.</summary>
    public static readonly TimeSpan MinRefillPeriod = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest refill period: 366 days.</summary>
    public static readonly TimeSpan MaxRefillPeriod = TimeSpan.FromDays(366);

    /// <summary>A token bucket that holds as many tokens as one period refills.</summary>
    /// <param name="maxTokens">From 1 to 2,147,483,647.</param>
    /// <param name="refillPeriod">From 1 ms to 366 days.</param>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    public Rate(int maxTokens, TimeSpan refillPeriod)
        : this(maxTokens, refillPeriod, RateLimitAlgorithm.TokenBucket, burst: null, align: false)
    {
    }

    /// <summary>A rate of any kind.</summary>
    /// <param name="maxTokens">From 1 to 2,147,483,647.</param>
    /// <param name="refillPeriod">From 1 ms to 366 days.</param>
    /// <param name="algorithm">How the bucket refills.</param>
    /// <param name="burst">
    /// What the bucket holds, from 1 to 2,147,483,647, where that differs from <paramref name="maxTokens"/>; only for
    /// <see cref="RateLimitAlgorithm.TokenBucket"/>.
    /// </param>
    /// <param name="align">
    /// Whether windows start on multiples of the period since the Unix epoch, UTC, and not with a caller's first call;
    /// only for <see cref="RateLimitAlgorithm.FixedWindow"/>.
    /// </param>
    /// <exception cref="ArgumentException">A value is outside its range, or does not go with the algorithm.</exception>
    public Rate(int maxTokens, TimeSpan refillPeriod, RateLimitAlgorithm algorithm, int? burst, bool align)
    {
        SettingsFault? fault = RateRules.Check(maxTokens, refillPeriod, algorithm, burst, align).FirstOrDefault();
        if (fault is not null)
        {
            throw new ArgumentException(fault.Message, fault.Path);
        }

        MaxTokens = maxTokens;
        RefillPeriod = refillPeriod;
        Algorithm = algorithm;
        Burst = burst;
        Align = align;
    }

    /// <summary>Tokens that one <see cref="RefillPeriod"/> brings, or that one window admits.</summary>
    /// <value>From 1 to 2,147,483,647.</value>
    public int MaxTokens { get; }

    /// <summary>The time in which <see cref="MaxTokens"/> tokens come back; a window's length.</summary>
    /// <value>From 1 ms to 366 days; zero where <see cref="Window"/> is set, since those windows differ in length.</value>
    public TimeSpan RefillPeriod { get; }

    /// <summary>How the bucket refills.</summary>
    public RateLimitAlgorithm Algorithm { get; }

    /// <summary>What the bucket holds, where that was set apart from <see cref="MaxTokens"/>.</summary>
    public int? Burst { get; }

    /// <summary>Whether fixed windows start on multiples of the period since the Unix epoch, UTC.</summary>
    public bool Align { get; }

    /// <summary>The bucket's size: the most tokens that one instant can take.</summary>
    public int Capacity => Burst ?? MaxTokens;

    /// <summary>The rate in the short form, with what that form cannot say behind it: <c>100/1m burst 20</c>.</summary>
    public override string ToString() =>
        Edges is not null ? $"{MaxTokens}/{RateText.Period(this)} {TimeZone}" + (WeekStart is DayOfWeek day ? $" from {day}" : "")
        : $"{MaxTokens}/{RateText.Period(this)}"
        + (Burst is int burst ? $" burst {burst}" : "")
        + (Algorithm == RateLimitAlgorithm.TokenBucket ? "" : " " + RateText.Name(Algorithm))
        + (Align ? " aligned" : "");
}
