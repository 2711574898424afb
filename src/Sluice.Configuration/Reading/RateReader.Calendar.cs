namespace Sluice.Configuration;

/// <content>A rate by the calendar: the fields <c>window</c>, <c>timeZone</c> and <c>weekStart</c>.</content>
internal static partial class RateReader
{
    private const string WindowField = "window";
    private const string TimeZoneField = "timeZone";
    private const string WeekStartField = "weekStart";
    private const string DefaultTimeZone = "UTC";
    private static readonly string[] PeriodFields = [PeriodField, "burst", "algorithm", "align"];
    private static readonly string[] CalendarFields = [WindowField, TimeZoneField, WeekStartField];

    /// <summary>The fields of a rate by the calendar.</summary>
    private static FieldTable CalendarTable => field ??= new(
        new FieldSpec("maxTokens", new IntegerSpec(1, int.MaxValue)).Required(),
        new FieldSpec(WindowField, new ChoiceSpec<CalendarUnit>(Words.CalendarUnits)).Required(),
        new(TimeZoneField, new TextSpec()),
        new(WeekStartField, new ChoiceSpec<DayOfWeek>(Words.WeekDays)));

    private static Rate? ReadCalendar(FieldReader reader, Node node, FaultList faults)
    {
        int before = faults.Count;
        int? maxTokens = reader.Integer("maxTokens");
        CalendarUnit? window = reader.Choice<CalendarUnit>(WindowField);
        string? timeZone = reader.Text(TimeZoneField);
        DayOfWeek? weekStart = reader.Choice<DayOfWeek>(WeekStartField);
        foreach (string field in PeriodFields.Where(reader.Has))
        {
            faults.Add(
                reader.Node(field)!,
                reader.PathOf(field),
                $"does not go with {WindowField}, whose tokens come back at the edges of the calendar. "
                    + $"Remove {field}, or remove {WindowField}.");
        }

        // Replacements that are valid with every other field, so that the other faults are found too.
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
                reader.Node(field)!, reader.PathOf(field), $"goes with {WindowField} only. "
                    + $"Remove {field}, or write {WindowField} in place of refillPeriod.");
        }
    }
}
