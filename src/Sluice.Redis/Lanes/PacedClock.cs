namespace Sluice.Redis;

/// <summary>A clock for timeouts that stops while this process is late, so that a busy machine does not time out its own calls.</summary>
/// <remarks>
/// <para>
/// A timeout is waited for in slices, and each slice ends with a look for answers. When a look comes late, the process lacked the
/// processor, and so did whatever sends calls and reads answers: that look counts as if it had come in time.
/// </para>
/// <para>
/// One look needs one thread to be scheduled. An answer needs <see cref="Hops"/> of them, one after the other, and on a busy machine
/// each is as late as a look. So the time is up by <see cref="Instant.Patient"/>, which goes back by the lateness of a look for each of
/// the other hops. By <see cref="Instant.Paced"/> it is up at the latest <see cref="MostTimeouts"/> later.
/// </para>
/// <para>Thread safety: one thread at a time.</para>
/// </remarks>
internal sealed class PacedClock
{
    /// <summary>The most timeouts that patience adds to a timeout.</summary>
    internal const int MostTimeouts = 10;

    /// <summary>The threads between a call and its answer: the writer, Redis, the reader, and the one that continues the call.</summary>
    private const int Hops = 4;

    private const int Slices = 4;

    private readonly TimeProvider _time;
    private readonly long _slice;
    private readonly long _timeout;
    private long _looked;
    private long _late;

    /// <param name="time">The clock of this process.</param>
    /// <param name="timeout">The timeout.</param>
    internal PacedClock(TimeProvider time, TimeSpan timeout)
    {
        _time = time;
        Slice = TimeSpan.FromTicks(Math.Max(timeout.Ticks / Slices, TimeSpan.TicksPerMillisecond));
        _slice = (long)(Slice.TotalSeconds * time.TimestampFrequency);
        _timeout = (long)(timeout.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>The longest time between two looks.</summary>
    internal TimeSpan Slice { get; }

    /// <summary>The instant, as timestamps less the time in which this process was late.</summary>
    internal Instant Now => At(_time.GetTimestamp());

    /// <summary>The instant at which the time of what begins now is up.</summary>
    internal Instant Deadline
    {
        get
        {
            Instant now = Now;
            return new Instant(now.Paced + _timeout, now.Patient + _timeout);
        }
    }

    /// <summary>Begins to wait, after nothing was waited for.</summary>
    internal void Start() => _looked = _time.GetTimestamp();

    /// <summary>Notes a look, and says its instant.</summary>
    internal Instant Look()
    {
        long now = _time.GetTimestamp();
        _late += Math.Max(now - _looked - _slice, 0);
        _looked = now;
        return At(now);
    }

    /// <summary>Whether the time is up.</summary>
    /// <param name="deadline">The instant at which it is.</param>
    /// <param name="now">The instant.</param>
    /// <param name="isArriving">Whether answers have arrived and are being read, so that patience goes as far as it may.</param>
    internal bool IsUp(in Instant deadline, in Instant now, bool isArriving = false) =>
        deadline.Paced + (MostTimeouts * _timeout) <= now.Paced || (!isArriving && deadline.Patient <= now.Patient);

    /// <summary>The time until the next look, for something whose time is up at an instant.</summary>
    internal TimeSpan Until(in Instant deadline, in Instant now)
    {
        TimeSpan left = _time.GetElapsedTime(now.Patient, deadline.Patient);
        return left <= TimeSpan.Zero ? TimeSpan.Zero : left < Slice ? left : Slice;
    }

    private Instant At(long timestamp) => new(timestamp - _late, timestamp - (Hops * _late));

    /// <summary>An instant of this clock.</summary>
    /// <param name="Paced">The timestamp less the time in which looks were late. It never goes back.</param>
    /// <param name="Patient">The timestamp less that time for each hop. It goes back when a look is late.</param>
    internal readonly record struct Instant(long Paced, long Patient);
}
