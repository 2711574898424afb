namespace Sluice.Gateway.Tests;

/// <summary>A clock that only the test moves, with timers of the real one: nothing here waits for them.</summary>
internal sealed class MovableClock : TimeProvider
{
    private long _elapsedTicks;

    internal static DateTimeOffset Start { get; } = new(2026, 7, 28, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    internal void Advance(TimeSpan by) => Interlocked.Add(ref _elapsedTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => Start + TimeSpan.FromTicks(Interlocked.Read(ref _elapsedTicks));

    public override long GetTimestamp() => 1_000_000_007 + Interlocked.Read(ref _elapsedTicks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime, period);
}
