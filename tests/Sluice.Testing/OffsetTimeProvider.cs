namespace Sluice.Testing;

/// <summary>The system's clocks and timers, with both clocks ahead by a span that a test sets.</summary>
/// <remarks>
/// For tests with real peers, which wait in real time: <c>FakeTimeProvider</c> has no real timers.
/// Thread safety: every member may be called from any thread.
/// </remarks>
/// <param name="ahead">How far both clocks are ahead at first; negative for behind.</param>
public sealed class OffsetTimeProvider(TimeSpan ahead) : TimeProvider
{
    private long _aheadTicks = ahead.Ticks;

    /// <summary>The system's clocks as they are, until they are moved.</summary>
    public OffsetTimeProvider()
        : this(TimeSpan.Zero)
    {
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Moves both clocks on.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _aheadTicks, by.Ticks);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _aheadTicks));

    /// <inheritdoc/>
    public override long GetTimestamp() => System.GetElapsedTime(0, System.GetTimestamp()).Ticks + Interlocked.Read(ref _aheadTicks);
}
