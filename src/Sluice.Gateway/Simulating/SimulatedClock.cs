namespace Sluice.Gateway;

/// <summary>A clock that moves only when it is told to, in ticks of 100 ns.</summary>
/// <remarks>Thread safety: one thread.</remarks>
internal sealed class SimulatedClock(DateTimeOffset start = default) : TimeProvider
{
    private readonly DateTimeOffset _start = start == default ? DateTimeOffset.UnixEpoch : start;

    /// <summary>Ticks since the start.</summary>
    internal long Ticks { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Ticks;

    public override DateTimeOffset GetUtcNow() => _start.AddTicks(Ticks);
}
