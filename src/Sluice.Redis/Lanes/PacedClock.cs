namespace Sluice.Redis;

/// <summary>A clock for timeouts that stands still while this process is late, so that a busy machine does not time out its own calls.</summary>
/// <remarks>
/// <para>
/// A timeout is waited for in slices, and each slice ends with a look for answers. When a look comes late, the process lacked the
/// processor, and so did whatever sends calls and reads answers: that look counts as if it had come in time.
/// </para>
/// <para>Thread safety: one thread at a time.</para>
/// </remarks>
internal sealed class PacedClock
{
    private const int Slices = 4;

    private readonly TimeProvider _time;
    private readonly long _slice;
    private long _looked;
    private long _late;

    /// <param name="time">The clock of this process.</param>
    /// <param name="timeout">The timeout.</param>
    internal PacedClock(TimeProvider time, TimeSpan timeout)
    {
        _time = time;
        Slice = TimeSpan.FromTicks(Math.Max(timeout.Ticks / Slices, TimeSpan.TicksPerMillisecond));
        _slice = (long)(Slice.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>The longest time between two looks.</summary>
    internal TimeSpan Slice { get; }

    /// <summary>The instant, as a timestamp less the time in which this process was late.</summary>
    internal long Now => _time.GetTimestamp() - _late;

    /// <summary>Begins to wait, after nothing was waited for.</summary>
    internal void Start() => _looked = _time.GetTimestamp();

    /// <summary>Notes a look, and says its instant.</summary>
    internal long Look()
    {
        long now = _time.GetTimestamp();
        _late += Math.Max(now - _looked - _slice, 0);
        _looked = now;
        return now - _late;
    }

    /// <summary>The time until the next look, for something whose time is up at an instant.</summary>
    internal TimeSpan Until(long instant, long now)
    {
        TimeSpan left = _time.GetElapsedTime(now, instant);
        return left < Slice ? left : Slice;
    }
}
