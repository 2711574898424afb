namespace Sluice.Redis;

/// <summary>What this process takes for the time of Redis. It only chooses which edges of a calendar are sent; Redis decides.</summary>
/// <param name="time">The clock of this process.</param>
/// <remarks>Thread safety: any thread may ask and tell.</remarks>
internal sealed class ServerClock(TimeProvider time)
{
    private long _aheadMicros;

    /// <summary>The instant that Redis is expected to show, in microseconds since 1970.</summary>
    internal ulong ExpectedMicros => (ulong)Math.Max(0, WallMicros + Volatile.Read(ref _aheadMicros));

    private long WallMicros => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Takes over what Redis showed where that was not what was expected.</summary>
    internal void Learn(ulong micros) => Volatile.Write(ref _aheadMicros, (long)micros - WallMicros);
}
