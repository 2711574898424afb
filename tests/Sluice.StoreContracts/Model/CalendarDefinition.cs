using NodaTime;
using NodaTime.TimeZones;

namespace Sluice.StoreContracts;

/// <summary>The windows of a calendar by their definition, from the offsets of a time zone alone.</summary>
/// <remarks>
/// <para>A date begins at the first instant at which clocks of the zone show that date or a later one; then the date before is over for good.</para>
/// <para>An hour begins at each instant at which clocks of the zone show a full hour.</para>
/// <para>Instants are ticks of 100 ns since 1 January 0001, UTC. Dates are counted in days, and months by integers, so that nothing here is the product's.</para>
/// </remarks>
public static class CalendarDefinition
{
    private const int MonthsPerYear = 12;
    private const int DaysAround = 4;
    private static readonly long LastTicks = new DateTime(9990, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    /// <summary>The window of a rate that holds an instant.</summary>
    public static (long Start, long End) WindowOf(Rate rate, long utcTicks)
    {
        DateTimeZone zone = DateTimeZoneProviders.Tzdb[rate.TimeZone!];
        return utcTicks >= LastTicks ? (LastTicks, long.MaxValue)
            : rate.Window == CalendarUnit.Hour ? HourOf(zone, utcTicks)
            : DatesOf(rate, zone, utcTicks);
    }

    private static (long Start, long End) DatesOf(Rate rate, DateTimeZone zone, long utcTicks)
    {
        DateOnly date = First(rate, DateOnly.FromDateTime(new DateTime(utcTicks)).AddDays(2));
        while (StartOf(zone, date) > utcTicks)
        {
            date = First(rate, date.AddDays(-1));
        }

        return (StartOf(zone, date), StartOf(zone, Next(rate, date)));
    }

    /// <summary>The first date of the unit that a date is in.</summary>
    private static DateOnly First(Rate rate, DateOnly date) => rate.Window switch
    {
        CalendarUnit.Day => date,
        CalendarUnit.Week => date.AddDays(-((7 + (int)date.DayOfWeek - (int)rate.WeekStart!.Value) % 7)),
        _ => MonthAt(Month(date) / MonthsIn(rate) * MonthsIn(rate)),
    };

    private static DateOnly Next(Rate rate, DateOnly first) => rate.Window switch
    {
        CalendarUnit.Day => first.AddDays(1),
        CalendarUnit.Week => first.AddDays(7),
        _ => MonthAt(Month(first) + MonthsIn(rate)),
    };

    private static int MonthsIn(Rate rate) => rate.Window switch
    {
        CalendarUnit.Month => 1,
        CalendarUnit.Quarter => 3,
        CalendarUnit.Year => MonthsPerYear,
        _ => throw new ArgumentOutOfRangeException(nameof(rate), rate.Window, "Not a unit of months."),
    };

    private static int Month(DateOnly date) => (date.Year * MonthsPerYear) + date.Month - 1;

    private static DateOnly MonthAt(int number) => new(number / MonthsPerYear, (number % MonthsPerYear) + 1, 1);

    /// <summary>The first instant at which clocks show a date or a later one.</summary>
    private static long StartOf(DateTimeZone zone, DateOnly date)
    {
        long midnight = date.ToDateTime(TimeOnly.MinValue).Ticks;
        return Intervals(zone, midnight, TimeSpan.FromDays(DaysAround))
            .Select(interval => (At: Math.Max(interval.Start, midnight - interval.Offset), interval.End))
            .Where(candidate => candidate.At < candidate.End)
            .Min(candidate => candidate.At);
    }

    private static (long Start, long End) HourOf(DateTimeZone zone, long utcTicks)
    {
        TimeSpan around = TimeSpan.FromHours(6);
        long[] edges =
        [
            .. from interval in Intervals(zone, utcTicks, around)
               let first = Math.Max(interval.Start, utcTicks - around.Ticks) + interval.Offset
               from hour in Enumerable.Range(0, 14)
               let edge = (((first / TimeSpan.TicksPerHour) + hour) * TimeSpan.TicksPerHour) - interval.Offset
               where edge >= interval.Start && edge < interval.End
               select edge,
        ];
        return (edges.Where(edge => edge <= utcTicks).Max(), edges.Where(edge => edge > utcTicks).Min());
    }

    /// <summary>The intervals of one offset around an instant; each from its first tick to the first after it.</summary>
    private static IEnumerable<(long Start, long End, long Offset)> Intervals(DateTimeZone zone, long utcTicks, TimeSpan around)
    {
        Instant middle = Instant.FromUnixTimeTicks(utcTicks - DateTime.UnixEpoch.Ticks);
        Duration distance = Duration.FromTimeSpan(around);
        foreach (ZoneInterval interval in zone.GetZoneIntervals(middle - distance, middle + distance))
        {
            yield return (
                interval.HasStart ? interval.Start.ToUnixTimeTicks() + DateTime.UnixEpoch.Ticks : 0,
                interval.HasEnd ? interval.End.ToUnixTimeTicks() + DateTime.UnixEpoch.Ticks : long.MaxValue,
                interval.WallOffset.Ticks);
        }
    }
}
