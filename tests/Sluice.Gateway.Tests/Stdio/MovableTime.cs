namespace Sluice.Gateway.Tests;

/// <summary>A clock that only the test moves. It has no timers.</summary>
internal sealed class MovableTime : TimeProvider
{
    private long _ticks = 1_000_000_007;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    internal void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
