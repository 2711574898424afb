namespace Sluice.Configuration;

/// <summary>Divides long work of a thread into short pieces with pauses between them, in which others have the processor.</summary>
/// <remarks>
/// <para>
/// A pace belongs to a thread, as a priority does. Long work calls <see cref="Step"/> wherever it may stop for a moment: where it holds no
/// lock that calls wait for. On a thread without a pace that does nothing.
/// </para>
/// <para>Thread safety: one thread.</para>
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="piece">How long the work goes on without a pause.</param>
/// <param name="maxPaused">
/// The longest time of all pauses together. On a machine that is short of processors a pause takes much longer than was asked for; then the
/// work goes on without pauses.
/// </param>
/// <param name="pause">Pauses.</param>
internal sealed class WorkPace(TimeProvider time, TimeSpan piece, TimeSpan maxPaused, Action pause)
{
    [ThreadStatic]
    private static WorkPace? _ofThread;

    private long _began = time.GetTimestamp();
    private TimeSpan _left = maxPaused;

    /// <summary>Pauses if this thread has a pace, and has worked for a piece.</summary>
    internal static void Step() => _ofThread?.PauseWhenDue();

    /// <summary>Makes it the pace of this thread, until the thread ends.</summary>
    internal void Begin() => _ofThread = this;

    private void PauseWhenDue()
    {
        if (_left <= TimeSpan.Zero || time.GetElapsedTime(_began) < piece)
        {
            return;
        }

        long from = time.GetTimestamp();
        pause();
        _began = time.GetTimestamp();
        _left -= time.GetElapsedTime(from, _began);
    }
}
