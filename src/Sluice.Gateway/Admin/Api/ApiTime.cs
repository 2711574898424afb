namespace Sluice.Gateway;

/// <summary>Durations as the API tells them.</summary>
internal static class ApiTime
{
    /// <summary>Whole milliseconds, rounded up: who waits so long has waited long enough.</summary>
    internal static long Milliseconds(TimeSpan time) =>
        (time.Ticks / TimeSpan.TicksPerMillisecond) + (time.Ticks % TimeSpan.TicksPerMillisecond > 0 ? 1 : 0);

    /// <summary>A wait; null where waiting does not help.</summary>
    internal static long? Wait(TimeSpan wait) => wait == Timeout.InfiniteTimeSpan ? null : Milliseconds(wait);
}
