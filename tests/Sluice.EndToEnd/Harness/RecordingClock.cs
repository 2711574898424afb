using System.Collections.Concurrent;

namespace Sluice.EndToEnd;

/// <summary>The system's clock, which writes down how long it was asked to wait.</summary>
internal sealed class RecordingClock : TimeProvider
{
    internal ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waits.Enqueue(dueTime);
        return System.CreateTimer(callback, state, dueTime, period);
    }
}
