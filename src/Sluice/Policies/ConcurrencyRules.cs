namespace Sluice;

/// <summary>The ranges of <c>concurrency</c>.</summary>
internal static class ConcurrencyRules
{
    private const string Field = "concurrency";
    private static readonly RateLimitScope[] Scopes = Enum.GetValues<RateLimitScope>();

    /// <summary>Everything that is wrong, in the order of the settings.</summary>
    internal static IEnumerable<SettingsFault> Check(ConcurrencySettings? settings)
    {
        if (settings is null)
        {
            yield break;
        }

        if (Scopes.All(scope => settings[scope] is null) && settings.MaxAge is null)
        {
            yield return new(Field, "sets nothing. Add shared, perTenant, perUser or perClient, or remove it.");
        }

        foreach (RateLimitScope scope in Scopes)
        {
            if (settings[scope] is int calls && CheckCalls(calls) is string fault)
            {
                yield return new($"{Field}.{LimitNames.Of(scope)}", fault);
            }
        }

        if (settings.MaxAge is TimeSpan age && CheckMaxAge(age) is string outside)
        {
            yield return new($"{Field}.maxAge", outside);
        }
    }

    /// <summary>Null, or why a number of calls is out of range.</summary>
    internal static string? CheckCalls(long calls) => calls is < 1 or > ConcurrencySettings.MaxCalls
        ? $"{calls} is outside 1 to {ConcurrencySettings.MaxCalls} calls at once. Remove the field for no limit."
        : null;

    /// <summary>Null, or why an age is out of range.</summary>
    internal static string? CheckMaxAge(TimeSpan age) =>
        age < ConcurrencySettings.MinMaxAge || age > ConcurrencySettings.MaxMaxAge
            ? $"'{RateText.Duration(age)}' is outside 1s to 7d."
            : null;
}
