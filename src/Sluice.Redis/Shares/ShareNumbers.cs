namespace Sluice.Redis;

/// <summary>
/// The numbers of a bucket that is divided into shares, and the unit in which its levels are counted.
/// </summary>
/// <remarks>
/// A bucket has <see cref="Parts"/> parts. The unit of a level is what one part refills in a microsecond. So n parts
/// refill n units in a microsecond and hold n times <see cref="FillMicros"/>, both exactly. Only a token is rounded:
/// its units are rounded up, by at most 1/4096, so what is admitted is never too much. Every level is below 2^53, because the script
/// counts with doubles. Thread safety: immutable.
/// </remarks>
/// <param name="FillMicros">Microseconds in which an empty bucket becomes full; from 1 to <see
/// cref="MostFillMicros"/>.</param>
/// <param name="TokenUnits">Units of a token; at least 1.</param>
internal readonly record struct ShareNumbers(long FillMicros, long TokenUnits)
{
    /// <summary>The number of parts of a bucket.</summary>
    internal const int Parts = 4096;

    /// <summary>The longest time to fill a bucket: about 12 days. A bucket that takes longer is not divided.</summary>
    internal const long MostFillMicros = 1L << 40;

    /// <summary>The most units of a token: one token in about 4 minutes. A slower bucket is not divided.</summary>
    internal const long MostTokenUnits = 1L << 40;

    /// <summary>The fewest units of a token: a million tokens a second. In a faster bucket the rounding of a token would show.</summary>
    internal const long LeastTokenUnits = Parts;

    private const long MostUnits = (1L << 53) - 1; // The script counts no further.

    /// <summary>What the whole bucket holds, in units.</summary>
    internal long Whole => Capacity(Parts);

    /// <summary>
    /// The numbers of a bucket, or null for one that cannot be divided: it fills too slowly, or too fast.
    /// </summary>
    /// <param name="capacity">Tokens that it holds; at least 1.</param>
    /// <param name="tokens">Tokens that a period brings; at least 1.</param>
    /// <param name="period">The period; longer than zero.</param>
    internal static ShareNumbers? Of(long capacity, long tokens, TimeSpan period)
    {
        Int128 ticks = period.Ticks;
        Int128 fill = capacity * ticks / (tokens * (Int128)TimeSpan.TicksPerMicrosecond);
        Int128 divisor = tokens * (Int128)TimeSpan.TicksPerMicrosecond;
        Int128 token = ((Parts * ticks) + divisor - 1) / divisor;
        bool fits = fill >= 1 && fill <= MostFillMicros && token >= LeastTokenUnits && token <= MostTokenUnits && token <= fill * Parts;
        return fits ? new((long)fill, (long)token) : null;
    }

    /// <summary>What some parts hold, in units.</summary>
    internal long Capacity(int parts) => parts * FillMicros;

    /// <summary>The units of some tokens; more than any bucket holds where they are too many to count.</summary>
    internal long Cost(ulong tokens) => (long)UInt128.Min((UInt128)tokens * (ulong)TokenUnits, MostUnits);

    /// <summary>
    /// The level of some parts under these numbers, when it was counted under others: used tokens stay used. Those beyond the capacity of
    /// the parts cause no rejection, but they are kept, because the numbers may change back.
    /// </summary>
    /// <param name="level">The level under the others.</param>
    /// <param name="over">What was used beyond what the parts hold, under the others.</param>
    /// <param name="parts">How many parts.</param>
    /// <param name="from">The others.</param>
    internal (long Level, long Over) Convert(long level, long over, int parts, ShareNumbers from)
    {
        if (from == this)
        {
            return (level, over);
        }

        Int128 used = RescaleWhole(Int128.Min(MostUnits, from.Capacity(parts) - (Int128)level + over), from, isUp: true);
        long most = Capacity(parts);
        return ((long)Int128.Max(0, most - used), (long)Int128.Clamp(used - most, 0, MostUnits));
    }

    /// <summary>An amount of tokens in these units, when it was counted in others.</summary>
    /// <param name="units">The amount; from 0.</param>
    /// <param name="from">The numbers under which it was counted.</param>
    /// <param name="isUp">Whether it is rounded up.</param>
    internal long Rescale(long units, ShareNumbers from, bool isUp) => from == this ? units : (long)RescaleWhole(units, from, isUp);

    private Int128 RescaleWhole(Int128 units, ShareNumbers from, bool isUp) =>
        ((units * TokenUnits) + (isUp ? from.TokenUnits - 1 : 0)) / from.TokenUnits;
}
