using System.Diagnostics;

namespace Sluice.Redis.Tests;

/// <summary>The system's monotonic clock in microseconds. All processes of a machine read the same clock.</summary>
internal static class MonotonicMicros
{
    /// <summary>The instant now.</summary>
    internal static long Now => Of(Stopwatch.GetTimestamp());

    /// <summary>The instant of a reading of <see cref="Stopwatch.GetTimestamp"/>.</summary>
    internal static long Of(long timestamp) => (long)((Int128)timestamp * 1_000_000 / Stopwatch.Frequency);

    /// <summary>
    /// What the wall clock, in microseconds since 1970, is ahead of this clock: of many readings of both, the pair that was read the fastest.
    /// </summary>
    internal static long WallOffset()
    {
        (long Width, long Offset) best = (long.MaxValue, 0);
        for (int i = 0; i < 1_000; i++)
        {
            long before = Now;
            long wall = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            long width = Now - before;
            best = width < best.Width ? (width, wall - before) : best;
        }

        return best.Offset;
    }
}
