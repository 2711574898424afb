namespace Sluice;

/// <summary>The ranges of a rate, and which of its fields go together.</summary>
internal static class RateRules
{
    /// <summary>Everything that is wrong, each with the field's name as configuration spells it.</summary>
    internal static IEnumerable<SettingsFault> Check(
        long maxTokens, TimeSpan refillPeriod, RateLimitAlgorithm algorithm, long? burst, bool align)
    {
        if (maxTokens is < 1 or > int.MaxValue)
        {
            yield return new("maxTokens", $"{maxTokens} is outside 1 to 2147483647 tokens.");
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

    /// <summary>Null, or why a period is out of range.</summary>
    internal static string? CheckPeriod(TimeSpan refillPeriod) =>
        refillPeriod < Rate.MinRefillPeriod || refillPeriod > Rate.MaxRefillPeriod
            ? $"'{RateText.Duration(refillPeriod)}' is outside 1ms to 366d."
            : null;
}
