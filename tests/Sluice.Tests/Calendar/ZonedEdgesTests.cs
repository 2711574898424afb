using NodaTime;
using NodaTime.TimeZones;
using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>The windows of every time zone, held against their definition.</summary>
public sealed class ZonedEdgesTests
{
    private const int RandomInstants = 12;
    private static readonly long EarliestTicks = new DateTime(1880, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
    private static readonly long LatestTicks = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    public static TheoryData<CalendarUnit, DayOfWeek?> Units => new()
    {
        { CalendarUnit.Hour, null }, { CalendarUnit.Day, null }, { CalendarUnit.Week, DayOfWeek.Monday }, { CalendarUnit.Week, DayOfWeek.Sunday },
        { CalendarUnit.Month, null }, { CalendarUnit.Quarter, null }, { CalendarUnit.Year, null },
    };

    [Theory]
    [MemberData(nameof(Units))]
    public void WindowOf_AnyInstantOfAnyZone_IsTheWindowOfTheDefinition(CalendarUnit unit, DayOfWeek? weekStart)
    {
        Random random = new(Seeds.Announce(20_261_128));
        foreach (string id in DateTimeZoneProviders.Tzdb.Ids)
        {
            Rate rate = Rate.Calendar(1, unit, id, weekStart);
            foreach (long instant in InstantsOf(DateTimeZoneProviders.Tzdb[id], random))
            {
                (long start, long end) = CalendarDefinition.WindowOf(rate, instant);
                CalendarEdges edges = rate.Edges!;
                string where = $"{id} {unit} at {new DateTime(instant):O}";

                (edges.StartOf(instant), edges.EndOf(instant)).ShouldBe((start, end), where);
                start.ShouldBeLessThanOrEqualTo(instant, where);
                end.ShouldBeGreaterThan(instant, where);
            }
        }
    }

    // So no instant lies in two windows or in none, whichever window is asked about first.
    [Theory]
    [MemberData(nameof(Units))]
    public void WindowOf_OneAfterAnother_LeavesNoGapAndOverlapsNowhere(CalendarUnit unit, DayOfWeek? weekStart)
    {
        Random random = new(Seeds.Announce(20_261_129));
        foreach (string id in DateTimeZoneProviders.Tzdb.Ids)
        {
            Rate rate = Rate.Calendar(1, unit, id, weekStart);
            long end = rate.Edges!.EndOf(random.NextInt64(EarliestTicks, LatestTicks));
            for (int i = 0; i < 30; i++)
            {
                CalendarEdges fresh = Rate.Calendar(1, unit, id, weekStart).Edges!;
                long next = fresh.EndOf(end);
                (fresh.StartOf(end), fresh.StartOf(next - 1), fresh.EndOf(next - 1)).ShouldBe((end, end, next), $"{id} {unit} {new DateTime(end):O}");
                end = next;
            }
        }
    }

    [Fact]
    public void EndOf_LastYearsOfTheCalendar_LiesAhead()
    {
        foreach (CalendarUnit unit in Enum.GetValues<CalendarUnit>())
        {
            CalendarEdges edges = Rate.Calendar(1, unit, "Pacific/Kiritimati").Edges!;
            foreach (long instant in (long[])[DateTimeOffset.MaxValue.UtcTicks, LatestOfWindows - 1, LatestOfWindows, DateTimeOffset.MinValue.UtcTicks])
            {
                edges.StartOf(instant).ShouldBeLessThanOrEqualTo(instant);
                edges.EndOf(instant).ShouldBeGreaterThan(instant);
            }
        }
    }

    [Fact]
    public void InZone_OffsetWithSeconds_IsRoundedToAMinute()
    {
        long ticks = new DateTime(1900, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

        Rate.Calendar(1, CalendarUnit.Day, "Europe/Amsterdam").Edges!.InZone(ticks).Offset.Seconds.ShouldBe(0);
        Rate.Calendar(1, CalendarUnit.Day, "Asia/Kathmandu").Edges!.InZone(DateTime.UnixEpoch.AddYears(50).Ticks).Offset
            .ShouldBe(new TimeSpan(5, 45, 0));
    }

    [Fact]
    public void EndOf_SameWindowAgain_AllocatesNothing()
    {
        CalendarEdges edges = Rate.Calendar(1, CalendarUnit.Month, "Asia/Tokyo").Edges!;
        long end = edges.EndOf(LatestTicks);

        Allocations.Least(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                end += edges.EndOf(LatestTicks + i) - end;
            }
        }).ShouldBe(0);
    }

    private static long LatestOfWindows => new DateTime(9990, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    /// <summary>Random instants, and those around some of the zone's changes: exactly there, a tick before, and up to 30 h away.</summary>
    private static IEnumerable<long> InstantsOf(DateTimeZone zone, Random random)
    {
        for (int i = 0; i < RandomInstants; i++)
        {
            yield return random.NextInt64(EarliestTicks, LatestTicks);
        }

        ZoneInterval[] changes =
        [
            .. zone.GetZoneIntervals(Instant.FromUtc(1880, 1, 1, 0, 0), Instant.FromUtc(2045, 1, 1, 0, 0)).Where(interval => interval.HasStart),
        ];
        for (int i = 0; i < changes.Length && i < RandomInstants; i++)
        {
            long ticks = changes[random.Next(changes.Length)].Start.ToUnixTimeTicks() + DateTime.UnixEpoch.Ticks;
            yield return ticks;
            yield return ticks - 1;
            yield return ticks + random.NextInt64(-30 * TimeSpan.TicksPerHour, 30 * TimeSpan.TicksPerHour);
            yield return ticks + (random.Next(-30, 30) * TimeSpan.TicksPerHour);
        }
    }
}
