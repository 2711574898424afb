namespace Sluice.Conformance;

/// <summary>A clock that only the test moves: a monotonic one, and apart from it a wall clock.</summary>
/// <remarks>
/// <para>Units: timestamps are ticks of 100 ns; they start at <see cref="Origin"/>, not at zero.</para>
/// <para>
/// It is a clock that keeps its promises only if the test does: <see cref="Elapsed"/> can be set to less than it was.
/// </para>
/// <para>It has no timers: what waits in a test would wait for ever.</para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    /// <summary>The timestamp at which every such clock starts: not zero, so that nobody can take one for elapsed time.</summary>
    public const long Origin = 1_000_000_007;

    private long _elapsedTicks;
    private long _wallTicks;

    /// <summary>A clock that stands, at 09:00 on 1 January 2026, UTC.</summary>
    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 9, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock that stands.</summary>
    /// <param name="wall">What the wall clock shows.</param>
    public ManualTimeProvider(DateTimeOffset wall) => _wallTicks = wall.UtcTicks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Monotonic time since the clock was made. Setting it moves that clock, back too, and leaves the wall clock.</summary>
    public TimeSpan Elapsed
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _elapsedTicks));
        set => Volatile.Write(ref _elapsedTicks, value.Ticks);
    }

    /// <summary>What the wall clock shows. Setting it leaves the monotonic clock.</summary>
    public DateTimeOffset Wall
    {
        get => new(Volatile.Read(ref _wallTicks), TimeSpan.Zero);
        set => Volatile.Write(ref _wallTicks, value.UtcTicks);
    }

    /// <summary>Moves both clocks on, or back.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The wall clock would leave the years 1 to 9999.</exception>
    public void Advance(TimeSpan by)
    {
        Wall += by;
        Elapsed += by;
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => unchecked(Origin + Volatile.Read(ref _elapsedTicks));

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Wall;

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException("A manual clock has no timers.");
}
