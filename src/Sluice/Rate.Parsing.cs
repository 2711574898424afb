using System.Diagnostics.CodeAnalysis;

namespace Sluice;

public sealed partial record Rate
{
    /// <summary>Reads a rate in the short form: a count, a slash, and a duration or a unit.</summary>
    /// <param name="text"><c>100/1m</c>, <c>100/m</c>, <c>10/5m</c>, <c>1/day</c>, <c>10/hr</c>, <c>30 / 5 minutes</c>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="FormatException">It is not a rate; the message says why, and what to write.</exception>
    public static Rate Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out Rate? rate, out string? error) ? rate : throw new FormatException(error);
    }

    /// <summary>Reads a rate in the short form, or says why it is not one.</summary>
    /// <param name="text">As for <see cref="Parse"/>.</param>
    /// <param name="rate">The rate, or null.</param>
    /// <param name="error">Null, or what is wrong: the text, the rule and the way out.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text,
        [NotNullWhen(true)] out Rate? rate,
        [NotNullWhen(false)] out string? error)
    {
        rate = null;
        error = RateText.Read(text, out int maxTokens, out TimeSpan refillPeriod);
        if (error is not null)
        {
            return false;
        }

        rate = new Rate(maxTokens, refillPeriod);
        return true;
    }

    /// <summary>Makes a rate, or says everything that is wrong with its numbers.</summary>
    /// <param name="maxTokens">As for the constructor.</param>
    /// <param name="refillPeriod">As for the constructor.</param>
    /// <param name="algorithm">As for the constructor.</param>
    /// <param name="burst">As for the constructor.</param>
    /// <param name="align">As for the constructor.</param>
    /// <param name="rate">The rate, or null.</param>
    /// <param name="faults">What is wrong, each with the field's name as configuration spells it; empty when there is a rate.</param>
    public static bool TryCreate(
        int maxTokens,
        TimeSpan refillPeriod,
        RateLimitAlgorithm algorithm,
        int? burst,
        bool align,
        [NotNullWhen(true)] out Rate? rate,
        out IReadOnlyList<SettingsFault> faults)
    {
        faults = [.. RateRules.Check(maxTokens, refillPeriod, algorithm, burst, align)];
        rate = faults.Count == 0 ? new Rate(maxTokens, refillPeriod, algorithm, burst, align) : null;
        return rate is not null;
    }

    /// <summary>Reads a refill period as Go writes durations, plus <c>d</c> and <c>w</c>; or says why it is not one.</summary>
    /// <param name="text"><c>1h30m</c>, <c>1m0s</c>, <c>500ms</c>, <c>14d</c>.</param>
    /// <param name="period">From 1 ms to 366 days; or zero.</param>
    /// <param name="error">Null, or what is wrong: the text, the rule and the way out.</param>
    public static bool TryParsePeriod(
        [NotNullWhen(true)] string? text, out TimeSpan period, [NotNullWhen(false)] out string? error)
    {
        string trimmed = (text ?? "").Trim();
        error = GoDuration.TryParse(trimmed, out period, out string? why)
            ? RateRules.CheckPeriod(period)
            : $"'{trimmed}' is not a duration: {why}. Write one such as 500ms, 1m, 1h30m or 14d.";
        return error is null;
    }
}
