namespace Sluice;

/// <summary>The unit of the calendar that a window of <see cref="Rate.Calendar"/> is.</summary>
public enum CalendarUnit
{
    /// <summary>From one instant at which a clock of the time zone shows a full hour to the next.</summary>
    Hour = 0,

    /// <summary>From the start of a date to the start of the next: 23 to 25 hours where clocks change.</summary>
    Day = 1,

    /// <summary>Seven dates, from the first day of the week.</summary>
    Week = 2,

    /// <summary>From the first of a month to the first of the next.</summary>
    Month = 3,

    /// <summary>Three months, from January, April, July or October.</summary>
    Quarter = 4,

    /// <summary>From the first of January to the next.</summary>
    Year = 5,
}
