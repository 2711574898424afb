namespace Sluice.Configuration;

/// <content>A rate by the calendar: the fields <c>window</c>, <c>timeZone</c> and <c>weekStart</c>.</content>
internal static partial class RateReader
{
    private const string WindowField = "window";
    private const string TimeZoneField = "timeZone";
    private const string WeekStartField = "weekStart";
    private const string DefaultTimeZone = "UTC";
    private static readonly string[] PeriodFields = ["refillPeriod", "burst", "algorithm", "align"];
    private static string[] CalendarFields => [WindowField, TimeZoneField, WeekStartField];

    private static Rate? ReadCalendar(FieldReader reader, Node node, FaultList faults)
    {
        int before = faults.Count;
        int? maxTokens = reader.Integer("maxTokens", 1, int.MaxValue, required: true);
        CalendarUnit? window = reader.Choice(WindowField, Words.CalendarUnits);
        string? timeZone = reader.Text(TimeZoneField, required: false);
        DayOfWeek? weekStart = reader.Choice(WeekStartField, Words.WeekDays);
        foreach (string field in PeriodFields.Where(reader.Has))
        {
            faults.Add(
                reader.Node(field)!,
                reader.PathOf(field),
                $"does not go with {WindowField}, whose tokens come back at the edges of the calendar. Remove {field}, or remove {WindowField}.");
        }

        // Stand-ins that go with anything, so that what else is wrong comes out too.
        bool isRate = Rate.TryCreateCalendar(
            maxTokens ?? 1, window ?? CalendarUnit.Week, timeZone ?? DefaultTimeZone, weekStart, out Rate? rate, out IReadOnlyList<SettingsFault> wrong);
        AddFaults(wrong, reader, node, faults);
        return isRate && faults.Count == before && window is not null ? rate : null;
    }

    private static void AddCalendarOnly(FieldReader reader, FaultList faults)
    {
        foreach (string field in CalendarFields.Where(reader.Has))
        {
            faults.Add(
                reader.Node(field)!, reader.PathOf(field), $"goes with {WindowField} only. Remove {field}, or write {WindowField} in place of refillPeriod.");
        }
    }
}
