namespace Sluice.Tests;

/// <summary>A clock that several threads move.</summary>
internal class SharedTime : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    internal void Advance(long ticks) => Interlocked.Add(ref _ticks, ticks);

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
}
