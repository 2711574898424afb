namespace Sluice;

/// <summary>A call that was admitted for a later instant, as one of its buckets keeps it.</summary>
/// <param name="At">The instant at which the call is forwarded, in ticks of the store.</param>
/// <param name="Cost">Tokens; zero for a call that was cancelled and leaves only the start of a window.</param>
/// <param name="Id">The number of the reservation, the same in all buckets of the call.</param>
/// <param name="IsDecider">Whether this bucket decided the instant.</param>
internal readonly record struct ReservedCall(ulong At, ulong Cost, long Id, bool IsDecider)
{
    /// <summary>
    /// In a window of the calendar, the same instant by that clock, as it was promised. It is kept and not computed again: two readings of
    /// both clocks are never exactly as far apart, and a call at an edge would count in the window before it.
    /// </summary>
    internal ulong CalendarAt { get; init; }
}
