using System.Collections.Concurrent;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>A clock on which every wait ends at once, and is written down; or never ends.</summary>
internal sealed class WaitingClock : TimeProvider
{
    internal ConcurrentQueue<TimeSpan> Waits { get; } = new();

    internal bool Stands { get; init; }

    /// <summary>What a wait does to the rest of the world.</summary>
    internal Action<TimeSpan>? Passing { get; init; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waits.Enqueue(dueTime);
        Passing?.Invoke(dueTime);
        return System.CreateTimer(callback, state, Stands ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
