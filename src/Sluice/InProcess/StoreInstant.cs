namespace Sluice;

/// <summary>One instant by both clocks of a store.</summary>
/// <param name="Ticks">By the monotonic clock, which every limit but those of a calendar follows.</param>
/// <param name="CalendarTicks">
/// By the calendar's clock: the wall clock since the store's origin, which stops while it is behind the latest time that it has shown.
/// </param>
/// <param name="BehindTicks">How far the wall clock is behind the calendar's: waits until an edge are longer by that.</param>
internal readonly record struct StoreInstant(ulong Ticks, ulong CalendarTicks, ulong BehindTicks)
{
    /// <summary>The instant by the clock that a limit follows.</summary>
    internal ulong For(LimitNumbers numbers) => numbers.Edges is null ? Ticks : CalendarTicks;

    /// <summary>A wait by the clock that a limit follows, as it passes on the wall.</summary>
    internal ulong Wait(LimitNumbers numbers, ulong ticks) => numbers.Edges is null || ticks == 0 ? ticks : ticks + BehindTicks;

    /// <summary>An instant of the monotonic clock by the clock that a limit follows, if the wall clock is not set until then.</summary>
    internal ulong ToClockOf(LimitNumbers numbers, ulong instant) => numbers.Edges is null ? instant
        : instant <= Ticks ? CalendarTicks - Math.Min(CalendarTicks - 1, Ticks - instant)
        : CalendarTicks + (instant - Ticks > BehindTicks ? instant - Ticks - BehindTicks : 0);

    /// <summary>The opposite of <see cref="ToClockOf"/>, for an instant that is not before another of the monotonic clock.</summary>
    internal ulong FromClockOf(LimitNumbers numbers, ulong instant, ulong from) =>
        numbers.Edges is null || instant == Timeline.Never ? instant
        : Math.Max(from, instant <= CalendarTicks ? Ticks : Timeline.Later(Ticks + BehindTicks, instant - CalendarTicks));

    /// <summary>Whether an instant has passed, by whichever clock it was told.</summary>
    internal bool HasPassed(ulong instant) => instant <= Math.Min(Ticks, CalendarTicks);
}
