namespace Sluice;

/// <summary>A clock that shows what it is set to, so that a store decides at instants that are known.</summary>
/// <remarks>
/// <para>
/// A store that decides on this clock gives the same answers whenever the same operations come at the same instants: an instant is all
/// that it takes from outside.
/// </para>
/// <para>Thread safety: none; one thread at a time sets it and uses the store.</para>
/// </remarks>
internal sealed class SteppedClock : SleepCountingTimeProvider
{
    private StoreTime _now;

    /// <param name="start">The wall clock when the store is made.</param>
    internal SteppedClock(DateTimeOffset start) => _now = new StoreTime(0, start, TimeSpan.Zero);

    /// <summary>The instant that it shows.</summary>
    internal StoreTime Now
    {
        get => _now;
        set => _now = value;
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    internal override TimeSpan Slept => _now.Slept;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now.Ticks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _now.Wall;

    /// <summary>A timer that never fires: the code that moves the clock knows what is due.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => Inert.Instance;

    private sealed class Inert : ITimer
    {
        internal static readonly Inert Instance = new();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
