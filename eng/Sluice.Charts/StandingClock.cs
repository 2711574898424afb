namespace Sluice.Charts;

/// <summary>A clock that stands where it is set.</summary>
/// <param name="start">What the wall clock shows at first.</param>
internal sealed class StandingClock(DateTimeOffset start) : TimeProvider
{
    internal TimeSpan Elapsed { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => start + Elapsed;
}
