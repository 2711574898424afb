using System.Globalization;
using System.Numerics;

namespace Sluice;

/// <summary>A number of calls a second, as whole tokens in a period.</summary>
/// <param name="Tokens">From 1 to 2,147,483,647.</param>
/// <param name="Period">A whole number of seconds or, where it was rounded, of milliseconds.</param>
/// <param name="IsExact">Whether it is exactly the decimal number that the argument prints as.</param>
internal readonly record struct PerSecondRate(int Tokens, TimeSpan Period, bool IsExact)
{
    private const long PartsOfTolerance = 1_000_000_000;
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
        // A conversion would keep 15 digits. The text has the up to 17 that tell the number from its neighbors.
        decimal number = decimal.Parse(perSecond.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture);
        (long tokens, long seconds) = Decimal(number);
        bool isExact = Fits(tokens, seconds);
        if (!isExact)
        {
            (tokens, seconds) = Approximation(number);
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

    /// <summary>The simplest fraction within one part in 10⁹, without any rounding on the way.</summary>
    private static (long Tokens, long Seconds) Approximation(decimal number)
    {
        int[] bits = decimal.GetBits(number);
        BigInteger digits = new(new decimal(bits[0], bits[1], bits[2], isNegative: false, scale: 0));
        BigInteger over = BigInteger.Pow(10, number.Scale) * PartsOfTolerance;
        (BigInteger tokens, BigInteger seconds) = Simplest(digits * (PartsOfTolerance - 1), over, digits * (PartsOfTolerance + 1), over);
        return ((long)tokens, (long)seconds);
    }

    /// <summary>The fraction with the smallest denominator that is not below one fraction and not above another.</summary>
    /// <remarks>Source: continued fractions; the two fractions share all terms but the last.</remarks>
    private static (BigInteger Tokens, BigInteger Seconds) Simplest(BigInteger low, BigInteger lowOver, BigInteger high, BigInteger highOver)
    {
        BigInteger whole = (low + lowOver - 1) / lowOver;
        if (whole * highOver <= high)
        {
            return (whole, 1);
        }

        whole -= 1;
        (BigInteger seconds, BigInteger tokens) = Simplest(highOver, high - (whole * highOver), lowOver, low - (whole * lowOver));
        return ((whole * seconds) + tokens, seconds);
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
