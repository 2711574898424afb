namespace Sluice.Redis;

/// <summary>How much later than the clock of a server the answers to calls arrive.</summary>
/// <remarks>
/// <para>
/// A call is held for so long from an instant of the server. Its answer arrives later than that by a network delay that differs from
/// answer to answer, so calls would be forwarded in another order than the server gave them. Therefore the part of the delay that is
/// certain to have passed is subtracted: the fastest answer of the last seconds shows the least difference of the clocks.
/// </para>
/// <para>The part is never more than the time between the question and the answer, whatever the clock of the server does.</para>
/// <para>Thread safety: any thread may ask.</para>
/// </remarks>
/// <param name="time">The clock of this process.</param>
internal sealed class ServerInstants(TimeProvider time)
{
    /// <summary>How long the fastest answer counts; the two clocks may drift apart.</summary>
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly long _origin = time.GetTimestamp();
    private TimeSpan _fastest = TimeSpan.MinValue;
    private TimeSpan _fastestBefore = TimeSpan.MinValue;
    private TimeSpan _begin;

    /// <summary>The time since an instant of the server that is certain to have passed when its answer arrives.</summary>
    /// <param name="instantMicros">The instant that the answer shows, in microseconds.</param>
    /// <param name="sentTimestamp">When the question was sent.</param>
    /// <param name="answeredTimestamp">When the answer arrived.</param>
    internal TimeSpan PassedSince(ulong instantMicros, long sentTimestamp, long answeredTimestamp)
    {
        TimeSpan answered = time.GetElapsedTime(_origin, answeredTimestamp);
        TimeSpan ahead = TimeSpan.FromMicroseconds((long)instantMicros) - answered;
        TimeSpan fastest;
        lock (_gate)
        {
            if (answered - _begin > Span)
            {
                _fastestBefore = answered - _begin > 2 * Span ? TimeSpan.MinValue : _fastest;
                _fastest = TimeSpan.MinValue;
                _begin = answered;
            }

            _fastest = ahead > _fastest ? ahead : _fastest;
            fastest = _fastestBefore > _fastest ? _fastestBefore : _fastest;
        }

        TimeSpan passed = fastest - ahead;
        TimeSpan journey = time.GetElapsedTime(sentTimestamp, answeredTimestamp);
        return passed < journey ? passed : journey;
    }
}
