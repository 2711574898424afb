using System.Globalization;
using System.Text;

namespace Sluice;

/// <summary>Rates and their parts as configuration writes them.</summary>
internal static class RateText
{
    private static readonly string WayOut =
        $"Use a duration such as 14d, or s, m, h, d, w. Words for units, also in the plural: {TimeUnits.Words}.";

    /// <summary>Reads <c>COUNT/DURATION</c>, <c>COUNT/UNIT</c> or <c>COUNT/NUMBER UNIT</c>, with or without spaces.</summary>
    /// <returns>Null, or the text, the rule and the way out.</returns>
    internal static string? Read(string? text, out int maxTokens, out TimeSpan refillPeriod)
    {
        maxTokens = 0;
        refillPeriod = default;
        string trimmed = (text ?? "").Trim();
        int slash = trimmed.IndexOf('/');
        if (slash < 0)
        {
            return $"'{trimmed}' is not a rate. Write a count, a slash and a period, such as 100/1m.";
        }

        ReadOnlySpan<char> count = trimmed.AsSpan(0, slash).TrimEnd();
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out maxTokens) || maxTokens < 1)
        {
            return $"'{trimmed}' is not a rate: '{count}' is not a whole number from 1 to 2147483647. "
                + "Write a count, a slash and a period, such as 100/1m.";
        }

        ReadOnlySpan<char> period = trimmed.AsSpan(slash + 1).TrimStart();
        if (ReadUnits(period) is TimeSpan units)
        {
            refillPeriod = units;
            return RateRules.CheckPeriod(refillPeriod) is string tooLong ? $"'{trimmed}' is not a rate: {tooLong}" : null;
        }

        // "/fortnite" is an unknown unit, rather than a missing number.
        if (CalendarWord(period) is string unit)
        {
            return $"'{trimmed}' is not a rate: the length of a {unit} varies. For windows of the calendar write "
                + $"{{ maxTokens: {maxTokens}, window: {unit} }}, else a duration such as 30d.";
        }

        string? why = period.IsEmpty || char.IsAsciiDigit(period[0]) || period[0] == '.' ? null : $"unknown unit '{period}'";
        if (why is not null || !GoDuration.TryParse(period, out refillPeriod, out why))
        {
            return $"'{trimmed}' is not a rate: {why}. {WayOut}";
        }

        return RateRules.CheckPeriod(refillPeriod) is string outside ? $"'{trimmed}' is not a rate: {outside}" : null;
    }

    /// <summary>A duration in the largest units that fit it: <c>1h30m</c>, <c>500ms</c>, <c>1d</c>.</summary>
    internal static string Duration(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero)
        {
            return duration == TimeSpan.Zero ? "0s" : "-" + Duration(duration.Negate());
        }

        StringBuilder text = new();
        long ticks = duration.Ticks;
        foreach ((string unit, long size) in Sizes)
        {
            if (ticks >= size)
            {
                text.Append(CultureInfo.InvariantCulture, $"{ticks / size}{unit}");
                ticks %= size;
            }
        }

        return ticks == 0 ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $"{ticks * 100}ns").ToString();
    }

    /// <summary>What a rate counts in: its period, or the unit of its calendar, as configuration spells it.</summary>
    internal static string Period(Rate rate) => rate.Window is CalendarUnit unit ? Name(unit) : Duration(rate.RefillPeriod);

    /// <summary>A unit of the calendar as configuration spells it.</summary>
    internal static string Name(CalendarUnit unit) => unit switch
    {
        CalendarUnit.Hour => "hour",
        CalendarUnit.Day => "day",
        CalendarUnit.Week => "week",
        CalendarUnit.Month => "month",
        CalendarUnit.Quarter => "quarter",
        CalendarUnit.Year => "year",
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Not a unit."),
    };

    /// <summary>An algorithm as configuration spells it.</summary>
    internal static string Name(RateLimitAlgorithm algorithm) => BucketRules.Traits(algorithm).Name;

    // Units of the calendar that are no fixed time, in the singular or the plural.
    private static string? CalendarWord(ReadOnlySpan<char> period) => period switch
    {
        "month" or "months" => Name(CalendarUnit.Month),
        "quarter" or "quarters" => Name(CalendarUnit.Quarter),
        "year" or "years" => Name(CalendarUnit.Year),
        _ => null,
    };

    private static readonly (string Unit, long Ticks)[] Sizes =
    [
        ("d", TimeSpan.TicksPerDay),
        ("h", TimeSpan.TicksPerHour),
        ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("us", TimeSpan.TicksPerMicrosecond),
    ];

    /// <summary>A unit, or a whole number of one; null for anything else, a number that is too large among it.</summary>
    private static TimeSpan? ReadUnits(ReadOnlySpan<char> text)
    {
        const int MaxDigits = 9;
        int digits = text.IndexOfAnyExceptInRange('0', '9');
        return digits < 0 || digits > MaxDigits || TimeUnits.Find(text[digits..].TrimStart()) is not TimeSpan unit ? null
            : digits == 0 ? unit
            : TimeSpan.FromTicks((long)Int128.Min((Int128)unit.Ticks * int.Parse(text[..digits], CultureInfo.InvariantCulture), long.MaxValue));
    }
}
