using System.Globalization;

namespace Sluice.Gateway;

/// <summary>Instants and durations as the API tells them.</summary>
internal static class ApiTime
{
    /// <summary>Whole milliseconds, rounded up: who waits so long has waited long enough.</summary>
    internal static long Milliseconds(TimeSpan time) =>
        (time.Ticks / TimeSpan.TicksPerMillisecond) + (time.Ticks % TimeSpan.TicksPerMillisecond > 0 ? 1 : 0);

    /// <summary>An instant by RFC 3339, in UTC, to the millisecond.</summary>
    internal static string Text(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A wait; null where waiting does not help.</summary>
    internal static long? Wait(TimeSpan wait) => wait == Timeout.InfiniteTimeSpan ? null : Milliseconds(wait);
}
