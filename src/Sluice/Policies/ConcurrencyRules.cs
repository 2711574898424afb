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

    /// <summary>Everything that is wrong with the concurrency of an entry of <c>limits</c>, and of its overrides.</summary>
    internal static IEnumerable<SettingsFault> Check(LimitSettings entry)
    {
        if (entry.Concurrency is not null && entry.Rate is not null)
        {
            yield return new(Field, "cannot be in one entry with 'rate'. Write two entries, each with a name of its own.");
        }

        if (entry.Concurrency is int calls && CheckCalls(calls) is string fault)
        {
            yield return new(Field, fault);
        }

        if (entry.MaxAge is TimeSpan age && (entry.LimitsConcurrency ? CheckMaxAge(age) : "is for an entry with 'concurrency'. Add that, or remove 'maxAge'.") is string why)
        {
            yield return new("maxAge", why);
        }

        for (int index = 0; index < entry.Overrides.Length; index++)
        {
            if (CheckOverride(entry, entry.Overrides[index]) is SettingsFault wrong)
            {
                yield return wrong.WithPathPrefix($"overrides[{index}]");
            }
        }
    }

    private static SettingsFault? CheckOverride(LimitSettings entry, LimitOverrideSettings other)
    {
        bool isForSlots = entry.LimitsConcurrency;
        return other.Rate is null == other.Concurrency is null
                ? new("", $"must have one of 'rate' and 'concurrency': write '{(isForSlots ? Field : "rate")}'.")
            : other.Concurrency is not null && !isForSlots
                ? new(Field, "is for an entry that limits concurrency, and this one has a rate. Write 'rate'.")
            : other.Rate is { IsUnlimited: false } && isForSlots
                ? new("rate", "is for an entry that has a rate, and this one limits concurrency. Write 'concurrency: 8', or 'concurrency: unlimited'.")
            : other.Concurrency is int calls && CheckCalls(calls) is string fault ? new(Field, fault)
            : null;
    }

    /// <summary>Null, or why a number of calls is out of range.</summary>
    internal static string? CheckCalls(long calls) => calls is < 1 or > ConcurrencySettings.MaxCalls
        ? $"{calls} is outside 1 to {ConcurrencySettings.MaxCalls} calls at once. Remove the field for no limit."
        : null;

    /// <summary>Null, or why an age is out of range.</summary>
    internal static string? CheckMaxAge(TimeSpan age) =>
        age < ConcurrencySettings.MaxAgeLowerBound || age > ConcurrencySettings.MaxAgeUpperBound
            ? $"'{RateText.Duration(age)}' is outside 1s to 7d."
            : null;
}
