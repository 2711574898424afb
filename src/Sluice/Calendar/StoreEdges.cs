namespace Sluice;

/// <summary>The edges of a calendar by a store's clock.</summary>
/// <param name="calendar">The edges.</param>
/// <param name="originTicks">The store's instant zero, in ticks of 100 ns since 1 January 0001, UTC; it may be negative.</param>
/// <param name="stepTicks">The ticks of 100 ns that a step of the store's clock has; every edge is a whole number of steps.</param>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class StoreEdges(CalendarEdges calendar, long originTicks, long stepTicks)
{
    /// <summary>The calendar.</summary>
    internal CalendarEdges Calendar => calendar;

    /// <summary>The first instant of the window that holds an instant; zero where that lies before the store's instant zero.</summary>
    internal ulong StartOf(ulong now) => FromUtc(calendar.StartOf(ToUtc(now)));

    /// <summary>The first instant after the window that holds an instant.</summary>
    internal ulong EndOf(ulong now) => FromUtc(calendar.EndOf(ToUtc(now)));

    /// <summary>A store's instant in ticks since 1 January 0001, UTC.</summary>
    internal long ToUtc(ulong instant) => checked(((long)instant * stepTicks) + originTicks);

    /// <summary>
    /// An instant in ticks since 1 January 0001, UTC, by the store's clock; zero where it lies before the store's instant zero.
    /// </summary>
    internal ulong FromUtc(long utcTicks) => (ulong)(Int128.Max(0, (Int128)utcTicks - originTicks) / stepTicks);
}
