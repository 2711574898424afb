using System.Buffers.Binary;

namespace Sluice.Redis;

/// <summary>A rate in whole steps of the server's clock, in integers below 2^53.</summary>
/// <remarks>
/// <para>
/// A step is a microsecond, and a window with a fraction of one counts as the next whole one. A token bucket that takes 2^52 µs
/// (142 years) or more to fill has for its step the power of two of them that makes it fewer, and a token then takes a whole
/// number of steps, rounded up. Of at least 2^20 steps that is less than one part in a million, and never admits more.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed class StepNumbers
{
    private const int FullBits = 52;
    private const byte TokenBucketCode = 1;
    private const byte CoarseCode = 2;
    private const int TicksPerStep = (int)TimeSpan.TicksPerMicrosecond;

    /// <param name="code">What the script calls the algorithm.</param>
    /// <param name="steps">The numbers in steps.</param>
    /// <param name="stepMicros">Microseconds of a step.</param>
    /// <param name="first">The first of two numbers that a row keeps.</param>
    /// <param name="second">The second.</param>
    internal StepNumbers(byte code, LimitNumbers steps, ulong stepMicros, ulong first, ulong second)
    {
        Steps = steps;
        StepMicros = stepMicros;
        byte[] wire = new byte[ScriptLimit.NumbersBytes];
        wire[0] = code;
        BinaryPrimitives.WriteUInt32LittleEndian(wire.AsSpan(1), (uint)steps.Capacity);
        BinaryPrimitives.WriteDoubleLittleEndian(wire.AsSpan(5), first);
        BinaryPrimitives.WriteDoubleLittleEndian(wire.AsSpan(13), second);
        Wire = wire;
    }

    /// <summary>Whether it is a token bucket whose steps are microseconds, which the script decides by a fast path.</summary>
    internal bool IsPlain => Wire[0] == TokenBucketCode;

    /// <summary>The numbers in steps; instants count from the Unix epoch.</summary>
    internal LimitNumbers Steps { get; }

    /// <summary>Microseconds of a step.</summary>
    internal ulong StepMicros { get; }

    /// <summary>The numbers as a row keeps them, to know under which a bucket was written.</summary>
    internal byte[] Wire { get; }

    /// <summary>A limit's numbers.</summary>
    internal static StepNumbers Of(RateLimit limit) => limit.Concurrency is null
        ? Of(limit.Rate)
        : ScriptAlgorithm.SlotNumbers(limit);

    /// <summary>A rate's numbers.</summary>
    internal static StepNumbers Of(Rate rate)
    {
        ulong period = (ulong)((rate.RefillPeriod.Ticks + TicksPerStep - 1) / TicksPerStep);
        return ScriptAlgorithm.Numbers(rate, period, Numbers(rate, period, Units(rate, period)));
    }

    /// <summary>The numbers of a token bucket, in larger steps where it takes centuries to fill.</summary>
    internal static StepNumbers OfTokenBucket(Rate rate, ulong period, LimitNumbers exact)
    {
        if (exact.FullTicks >> FullBits == 0)
        {
            return new StepNumbers(TokenBucketCode, exact, 1, exact.TokenUnits, exact.RateUnits);
        }

        int shift = 0;
        while (exact.FullTicks >> (FullBits + shift) != 0)
        {
            shift++;
        }

        UInt128 divisor = (UInt128)exact.RateUnits << shift;
        ulong tokenSteps = (ulong)((exact.TokenUnits + divisor - 1) / divisor);
        LimitNumbers coarse = Numbers(rate, period, (1, tokenSteps));
        return new StepNumbers(CoarseCode, coarse, 1UL << shift, tokenSteps, 1UL << shift);
    }

    /// <summary>
    /// What a microsecond brings, and a token has: in the units of the in-process store, so that both round alike when a rate
    /// changes, or where that is too much for a rest of 31 bits, in larger ones.
    /// </summary>
    private static (ulong Rate, ulong Token) Units(Rate rate, ulong period)
    {
        (ulong perTick, ulong token) = LimitNumbers.Reduced(rate);
        ulong perStep = perTick * TicksPerStep;
        ulong divisor = perStep <= int.MaxValue ? 1 : LimitNumbers.GreatestCommonDivisor(perStep, token);
        if (perStep / divisor <= int.MaxValue)
        {
            return (perStep / divisor, token / divisor);
        }

        // More than 200 million tokens in a period with a fraction of a microsecond.
        divisor = LimitNumbers.GreatestCommonDivisor((ulong)rate.MaxTokens, period);
        return ((ulong)rate.MaxTokens / divisor, period / divisor);
    }

    // Instants are microseconds since the epoch, so that of the origin is the distance from the one to the other.
    private static LimitNumbers Numbers(Rate rate, ulong period, (ulong Rate, ulong Token) units) =>
        new(rate, period, units, (long)LimitNumbers.OriginTicks, EdgesOf(rate));

    private static StoreEdges? EdgesOf(Rate rate) =>
        rate.Edges is null ? null : new StoreEdges(rate.Edges, DateTime.UnixEpoch.Ticks, TicksPerStep);
}
