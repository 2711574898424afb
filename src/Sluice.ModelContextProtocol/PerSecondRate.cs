namespace Sluice.ModelContextProtocol;

/// <summary>A number of calls a second, as whole tokens in a period.</summary>
/// <param name="Tokens">From 1 to 2,147,483,647.</param>
/// <param name="Period">A whole number of seconds or, where it was rounded, of milliseconds.</param>
/// <param name="IsExact">Whether it is exactly the decimal number that the argument prints as.</param>
internal readonly record struct PerSecondRate(int Tokens, TimeSpan Period, bool IsExact)
{
    private const decimal Tolerance = 1e-9m;
    private const long TicksPerSecond = TimeSpan.TicksPerSecond;
    private static readonly long MaxSeconds = (long)Rate.MaxRefillPeriod.TotalSeconds;

    /// <summary>The smallest number of tokens a second that a rate can say: 1 in 366 days.</summary>
    internal static double Min => 1 / Rate.MaxRefillPeriod.TotalSeconds;

    /// <summary>
    /// The decimal number that this prints as; else the simplest fraction within one part in 10⁹, such as 5 in 3 s for 100 / 60.0;
    /// else the number rounded down, by less than one part in 10⁹.
    /// </summary>
    /// <param name="perSecond">From <see cref="Min"/> to 2,147,483,647.</param>
    internal static PerSecondRate Of(double perSecond)
    {
        decimal number = (decimal)perSecond; // To 15 digits, which is as many as every double can show.
        (long tokens, long seconds) = Decimal(number);
        bool isExact = Fits(tokens, seconds);
        if (!isExact)
        {
            (tokens, seconds) = Simplest(number * (1 - Tolerance), number * (1 + Tolerance));
        }

        return Fits(tokens, seconds)
            ? new PerSecondRate((int)tokens, new TimeSpan(seconds * TicksPerSecond), isExact)
            : RoundDown(number);
    }

    private static bool Fits(long tokens, long seconds) => tokens is >= 1 and <= int.MaxValue && seconds <= MaxSeconds;

    /// <summary>The number in lowest terms; a denominator beyond the longest period where it has too many digits.</summary>
    private static (long Tokens, long Seconds) Decimal(decimal number)
    {
        long seconds = 1;
        while (number != decimal.Truncate(number) && seconds <= MaxSeconds)
        {
            number *= 10;
            seconds *= 10;
        }

        long tokens = (long)decimal.Truncate(number);
        long divisor = GreatestCommonDivisor(tokens, seconds);
        return number == tokens ? (tokens / divisor, seconds / divisor) : (0, 1);
    }

    /// <summary>The fraction with the smallest denominator that is not below one number and not above another.</summary>
    /// <remarks>Source: continued fractions; the two numbers share all terms but the last.</remarks>
    private static (long Tokens, long Seconds) Simplest(decimal low, decimal high)
    {
        decimal whole = decimal.Ceiling(low);
        if (whole <= high)
        {
            return ((long)whole, 1);
        }

        whole -= 1;
        (long seconds, long tokens) = Simplest(1 / (high - whole), 1 / (low - whole));
        return (((long)whole * seconds) + tokens, seconds);
    }

    // Only for less than one token a second: others are within the tolerance of a fraction that fits.
    private static PerSecondRate RoundDown(decimal number)
    {
        const decimal MillisecondsPerSecond = 1000;
        long tokens = Math.Max(1, (long)(number * MaxSeconds / 2));
        decimal period = decimal.Ceiling(tokens * MillisecondsPerSecond / number);
        return new PerSecondRate((int)tokens, TimeSpan.FromMilliseconds((long)Math.Min(period, MaxSeconds * MillisecondsPerSecond)), IsExact: false);
    }

    private static long GreatestCommonDivisor(long one, long other) =>
        other == 0 ? Math.Max(1, one) : GreatestCommonDivisor(other, one % other);
}
