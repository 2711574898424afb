namespace Sluice.StoreContracts;

/// <summary>At most so many tokens in each window of a calendar: its edges, and clocks that step over them.</summary>
public abstract class CalendarContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private const int Tokens = 3;

    // An instant, and the window that holds it. The lengths tell the days and months that are not like others.
    [Theory]
    [InlineData(CalendarUnit.Month, "Asia/Tokyo", "2026-11-28T21:00:00Z", "2026-11-01T00:00:00+09:00", "2026-12-01T00:00:00+09:00", 720)]
    [InlineData(CalendarUnit.Hour, "Asia/Kathmandu", "2026-05-05T06:20:00Z", "2026-05-05T12:00:00+05:45", "2026-05-05T13:00:00+05:45", 1)]
    [InlineData(CalendarUnit.Day, "Asia/Kathmandu", "2026-05-05T06:20:00Z", "2026-05-05T00:00:00+05:45", "2026-05-06T00:00:00+05:45", 24)]
    [InlineData(CalendarUnit.Day, "America/New_York", "2026-03-08T12:00:00Z", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00", 23)]
    [InlineData(CalendarUnit.Day, "America/New_York", "2026-11-01T12:00:00Z", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00", 25)]
    [InlineData(CalendarUnit.Week, "Europe/Berlin", "2026-03-25T12:00:00Z", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 167)]
    [InlineData(CalendarUnit.Month, "Europe/Berlin", "2026-10-10T12:00:00Z", "2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00", 745)]
    [InlineData(CalendarUnit.Day, "America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00", 23)]
    [InlineData(CalendarUnit.Day, "America/Havana", "2025-11-02T12:00:00Z", "2025-11-02T00:00:00-04:00", "2025-11-03T00:00:00-05:00", 25)]
    [InlineData(CalendarUnit.Day, "Africa/Cairo", "2026-10-29T12:00:00Z", "2026-10-29T00:00:00+03:00", "2026-10-30T00:00:00+02:00", 25)]
    [InlineData(CalendarUnit.Day, "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", 24)]
    [InlineData(CalendarUnit.Week, "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-26T00:00:00-10:00", "2012-01-02T00:00:00+14:00", 144)]
    [InlineData(CalendarUnit.Month, "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-01T00:00:00-10:00", "2012-01-01T00:00:00+14:00", 720)]
    [InlineData(CalendarUnit.Day, "UTC", "2028-02-29T12:00:00Z", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z", 24)]
    [InlineData(CalendarUnit.Month, "UTC", "2028-02-03T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z", 696)]
    [InlineData(CalendarUnit.Quarter, "UTC", "2026-02-03T12:00:00Z", "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", 2_160)]
    [InlineData(CalendarUnit.Year, "UTC", "2028-02-29T12:00:00Z", "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z", 8_784)]
    [InlineData(CalendarUnit.Hour, "America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00", 1)]
    [InlineData(CalendarUnit.Week, "UTC", "2027-01-04T00:00:00Z", "2027-01-04T00:00:00Z", "2027-01-11T00:00:00Z", 168)]
    [InlineData(CalendarUnit.Week, "UTC", "2027-01-04T00:00:00Z", "2027-01-03T00:00:00Z", "2027-01-10T00:00:00Z", 168, DayOfWeek.Sunday)]
    public async Task Acquire_WindowUsedUp_IsRefusedToTheTickBeforeTheEdgeAndAdmittedAtTheEdge(
        CalendarUnit unit, string zone, string at, string start, string end, int hours, DayOfWeek? weekStart = null)
    {
        DateTimeOffset edge = DateTimeOffset.Parse(end, null);
        Time.Wall = DateTimeOffset.Parse(start, null);
        ApplicableLimits limits = PerUser(Rate.Calendar(Tokens, unit, zone, weekStart));
        (edge - Time.Wall).ShouldBe(TimeSpan.FromHours(hours));
        (await Drain(limits, Bob)).ShouldBe(Tokens); // The first instant is part of the window.

        MoveTo(DateTimeOffset.Parse(at, null));
        (await Drain(limits, Bob)).ShouldBe(0);
        (await Drain(limits, Alice)).ShouldBe(Tokens);
        await ShouldBeRefusedUntil(edge, limits);
        MoveTo(edge - Step);
        await ShouldBeRefusedUntil(edge, limits);
        MoveTo(edge);
        Answer admitted = await Acquire(limits, Alice);

        admitted.Decision.IsAllowed.ShouldBeTrue();
        admitted.Decision.ResetsAt.ShouldBeNull();
        admitted.Decision.Remaining.ShouldBe(Tokens - 1);
    }

    [Fact]
    public async Task Acquire_TokensLeft_TellsTheTimeUntilTheEdge()
    {
        Time.Wall = new DateTimeOffset(2026, 11, 29, 23, 0, 0, TimeSpan.FromHours(9));
        ApplicableLimits limits = PerUser(Rate.Calendar(Tokens, CalendarUnit.Month, "Asia/Tokyo"));

        (await Peek(limits, Alice)).States[0].ResetAfter.ShouldBe(TimeSpan.Zero);
        (await Acquire(limits, Alice)).States[0].ResetAfter.ShouldBe(TimeSpan.FromHours(25));
    }

    [Fact]
    public async Task Acquire_MoreThanTheWindowHolds_IsUnsatisfiableAndTellsNoEdge()
    {
        RateLimitDecision decision = (await Acquire(PerUser(Rate.Calendar(Tokens, CalendarUnit.Day)), Alice, Tokens + 1)).Decision;

        decision.Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
        decision.ResetsAt.ShouldBeNull();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    public async Task Acquire_ClockStepsBackOverAnEdge_OpensNoWindowTwice(int hours)
    {
        TimeSpan step = TimeSpan.FromHours(hours);
        Time.Wall = new DateTimeOffset(2026, 6, 30, 23, 59, 0, TimeSpan.Zero);
        DateTimeOffset next = new(2026, 8, 1, 0, 0, 0, TimeSpan.Zero);
        ApplicableLimits limits = PerUser(Rate.Calendar(Tokens, CalendarUnit.Month));
        (await Drain(limits, Alice)).ShouldBe(Tokens);
        (await Drain(limits, Bob)).ShouldBe(Tokens);

        StepWall(step);
        (await Drain(limits, Alice)).ShouldBe(Tokens); // July has begun.
        StepWall(-step);
        int bob = await Drain(limits, Bob);
        for (int i = 0; i < 10; i++)
        {
            (await Drain(limits, Alice)).ShouldBe(0);
            StepWall(i % 2 == 0 ? step : -step);
        }

        MoveTo(new DateTimeOffset(2026, 7, 15, 0, 0, 0, TimeSpan.Zero));
        (await Drain(limits, Alice)).ShouldBe(0);
        bob += await Drain(limits, Bob);
        bob.ShouldBe(Tokens);
        MoveTo(next - Step);
        (await Drain(limits, Alice)).ShouldBe(0);
        MoveTo(next);
        (await Drain(limits, Alice)).ShouldBe(Tokens);
        (await Drain(limits, Bob)).ShouldBe(Tokens);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    public async Task Acquire_ClockStepsForward_OpensTheNextWindowWhenTheClockShowsIt(int hours)
    {
        TimeSpan step = TimeSpan.FromHours(hours);
        DateTimeOffset edge = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);
        Time.Wall = edge - (2 * step) - Step;
        ApplicableLimits limits = PerUser(Rate.Calendar(Tokens, CalendarUnit.Month));
        (await Drain(limits, Alice)).ShouldBe(Tokens);

        StepWall(step);
        await ShouldBeRefusedUntil(edge, limits);
        StepWall(step);
        await ShouldBeRefusedUntil(edge, limits);
        StepWall(step);

        (await Drain(limits, Alice)).ShouldBe(Tokens);
        await ShouldBeRefusedUntil(edge.AddMonths(1), limits);
    }

    [Fact]
    public async Task Charge_BeyondTheWindow_IsForgottenAtTheEdge()
    {
        Time.Wall = new DateTimeOffset(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);
        ApplicableLimits limits = PerUser(Rate.Calendar(Tokens, CalendarUnit.Day));
        await Charge(limits, Alice, 100);
        await Refund(limits, Alice, 97);
        (await Drain(limits, Alice)).ShouldBe(0);
        await Refund(limits, Alice, 2);
        (await Drain(limits, Alice)).ShouldBe(2);
        await Charge(limits, Alice, 100);

        MoveTo(new DateTimeOffset(2026, 7, 2, 0, 0, 0, TimeSpan.Zero));
        await Refund(limits, Alice, 100); // What another window charged does not make this one larger.

        (await Drain(limits, Alice)).ShouldBe(Tokens);
        await Reset(limits, Alice);
        (await Drain(limits, Alice)).ShouldBe(Tokens);
    }

    [Fact]
    public async Task Acquire_ListOfAWindowAndARate_MustPassBothAndTellsTheLongestWait()
    {
        Time.Wall = new DateTimeOffset(2026, 7, 1, 23, 0, 0, TimeSpan.Zero);
        ApplicableLimits limits = Limits(policy => policy.PerUser([Rate.Calendar(Tokens, CalendarUnit.Day), new Rate(2, TimeSpan.FromMinutes(2))]));
        await Acquire(limits, Alice, 2);
        Answer minute = await Acquire(limits, Alice);
        minute.Limit.ShouldBe("perUser/2m");
        minute.Decision.ResetsAt.ShouldBeNull();

        MoveTo(Time.Wall + TimeSpan.FromMinutes(2));
        await Acquire(limits, Alice);
        Answer day = await Acquire(limits, Alice, 2);

        day.Limit.ShouldBe("perUser/day");
        day.Decision.RetryAfter.ShouldBe(TimeSpan.FromMinutes(58));
        day.States[1].Outcome.ShouldBe(RateLimitOutcome.Denied);
    }

    // The same windows by another name; other windows; other numbers.
    [Fact]
    public async Task Acquire_WindowChangedWhileRunning_KeepsWhatWasUsed()
    {
        Time.Wall = new DateTimeOffset(2026, 7, 15, 12, 0, 0, TimeSpan.Zero);
        await Acquire(PerUser(Rate.Calendar(10, CalendarUnit.Month, "Asia/Calcutta")), Alice, 4);

        (await Acquire(PerUser(Rate.Calendar(10, CalendarUnit.Month, "Asia/Kolkata")), Alice)).Decision.Remaining.ShouldBe(5);
        (await Acquire(PerUser(Rate.Calendar(10, CalendarUnit.Month, "America/New_York")), Alice)).Decision.Remaining.ShouldBe(4);
        Answer day = await Acquire(PerUser(Rate.Calendar(10, CalendarUnit.Day)), Alice);
        day.Decision.Remaining.ShouldBe(3);
        day.States[0].ResetAfter.ShouldBe(TimeSpan.FromHours(12));
        Answer fewer = await Acquire(PerUser(Rate.Calendar(5, CalendarUnit.Day)), Alice);
        fewer.Decision.IsAllowed.ShouldBeFalse();
        fewer.Decision.RetryAfter.ShouldBe(TimeSpan.FromHours(12));
    }

    private async Task ShouldBeRefusedUntil(DateTimeOffset edge, ApplicableLimits limits)
    {
        Answer refused = await Acquire(limits, Alice);
        refused.Decision.Outcome.ShouldBe(RateLimitOutcome.Denied);
        refused.Decision.RetryAfter.ShouldBe(edge - Time.Wall);
        refused.States[0].ResetAfter.ShouldBe(edge - Time.Wall);
        refused.Decision.ResetsAt!.Value.EqualsExact(edge).ShouldBeTrue($"{refused.Decision.ResetsAt}"); // The offset is the zone's.
    }

    private void MoveTo(DateTimeOffset wall) => Time.MoveTo(Time.Elapsed + (wall - Time.Wall));

    /// <summary>Steps the wall clock, and with it the clock of a store that has no other.</summary>
    private void StepWall(TimeSpan by)
    {
        if (Subject.HasWallClock)
        {
            Time.Wall += by;
        }
        else
        {
            Time.MoveTo(Time.Elapsed + by);
        }
    }
}
