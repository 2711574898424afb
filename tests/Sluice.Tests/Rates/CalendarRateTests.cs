namespace Sluice.Tests;

/// <summary>Rates by the calendar: what they accept, and what they say to the rest.</summary>
public sealed class CalendarRateTests
{
    [Fact]
    public void Calendar_OnlyTheUnit_IsInUtcFromMonday()
    {
        Rate rate = Rate.Calendar(10, CalendarUnit.Week);

        (rate.MaxTokens, rate.Capacity, rate.Window, rate.TimeZone, rate.WeekStart)
            .ShouldBe((10, 10, CalendarUnit.Week, "UTC", DayOfWeek.Monday));
        (rate.Algorithm, rate.RefillPeriod, rate.Burst, rate.Align)
            .ShouldBe((RateLimitAlgorithm.CalendarWindow, TimeSpan.Zero, null, false));
    }

    [Fact]
    public void Properties_RateWithAPeriod_HaveNoCalendar()
    {
        Rate rate = Rate.Parse("10/1m");

        (rate.Window, rate.TimeZone, rate.WeekStart).ShouldBe((null, null, null));
    }

    [Fact]
    public void Equals_SameWindow_IsTrueAndOtherwiseFalse()
    {
        Rate rate = Rate.Calendar(10, CalendarUnit.Week, "Asia/Tokyo");

        rate.ShouldBe(Rate.Calendar(10, CalendarUnit.Week, "Asia/Tokyo", DayOfWeek.Monday));
        rate.GetHashCode().ShouldBe(Rate.Calendar(10, CalendarUnit.Week, "Asia/Tokyo").GetHashCode());
        rate.ShouldNotBe(Rate.Calendar(11, CalendarUnit.Week, "Asia/Tokyo"));
        rate.ShouldNotBe(Rate.Calendar(10, CalendarUnit.Month, "Asia/Tokyo"));
        rate.ShouldNotBe(Rate.Calendar(10, CalendarUnit.Week, "Asia/Seoul"));
        rate.ShouldNotBe(Rate.Calendar(10, CalendarUnit.Week, "Asia/Tokyo", DayOfWeek.Sunday));
    }

    [Theory]
    [InlineData(CalendarUnit.Month, "Asia/Tokyo", null, "10/month Asia/Tokyo")]
    [InlineData(CalendarUnit.Week, "UTC", DayOfWeek.Sunday, "10/week UTC from Sunday")]
    public void ToString_Calendar_NamesTheWindow(CalendarUnit unit, string zone, DayOfWeek? weekStart, string text) =>
        Rate.Calendar(10, unit, zone, weekStart).ToString().ShouldBe(text);

    [Theory]
    [InlineData(0, CalendarUnit.Month, "UTC", null, "maxTokens", "0 is outside 1 to 2147483647 tokens.")]
    [InlineData(1, (CalendarUnit)6, "UTC", null, "window", "6 is not one of Hour, Day, Week, Month, Quarter, Year.")]
    [InlineData(1, CalendarUnit.Day, "Mars/Base", null, "timeZone", "'Mars/Base' is not a time zone.")]
    [InlineData(1, CalendarUnit.Day, "UTC", DayOfWeek.Monday, "weekStart", "goes with window week only, and this is day.")]
    [InlineData(1, CalendarUnit.Week, "UTC", (DayOfWeek)7, "weekStart", "7 is not one of Sunday, Monday,")]
    public void Calendar_ValueOutOfItsRange_Throws(
        int maxTokens, CalendarUnit unit, string zone, DayOfWeek? weekStart, string path, string message)
    {
        ArgumentException exception = Should.Throw<ArgumentException>(() => Rate.Calendar(maxTokens, unit, zone, weekStart));

        exception.ParamName.ShouldBe(path);
        exception.Message.ShouldStartWith(message);
    }

    [Theory]
    [InlineData("asia/tokyo", "Did you mean 'Asia/Tokyo'?")]
    [InlineData(" Asia/Tokyo", "Did you mean 'Asia/Tokyo'?")]
    [InlineData("America/New York", "Did you mean 'America/New_York'?")]
    [InlineData("Asia/Tokio", "Did you mean 'Asia/Tokyo'?")]
    [InlineData("Europe/Berln", "Did you mean 'Europe/Berlin'?")]
    [InlineData("utc", "Did you mean 'UTC'?")]
    [InlineData("+09:00", "Write an IANA name such as Asia/Tokyo, or a fixed offset such as UTC+09:00.")]
    [InlineData("GMT+5", "Write an IANA name such as Asia/Tokyo, or a fixed offset such as UTC+09:00.")]
    [InlineData("UTC+9", "Write an IANA name such as Asia/Tokyo, or a fixed offset such as UTC+09:00.")]
    [InlineData("Z", "Write an IANA name such as Asia/Tokyo, or a fixed offset such as UTC+09:00.")]
    [InlineData("", "Write an IANA name such as Asia/Tokyo, or a fixed offset such as UTC+09:00.")]
    public void Calendar_UnknownZone_SaysWhatToWrite(string zone, string advice) =>
        Should.Throw<ArgumentException>(() => Rate.Calendar(1, CalendarUnit.Day, zone)).Message.ShouldContain($" is not a time zone. {advice}");

    [Theory]
    [InlineData("UTC+09:00")]
    [InlineData("UTC-05:30")]
    [InlineData("US/Pacific")]
    [InlineData("Etc/GMT+5")]
    public void Calendar_OtherNamesOfZones_AreKnown(string zone) => Rate.Calendar(1, CalendarUnit.Day, zone).TimeZone.ShouldBe(zone);

    [Fact]
    public void Constructor_AlgorithmOfTheCalendar_SaysHowToMakeTheRate() => Should
        .Throw<ArgumentException>(() => new Rate(1, TimeSpan.FromDays(1), RateLimitAlgorithm.CalendarWindow, burst: null, align: false))
        .Message.ShouldStartWith("calendarWindow has no refill period. Make the rate with Rate.Calendar.");

    // A month is never taken for 30 days.
    [Theory]
    [InlineData("10000/month", "month")]
    [InlineData("10000 / months", "month")]
    [InlineData("10000/quarter", "quarter")]
    [InlineData("10000/years", "year")]
    public void TryParse_UnitWhoseLengthVaries_SaysHowToWriteAWindow(string text, string unit)
    {
        Rate.TryParse(text, out _, out string? error).ShouldBeFalse();

        error.ShouldContain($"the length of a {unit} varies. For windows of the calendar write {{ maxTokens: 10000, window: {unit} }}");
    }

    [Fact]
    public void Compile_ListWithOneWindowTwice_IsAFault()
    {
        RateLimitingSettings settings = new()
        {
            PerUser = [Rate.Calendar(1, CalendarUnit.Day), Rate.Calendar(2, CalendarUnit.Day, "Asia/Tokyo")],
        };

        RateLimitPolicy.Compile("s", settings, out System.Collections.Immutable.ImmutableArray<SettingsFault> faults).ShouldBeNull();

        faults.Select(fault => fault.ToString()).ShouldBe(
            ["perUser[1]: '2/day Asia/Tokyo' has the window of '1/day UTC' of perUser[0]. Remove one of the two, or change its window."]);
    }

    [Fact]
    public void Compile_ListOfWindowsAndPeriods_NamesEachByItsOwn()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.PerUser(
            [Rate.Calendar(1, CalendarUnit.Day), Rate.Calendar(1, CalendarUnit.Month), Rate.Parse("1/1d")]));

        policy.Limits.Select(limit => limit.Name).ShouldBe(["perUser/day", "perUser/month", "perUser/1d"]);
        RateLimitPolicy.Build("s", limits => limits.PerUser(Rate.Calendar(1, CalendarUnit.Day))).Limits[0].Name.ShouldBe("perUser");
    }
}
