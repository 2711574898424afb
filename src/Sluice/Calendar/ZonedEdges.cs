using NodaTime;
using NodaTime.TimeZones;

namespace Sluice;

/// <summary>The edges of a unit of the calendar in one time zone, by the tables of NodaTime.</summary>
/// <remarks>
/// A date begins at its first instant in the zone (<see cref="DateTimeZone.AtStartOfDay"/>), which need not be midnight. A date that
/// the zone skips has no window. Where clocks are set back over midnight, the date does not begin a second time.
/// </remarks>
internal sealed class ZonedEdges : CalendarEdges, IEquatable<ZonedEdges>
{
    private const int MonthsPerQuarter = 3;

    // The calendar of NodaTime ends with the year 9999, and a window needs the start of the next one.
    private static readonly Instant LastInstant = Instant.FromUtc(9990, 1, 1, 0, 0);
    private static readonly Instant FirstInstant = Instant.FromUtc(1, 1, 1, 0, 0);

    private readonly DateTimeZone _zone;

    /// <param name="unit">The unit.</param>
    /// <param name="timeZone">The name of the time zone, as it was written.</param>
    /// <param name="zone">The time zone.</param>
    /// <param name="weekStart">The first day of a week; Monday for every other unit.</param>
    internal ZonedEdges(CalendarUnit unit, string timeZone, DateTimeZone zone, DayOfWeek weekStart)
    {
        Unit = unit;
        TimeZone = timeZone;
        _zone = zone;
        WeekStart = weekStart;
    }

    /// <summary>The unit.</summary>
    internal CalendarUnit Unit { get; }

    /// <summary>The first day of a week.</summary>
    internal DayOfWeek WeekStart { get; }

    /// <summary>The name of the time zone, as it was written.</summary>
    internal string TimeZone { get; }

    public bool Equals(ZonedEdges? other) =>
        other is not null && Unit == other.Unit && WeekStart == other.WeekStart && TimeZone == other.TimeZone;

    public override bool Equals(object? obj) => Equals(obj as ZonedEdges);

    public override int GetHashCode() => HashCode.Combine(Unit, WeekStart, TimeZone);

    /// <inheritdoc/>
    internal override DateTimeOffset InZone(long utcTicks)
    {
        Offset offset = _zone.GetUtcOffset(FromTicks(utcTicks));
        long minutes = offset.Seconds / NodaConstants.SecondsPerMinute; // Before 1972 some zones had offsets with seconds.
        return new DateTimeOffset(utcTicks, TimeSpan.Zero).ToOffset(TimeSpan.FromMinutes(minutes));
    }

    /// <inheritdoc/>
    protected override Window Find(long utcTicks)
    {
        Instant instant = FromTicks(utcTicks);
        if (instant >= LastInstant)
        {
            return new Window(ToTicks(LastInstant), long.MaxValue);
        }

        (Instant start, Instant end) = Unit == CalendarUnit.Hour ? HourOf(instant) : DatesOf(instant);
        return new Window(ToTicks(Instant.Max(start, FirstInstant)), ToTicks(end));
    }

    private (Instant Start, Instant End) DatesOf(Instant instant)
    {
        LocalDate first = FirstDate(instant.InZone(_zone).Date);
        Instant start = StartOfDate(first);
        while (true)
        {
            // The window of the local date need not hold the instant: a date can come back after it is over.
            LocalDate next = NextFirstDate(first);
            Instant end = StartOfDate(next);
            if (instant < end)
            {
                return (start, end);
            }

            (first, start) = (next, end);
        }
    }

    private LocalDate FirstDate(LocalDate date) => Unit switch
    {
        CalendarUnit.Day => date,
        CalendarUnit.Week => date.With(DateAdjusters.PreviousOrSame(ToIso(WeekStart))),
        CalendarUnit.Month => new LocalDate(date.Year, date.Month, 1),
        CalendarUnit.Quarter => new LocalDate(date.Year, date.Month - ((date.Month - 1) % MonthsPerQuarter), 1),
        CalendarUnit.Year => new LocalDate(date.Year, 1, 1),
        _ => throw NotAUnit(),
    };

    // From the first of a month, so that adding months never meets a month that is too short.
    private LocalDate NextFirstDate(LocalDate first) => Unit switch
    {
        CalendarUnit.Day => first.PlusDays(1),
        CalendarUnit.Week => first.PlusWeeks(1),
        CalendarUnit.Month => first.PlusMonths(1),
        CalendarUnit.Quarter => first.PlusMonths(MonthsPerQuarter),
        CalendarUnit.Year => first.PlusYears(1),
        _ => throw NotAUnit(),
    };

    private ArgumentOutOfRangeException NotAUnit() => new(nameof(Unit), Unit, "Not a unit of dates.");

    private Instant StartOfDate(LocalDate date)
    {
        while (true)
        {
            try
            {
                return _zone.AtStartOfDay(date).ToInstant();
            }
            catch (SkippedTimeException)
            {
                date = date.PlusDays(1); // The zone has skipped the whole date, so it begins where the next one does.
            }
        }
    }

    private (Instant Start, Instant End) HourOf(Instant instant) => (StartOfHour(instant), EndOfHour(instant));

    private Instant StartOfHour(Instant instant)
    {
        while (true)
        {
            ZoneInterval interval = _zone.GetZoneInterval(instant);
            Instant full = FullHour(instant, interval.WallOffset);
            if (!interval.HasStart || full >= interval.Start)
            {
                return full;
            }

            instant = interval.Start - Duration.Epsilon;
        }
    }

    private Instant EndOfHour(Instant instant)
    {
        while (true)
        {
            ZoneInterval interval = _zone.GetZoneInterval(instant);
            Instant full = FullHour(instant, interval.WallOffset) + Duration.FromHours(1);
            if (!interval.HasEnd || full < interval.End)
            {
                return full;
            }

            instant = interval.End;
            if (FullHour(instant, _zone.GetUtcOffset(instant)) == instant)
            {
                return instant; // The change itself lands on a full hour.
            }
        }
    }

    /// <summary>The last instant at which clocks with an offset showed a full hour.</summary>
    private static Instant FullHour(Instant instant, Offset offset)
    {
        LocalDateTime local = instant.WithOffset(offset).LocalDateTime;
        return new LocalDateTime(local.Year, local.Month, local.Day, local.Hour, 0).WithOffset(offset).ToInstant();
    }

    private static IsoDayOfWeek ToIso(DayOfWeek day) => day == DayOfWeek.Sunday ? IsoDayOfWeek.Sunday : (IsoDayOfWeek)day;

    private static Instant FromTicks(long utcTicks) => Instant.FromUnixTimeTicks(utcTicks - DateTime.UnixEpoch.Ticks);

    private static long ToTicks(Instant instant) => instant.ToUnixTimeTicks() + DateTime.UnixEpoch.Ticks;
}
