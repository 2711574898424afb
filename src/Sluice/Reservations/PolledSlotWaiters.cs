namespace Sluice;

/// <summary>The calls that wait for slots of a store whose slots others release too: the store is asked again while calls wait.</summary>
/// <remarks>Only the first call of each queue is decided again. Thread safety: any number of threads.</remarks>
/// <param name="store">The store.</param>
/// <param name="time">The clock of the attempts.</param>
internal sealed class PolledSlotWaiters(IRateLimitStore store, TimeProvider time) : SlotWaiters(store), IDisposable
{
    /// <summary>The time between two attempts.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private ITimer? _timer;
    private bool _isRunning;

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
    }

    /// <inheritdoc/>
    private protected override void OnWaitingLocked()
    {
        if (!_isRunning)
        {
            _timer ??= CreateTimer();
            _isRunning = _timer.Change(Interval, Interval);
        }
    }

    /// <inheritdoc/>
    private protected override void OnIdleLocked()
    {
        _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _isRunning = false;
    }

    // The timer must not keep the identity of the caller that it was made for.
    private ITimer CreateTimer()
    {
        using (ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(
                static state => ((PolledSlotWaiters)state!).ServeAll(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
