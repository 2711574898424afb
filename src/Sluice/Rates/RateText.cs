using System.Globalization;
using System.Text;

namespace Sluice;

/// <summary>Rates and their parts as configuration writes them.</summary>
internal static class RateText
{
    private const string WayOut = "Use a duration such as 14d, or s, m, h, d, w.";

    /// <summary>Reads <c>COUNT/DURATION</c> or <c>COUNT/UNIT</c>.</summary>
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

        ReadOnlySpan<char> count = trimmed.AsSpan(0, slash);
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out maxTokens) || maxTokens < 1)
        {
            return $"'{trimmed}' is not a rate: '{count}' is not a whole number from 1 to 2147483647. "
                + "Write a count, a slash and a period, such as 100/1m.";
        }

        ReadOnlySpan<char> period = trimmed.AsSpan(slash + 1);
        if (Unit(period) is TimeSpan unit)
        {
            refillPeriod = unit;
            return null;
        }

        // "/fortnite" is a unit that nobody knows, rather than a number that is missing.
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

    /// <summary>An algorithm as configuration spells it.</summary>
    internal static string Name(RateLimitAlgorithm algorithm) => algorithm switch
    {
        RateLimitAlgorithm.TokenBucket => "tokenBucket",
        RateLimitAlgorithm.SlidingWindow => "slidingWindow",
        RateLimitAlgorithm.SlidingWindowCounter => "slidingWindowCounter",
        RateLimitAlgorithm.FixedWindow => "fixedWindow",
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Not an algorithm."),
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

    private static TimeSpan? Unit(ReadOnlySpan<char> text) => text switch
    {
        "ms" => TimeSpan.FromMilliseconds(1),
        "s" or "sec" or "second" => TimeSpan.FromSeconds(1),
        "m" or "min" or "minute" => TimeSpan.FromMinutes(1),
        "h" or "hour" => TimeSpan.FromHours(1),
        "d" or "day" => TimeSpan.FromDays(1),
        "w" or "week" => TimeSpan.FromDays(7),
        _ => null,
    };
}
