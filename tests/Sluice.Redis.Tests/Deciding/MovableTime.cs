namespace Sluice.Redis.Tests;

/// <summary>The system's clock and timers, with timestamps that a test moves ahead.</summary>
internal sealed class MovableTime : TimeProvider
{
    private long _aheadTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Moves the timestamps ahead.</summary>
    internal void Advance(TimeSpan by) => Interlocked.Add(ref _aheadTicks, by.Ticks);

    public override long GetTimestamp() =>
        (long)((Int128)System.GetTimestamp() * TimeSpan.TicksPerSecond / System.TimestampFrequency) + Interlocked.Read(ref _aheadTicks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime, period);
}
