using System.Collections.Immutable;

namespace Sluice;

/// <summary>What the entries of <c>limits</c> must obey.</summary>
internal static class NamedLimitRules
{
    private const string GlobalName = "global"; // As documents may spell shared.
    private static readonly string[] ScopeNames = [.. Enum.GetValues<RateLimitScope>().Select(LimitNames.Of)];

    /// <summary>Everything that is wrong, in the order of the entries.</summary>
    internal static IEnumerable<SettingsFault> Check(RateLimitingSettings settings)
    {
        ImmutableArray<LimitSettings> limits = settings.Limits;
        if (limits.Length > SettingsRules.MaxEntries)
        {
            yield return new("limits", $"{limits.Length} entries are more than {SettingsRules.MaxEntries}. Use a glob, or a claim in 'per'.");
        }

        Dictionary<string, int> firstByName = new(StringComparer.OrdinalIgnoreCase);
        for (int index = 0; index < limits.Length; index++)
        {
            string path = $"limits[{index}]";
            foreach (SettingsFault fault in Check(settings, limits[index]))
            {
                yield return fault.WithPathPrefix(path);
            }

            if (!firstByName.TryAdd(limits[index].Name, index))
            {
                yield return new(
                    $"{path}.name", $"'{limits[index].Name}' is the name of limits[{firstByName[limits[index].Name]}] too. Choose another; the case of letters does not count.");
            }
        }
    }

    private static IEnumerable<SettingsFault> Check(RateLimitingSettings settings, LimitSettings entry) =>
    [
        .. CheckName(entry.Name),
        .. entry.Rate is null && entry.Concurrency is null && entry.Overrides.IsEmpty
            ? [new SettingsFault("", "sets nothing. Add 'rate', such as 'rate: 100/1m', or 'concurrency', such as 'concurrency: 4'.")]
            : (SettingsFault[])[],
        .. ConcurrencyRules.Check(entry),
        .. entry.Cost < 1 ? [new SettingsFault("cost", $"{entry.Cost} is not a whole number of at least 1.")] : (SettingsFault[])[],
        .. SettingsRules.CheckWait(entry.Wait),
        .. SettingsRules.CheckChoice("mode", entry.Mode),
        .. SettingsRules.CheckChoice("onStoreFailure", entry.OnStoreFailure),
        .. SettingsRules.CheckChoice("rejection", entry.Rejection),
        .. SettingsRules.CheckRates(settings, "rate", entry.Rate),
        .. CheckWhen(entry.When).Select(fault => fault.WithPathPrefix("when")),
        .. OverrideRules.Check(settings, entry.Overrides),
    ];

    private static IEnumerable<SettingsFault> CheckName(string name)
    {
        bool isName = name.Length is >= 1 and <= LimitSettings.MaxNameLength
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' or '-');
        if (!isName)
        {
            yield return new("name", $"{Shown(name)} is not the name of a limit. Use 1 to {LimitSettings.MaxNameLength} of A-Z a-z 0-9 _ . -");
        }
        else if (ScopeNames.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            yield return new("name", $"'{name}' is the name of the server's own limit of that scope. Choose another.");
        }
        else if (name.Equals(GlobalName, StringComparison.OrdinalIgnoreCase))
        {
            yield return new("name", $"'{name}' is another name of 'shared', the server's own limit for all callers. Choose another.");
        }
    }

    // A name may be a text of any length that landed in the wrong place.
    private static string Shown(string name) =>
        name.Length <= LimitSettings.MaxNameLength ? $"'{name}'" : $"a text of {name.Length} characters";

    private static IEnumerable<SettingsFault> CheckWhen(LimitCondition when)
    {
        foreach (OperationKind kind in Enum.GetValues<OperationKind>())
        {
            for (int index = 0; index < when[kind].Length; index++)
            {
                string name = when[kind][index].Trim();
                string at = SettingsRules.PathOf(kind, index);
                if (name.Length is < 1 or > SettingsRules.MaxNameLength)
                {
                    yield return new(at, $"has {name.Length} characters, and a name must have 1 to {SettingsRules.MaxNameLength}.");
                }
                else if (kind == OperationKind.Method && !Glob.IsGlob(name) && Methods.IsNeverLimited(name))
                {
                    yield return new(at, $"'{name}' is never limited, because clients break when it is rejected. Remove it.");
                }
            }
        }

        foreach (SettingsFault fault in OverrideRules.Check(when.Callers))
        {
            yield return fault;
        }
    }
}
