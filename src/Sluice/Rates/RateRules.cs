namespace Sluice;

/// <summary>The ranges of a rate, and which of its fields go together.</summary>
internal static class RateRules
{
    /// <summary>Everything that is wrong, each with the field's name as configuration spells it.</summary>
    internal static IEnumerable<SettingsFault> Check(
        long maxTokens, TimeSpan refillPeriod, RateLimitAlgorithm algorithm, long? burst, bool align)
    {
        if (CheckMaxTokens(maxTokens) is SettingsFault fault)
        {
            yield return fault;
        }

        if (CheckPeriod(refillPeriod) is string outside)
        {
            yield return new("refillPeriod", outside);
        }

        if (!Enum.IsDefined(algorithm))
        {
            yield return new("algorithm", SettingsRules.NotAChoice(algorithm));
            yield break; // What goes with it cannot be told.
        }

        if (algorithm == RateLimitAlgorithm.CalendarWindow)
        {
            yield return new("algorithm", "calendarWindow has no refill period. Make the rate with Rate.Calendar.");
            yield break;
        }

        if (burst is < 1 or > int.MaxValue)
        {
            yield return new("burst", $"{burst} is outside 1 to 2147483647 tokens.");
        }

        if (burst is not null && algorithm != RateLimitAlgorithm.TokenBucket)
        {
            yield return new(
                "burst",
                $"{burst} goes with algorithm tokenBucket only, and this is {RateText.Name(algorithm)}. "
                + "Remove burst, or use tokenBucket.");
        }

        if (align && algorithm != RateLimitAlgorithm.FixedWindow)
        {
            yield return new(
                "align",
                $"true goes with algorithm fixedWindow only, and this is {RateText.Name(algorithm)}. "
                + "Remove align, or use fixedWindow.");
        }
    }

    /// <summary>Everything that is wrong with a rate by the calendar, each with the field's name as configuration spells it.</summary>
    internal static IEnumerable<SettingsFault> CheckCalendar(long maxTokens, CalendarUnit window, string timeZone, DayOfWeek? weekStart)
    {
        if (CheckMaxTokens(maxTokens) is SettingsFault fault)
        {
            yield return fault;
        }

        if (!Enum.IsDefined(window))
        {
            yield return new("window", SettingsRules.NotAChoice(window));
        }

        if (TimeZones.Find(timeZone) is null)
        {
            yield return new("timeZone", TimeZones.Advice(timeZone));
        }

        if (weekStart is DayOfWeek day && !Enum.IsDefined(day))
        {
            yield return new("weekStart", SettingsRules.NotAChoice(day));
        }
        else if (weekStart is not null && Enum.IsDefined(window) && window != CalendarUnit.Week)
        {
            yield return new(
                "weekStart", $"goes with window week only, and this is {RateText.Name(window)}. Remove weekStart, or use week.");
        }
    }

    private static SettingsFault? CheckMaxTokens(long maxTokens) =>
        maxTokens is < 1 or > int.MaxValue ? new("maxTokens", $"{maxTokens} is outside 1 to 2147483647 tokens.") : null;

    /// <summary>Null, or why a period is out of range.</summary>
    internal static string? CheckPeriod(TimeSpan refillPeriod) =>
        refillPeriod < Rate.MinRefillPeriod || refillPeriod > Rate.MaxRefillPeriod
            ? $"'{RateText.Duration(refillPeriod)}' is outside 1ms to 366d."
            : null;
}
