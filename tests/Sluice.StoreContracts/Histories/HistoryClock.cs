namespace Sluice.StoreContracts;

/// <summary>Moves a clock as the steps of a history say.</summary>
/// <param name="time">The clock.</param>
/// <param name="store">The store that reads it.</param>
internal sealed class HistoryClock(ManualTimeProvider time, StoreUnderTest store)
{
    private TimeSpan _retryAt;
    private TimeSpan _resetAt;

    /// <summary>Moves the clock to a step; not beyond its end, and back only where a step says so and the store may be held to it.</summary>
    internal void Move(HistoryStep step)
    {
        TimeSpan from = step.Wait switch
        {
            HistoryWait.FromRetry => _retryAt,
            HistoryWait.FromReset => _resetAt,
            _ => time.Elapsed,
        };
        bool mayStepBack = step.Wait == HistoryWait.FromNow && store.RemembersEveryReading;
        Int128 latest = store.LastInstant.Ticks - (store.LastInstant.Ticks % store.Resolution.Ticks);
        Int128 earliest = Int128.Min(mayStepBack ? 0 : time.Elapsed.Ticks, latest);
        time.MoveTo(TimeSpan.FromTicks((long)Int128.Clamp((Int128)from.Ticks + step.Ticks, earliest, latest)));
    }

    /// <summary>Remembers what a decision promised.</summary>
    internal void Note(RateLimitDecision decision, LimitState first)
    {
        _retryAt = After(decision.RetryAfter);
        _resetAt = After(first.ResetAfter);
    }

    private TimeSpan After(TimeSpan wait) =>
        TimeSpan.FromTicks((long)Int128.Min((Int128)time.Elapsed.Ticks + Math.Max(0, wait.Ticks), long.MaxValue));
}
