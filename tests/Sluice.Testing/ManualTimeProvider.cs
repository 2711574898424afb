namespace Sluice.Testing;

/// <summary>A clock that only the test moves: a monotonic one, and apart from it a wall clock.</summary>
/// <remarks>
/// <para>Units: timestamps are ticks of 100 ns; they start at <see cref="Origin"/>, not at zero.</para>
/// <para>
/// It is a clock that keeps its promises only if the test does: <see cref="Elapsed"/> can be set to less than it was.
/// </para>
/// <para>
/// Timers that are due run on the thread that moves the clock, in the order of their instants, when it has arrived there.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    /// <summary>The timestamp at which every such clock starts: not zero, so that a timestamp cannot pass for elapsed time.</summary>
    public const long Origin = 1_000_000_007;

    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
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
        set
        {
            Volatile.Write(ref _elapsedTicks, value.Ticks);
            RunTimers();
        }
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

    /// <summary>Moves the monotonic clock to a time, and the wall clock by as much, within the years 1 to 9999.</summary>
    public void MoveTo(TimeSpan elapsed)
    {
        Int128 wall = (Int128)Volatile.Read(ref _wallTicks) + elapsed.Ticks - Elapsed.Ticks;
        Wall = new DateTimeOffset((long)Int128.Clamp(wall, 0, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);
        Elapsed = elapsed;
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => unchecked(Origin + Volatile.Read(ref _elapsedTicks));

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Wall;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private void RunTimers()
    {
        while (TakeDue() is ManualTimer timer)
        {
            timer.Run();
        }
    }

    private ManualTimer? TakeDue()
    {
        lock (_gate)
        {
            ManualTimer? first = _timers.MinBy(timer => timer.DueTicks);
            if (first is null || first.DueTicks > Elapsed.Ticks)
            {
                return null;
            }

            first.Next();
            if (first.DueTicks == long.MaxValue)
            {
                _timers.Remove(first);
            }

            return first;
        }
    }

    /// <summary>A timer of this clock.</summary>
    private sealed class ManualTimer(ManualTimeProvider time, Action run) : ITimer
    {
        private long _periodTicks;

        internal long DueTicks { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                _periodTicks = period > TimeSpan.Zero ? period.Ticks : 0;
                DueTicks = dueTime < TimeSpan.Zero ? long.MaxValue : time.Elapsed.Ticks + dueTime.Ticks;
                time._timers.Remove(this);
                if (DueTicks != long.MaxValue)
                {
                    time._timers.Add(this);
                }
            }

            time.RunTimers();
            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Next() => DueTicks = _periodTicks == 0 ? long.MaxValue : DueTicks + _periodTicks;

        internal void Run() => run();
    }
}
