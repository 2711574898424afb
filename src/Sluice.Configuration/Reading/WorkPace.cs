namespace Sluice.Configuration;

/// <summary>Divides long work of a thread into short pieces with pauses between them, in which others have the processor.</summary>
/// <remarks>
/// <para>
/// A pace belongs to a thread, as a priority does. Long work calls <see cref="Step"/> wherever it may stop for a moment: where it holds no
/// lock that calls wait for. On a thread without a pace that does nothing.
/// </para>
/// <para>
/// On a machine that is short of processors a pause takes longer than was asked for. So a piece becomes longer the more time has gone into
/// pauses: as long as the pause before it after <paramref name="growth"/>, twice as long after twice that. The pauses are spread over all of
/// the work, and work that takes four times as long has about twice the time of pauses.
/// </para>
/// <para>Thread safety: one thread.</para>
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="piece">How long the work goes on without a pause, at least.</param>
/// <param name="growth">The time in pauses after which a piece is as long as a pause.</param>
/// <param name="pause">Pauses.</param>
internal sealed class WorkPace(TimeProvider time, TimeSpan piece, TimeSpan growth, Action pause)
{
    [ThreadStatic]
    private static WorkPace? _ofThread;

    private long _began = time.GetTimestamp();
    private TimeSpan _next; // How long the next piece is, if that is longer than the shortest.
    private TimeSpan _paused;

    /// <summary>Pauses if this thread has a pace, and has worked for a piece.</summary>
    internal static void Step() => _ofThread?.PauseWhenDue();

    /// <summary>Makes it the pace of this thread, until the thread ends.</summary>
    internal void Begin() => _ofThread = this;

    private void PauseWhenDue()
    {
        long ends = time.GetTimestamp();
        TimeSpan worked = time.GetElapsedTime(_began, ends);
        if (worked < piece || worked < _next)
        {
            return;
        }

        pause();
        _began = time.GetTimestamp();
        TimeSpan last = time.GetElapsedTime(ends, _began);
        _paused += last;
        _next = last * (_paused / growth);
    }
}
