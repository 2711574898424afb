namespace Sluice.StoreContracts;

/// <summary>A generator of random numbers that gives the same ones from a seed on every machine and version.</summary>
/// <remarks>
/// <para>Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", section 5 (SplitMix64).</para>
/// <para>Thread safety: none; use it from one thread.</para>
/// </remarks>
internal sealed class SplitMix(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from <paramref name="min"/> to below <paramref name="end"/>.</summary>
    internal int Next(int min, int end) => (int)NextLong(min, end);

    /// <summary>A number from <paramref name="min"/> to below <paramref name="end"/>, or <paramref name="min"/> where they are equal.</summary>
    internal long NextLong(long min, long end) =>
        min + (long)(ulong)(((UInt128)NextBits() * (ulong)Math.Max(1, end - min)) >> 64);

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>, of any length with equal chance.</summary>
    internal long NextLogarithmic(long min, long max)
    {
        int bits = Next(BitLength(min), BitLength(max) + 1);
        return Math.Clamp((long)(NextBits() >> (64 - bits)), min, max);
    }

    /// <summary>True once in so many times.</summary>
    internal bool OneIn(int times) => Next(0, times) == 0;

    /// <summary>One of several.</summary>
    internal T Of<T>(T[] values) => values[Next(0, values.Length)];

    private static int BitLength(long value) => 64 - (int)long.LeadingZeroCount(value);

    private ulong NextBits()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            ulong bits = _state;
            bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
            bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
            return bits ^ (bits >> 31);
        }
    }
}
