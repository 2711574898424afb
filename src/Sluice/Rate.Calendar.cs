using System.Diagnostics.CodeAnalysis;

namespace Sluice;

public sealed partial record Rate
{
    internal Rate(int maxTokens, ZonedEdges edges)
    {
        MaxTokens = maxTokens;
        Algorithm = RateLimitAlgorithm.CalendarWindow;
        Edges = edges;
    }

    /// <summary>
    /// The unit of the calendar that a window is; null for a rate by another algorithm than
    /// <see cref="RateLimitAlgorithm.CalendarWindow"/>.
    /// </summary>
    public CalendarUnit? Window => Edges?.Unit;

    /// <summary>The IANA name of the time zone whose calendar the windows follow; null where <see cref="Window"/> is.</summary>
    public string? TimeZone => Edges?.TimeZone;

    /// <summary>The first day of a week; null for a rate whose <see cref="Window"/> is not a week.</summary>
    public DayOfWeek? WeekStart => Window == CalendarUnit.Week ? Edges!.WeekStart : null;

    /// <summary>Where the windows begin and end; null where <see cref="Window"/> is.</summary>
    internal ZonedEdges? Edges { get; }

    /// <summary>At most so many tokens in each hour, day, week, month, quarter or year of a calendar.</summary>
    /// <remarks>
    /// <para>
    /// A window lasts from one edge of the calendar to the next, so its length varies: a day has 23 or 25 hours where clocks change.
    /// The wall clock decides which window it is. A window never opens twice: while the clock is behind what it has shown before,
    /// calls count in the window that was reached.
    /// </para>
    /// <para>The rules of time zones come with the NodaTime package, not from the machine.</para>
    /// </remarks>
    /// <param name="maxTokens">From 1 to 2,147,483,647.</param>
    /// <param name="window">The unit.</param>
    /// <param name="timeZone">An IANA name such as <c>Asia/Tokyo</c>, in this spelling; or a fixed offset such as <c>UTC+09:00</c>.</param>
    /// <param name="weekStart">The first day of a week, only where the unit is <see cref="CalendarUnit.Week"/>; null for Monday.</param>
    /// <exception cref="ArgumentNullException"><paramref name="timeZone"/> is null.</exception>
    /// <exception cref="ArgumentException">A value is outside its range, or there is no such time zone; the message names the
    /// nearest.</exception>
    public static Rate Calendar(int maxTokens, CalendarUnit window, string timeZone = "UTC", DayOfWeek? weekStart = null)
    {
        ArgumentNullException.ThrowIfNull(timeZone);
        return TryCreateCalendar(maxTokens, window, timeZone, weekStart, out Rate? rate, out IReadOnlyList<SettingsFault> faults)
            ? rate
            : throw new ArgumentException(faults[0].Message, faults[0].Path);
    }

    /// <summary>Makes a rate by the calendar, or says everything that is wrong.</summary>
    /// <param name="maxTokens">As for <see cref="Calendar"/>.</param>
    /// <param name="window">As for <see cref="Calendar"/>.</param>
    /// <param name="timeZone">As for <see cref="Calendar"/>.</param>
    /// <param name="weekStart">As for <see cref="Calendar"/>.</param>
    /// <param name="rate">The rate, or null.</param>
    /// <param name="faults">What is wrong, each with the field's name as configuration spells it; empty when there is a rate.</param>
    public static bool TryCreateCalendar(
        int maxTokens,
        CalendarUnit window,
        string timeZone,
        DayOfWeek? weekStart,
        [NotNullWhen(true)] out Rate? rate,
        out IReadOnlyList<SettingsFault> faults)
    {
        faults = [.. RateRules.CheckCalendar(maxTokens, window, timeZone, weekStart)];
        rate = faults.Count == 0
            ? new Rate(maxTokens, new ZonedEdges(window, timeZone, TimeZones.Find(timeZone)!, weekStart ?? DayOfWeek.Monday))
            : null;
        return rate is not null;
    }
}
