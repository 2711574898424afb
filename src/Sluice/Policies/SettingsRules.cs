using System.Collections.Immutable;
using System.Globalization;

namespace Sluice;

/// <summary>The rules of settings, apart from how their limits work together.</summary>
internal static class SettingsRules
{
    internal const int MaxEntries = 1_000;
    internal const int MaxNameLength = 256;
    private static readonly RateLimitScope[] Scopes = Enum.GetValues<RateLimitScope>();

    /// <summary>Everything that is wrong, in the order of the settings.</summary>
    internal static ImmutableArray<SettingsFault> Check(RateLimitingSettings settings) =>
    [
        .. CheckPolicy(settings),
        .. CheckRates(settings),
        .. ConcurrencyRules.Check(settings.Concurrency),
        .. OverrideRules.Check(settings, settings.Overrides),
        .. NamedLimitRules.Check(settings),
        .. CheckEntries(settings, OperationKind.Tool),
        .. CheckEntries(settings, OperationKind.Prompt),
        .. CheckEntries(settings, OperationKind.Resource),
        .. CheckEntries(settings, OperationKind.Method),
        .. CheckEntries(settings, OperationKind.Backend).Distinct(), // They are written once for all backends.
    ];

    /// <summary>What is wrong with <c>maxWaiting</c> where no call is held.</summary>
    internal const string WhyMaxWaitingIsUnused =
        "bounds the calls that are held, and no 'wait' holds any. Add wait, such as 'wait: 2s', or remove maxWaiting.";

    /// <summary>Whether any call may be held.</summary>
    internal static bool HoldsCalls(RateLimitingSettings settings) =>
        settings.Wait > TimeSpan.Zero
        || settings.Limits.Any(limit => limit.Wait > TimeSpan.Zero)
        || Enum.GetValues<OperationKind>().SelectMany(kind => settings[kind]).Any(entry => entry.Wait > TimeSpan.Zero);

    /// <summary>Where the settings hold the entries of a kind.</summary>
    internal static string PathOf(OperationKind kind, int index) =>
        kind == OperationKind.Backend ? "perBackend" : $"{LimitNames.Of(kind)}s[{index}]";

    private static IEnumerable<SettingsFault> CheckPolicy(RateLimitingSettings settings)
    {
        if (!HasLimit(settings))
        {
            yield return new(
                "", "holds no limit. Add shared, perTenant, perUser, perClient or concurrency, for the server or for one of its operations, or an entry of 'limits'.");
        }

        if (settings.Cost < 1)
        {
            yield return new("cost", $"{settings.Cost} is not a whole number of at least 1.");
        }

        if (WhyNotAWait(settings.Wait) is string why)
        {
            yield return new("wait", why);
        }

        if (settings.MaxWaiting is < 1 or > RateLimitingSettings.MaxWaitingUpperBound)
        {
            yield return new(
                "maxWaiting",
                $"{settings.MaxWaiting} is not a whole number from 1 to {RateLimitingSettings.MaxWaitingUpperBound}. "
                    + "To hold no calls, remove 'wait'.");
        }

        else if (settings.MaxWaiting != RateLimitingSettings.DefaultMaxWaiting && !HoldsCalls(settings))
        {
            yield return new("maxWaiting", WhyMaxWaitingIsUnused);
        }

        SettingsFault[] choices =
        [
            .. CheckChoice<LimitMode>("mode", settings.Mode),
            .. CheckChoice<MeteredRequests>("meter", settings.Meter),
            .. CheckChoice<MissingIdentity>("missingIdentity", settings.MissingIdentity),
            .. CheckChoice<StoreFailureMode>("onStoreFailure", settings.OnStoreFailure),
            .. CheckChoice<RejectionForm>("rejection", settings.Rejection),
            .. CheckChoice<LimitHeadersMode>("headers", settings.Headers),
            .. CheckChoice<LimitHeadersStyle>("headers.style", settings.HeaderStyle),
            .. CheckChoice<LimitHeadersReset>("headers.reset", settings.HeaderReset),
        ];
        foreach (SettingsFault fault in choices)
        {
            yield return fault;
        }

        if (settings.ErrorCode is >= -32768 and <= -32000 && !settings.AllowReservedErrorCode)
        {
            yield return new(
                "errorCode",
                $"{settings.ErrorCode} lies in -32768 to -32000, which JSON-RPC and MCP reserve. "
                + "Use another code, such as 429, or set allowReservedErrorCode: true.");
        }
    }

    /// <summary>What is wrong with the time for which the calls of an entry may be held.</summary>
    internal static IEnumerable<SettingsFault> CheckWait(TimeSpan? wait) =>
        wait is TimeSpan time && WhyNotAWait(time) is string why ? [new SettingsFault("wait", why)] : [];

    /// <summary>Why a time is not one that a call may be held for; null if it is.</summary>
    private static string? WhyNotAWait(TimeSpan wait) => wait >= TimeSpan.Zero && wait <= RateLimitingSettings.MaxWait
        ? null
        : $"{wait.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s is not a time from 0 to {RateLimitingSettings.MaxWait.TotalSeconds} s. "
            + "Most clients give up after 60 s; a longer wait is better rejected, so that the client can retry.";

    /// <summary>Why a value is not one of its enum, which only a cast can make.</summary>
    internal static string NotAChoice(Enum value) => $"{value} is not one of {string.Join(", ", Enum.GetNames(value.GetType()))}.";

    /// <summary>What is wrong with a value of an enumeration, as only a cast makes one.</summary>
    internal static SettingsFault[] CheckChoice<T>(string path, T? value)
        where T : struct, Enum => value is not T choice || Enum.IsDefined(choice) ? [] : [new SettingsFault(path, NotAChoice(choice))];

    private static bool HasLimit(RateLimitingSettings settings) =>
        Scopes.Any(scope => settings[scope] is not null || settings.Concurrency?[scope] is not null)
        || !settings.Overrides.IsEmpty
        || !settings.Limits.IsEmpty
        || Enum.GetValues<OperationKind>().SelectMany(kind => settings[kind]).Any(HasLimit);

    private static bool HasLimit(OperationSettings entry)
    {
        bool hasLimit = !entry.Overrides.IsEmpty;
        foreach (RateLimitScope scope in Scopes)
        {
            hasLimit |= entry[scope] is not null || entry.Concurrency?[scope] is not null;
        }

        return hasLimit;
    }

    private static IEnumerable<SettingsFault> CheckRates(RateLimitingSettings settings) =>
        Scopes.SelectMany(scope => CheckRates(settings, LimitNames.Of(scope), settings[scope]));

    /// <summary>What is wrong with the rates at a place; nothing where there are none.</summary>
    internal static IEnumerable<SettingsFault> CheckRates(RateLimitingSettings settings, string path, RateList? rates) =>
        rates is null || (rates is [Rate only] && !IsAboveCeiling(settings, only)) ? [] : CheckList(settings, path, rates);

    private static bool IsAboveCeiling(RateLimitingSettings settings, Rate rate) =>
        rate.Algorithm == RateLimitAlgorithm.SlidingWindow && rate.MaxTokens > settings.SlidingWindowCeiling;

    private static IEnumerable<SettingsFault> CheckList(RateLimitingSettings settings, string path, RateList rates)
    {
        if (rates.Count is < 1 or > RateList.MaxCount)
        {
            yield return new(path, rates.Count == 0 ? "has no rate. Add one, such as 100/1m, or remove it." : RateList.WhyTooMany(rates.Count));
        }

        for (int index = 0; index < rates.Count; index++)
        {
            Rate rate = rates[index];
            string at = rates.Count == 1 ? path : $"{path}[{index}]";
            int first = FirstOf(rates, RateKey.Of(rate));
            if (first < index)
            {
                yield return new(
                    at,
                    rate.Window is null
                        ? $"'{rate}' has the period and the algorithm of '{rates[first]}' of {path}[{first}]. Remove one of the two, or change its period."
                        : $"'{rate}' has the window of '{rates[first]}' of {path}[{first}]. Remove one of the two, or change its window.");
            }

            if (IsAboveCeiling(settings, rate))
            {
                yield return new(
                    at,
                    $"{rate.MaxTokens} tokens are too many for slidingWindow, which remembers every call: the ceiling is "
                    + $"{settings.SlidingWindowCeiling}. Use slidingWindowCounter.");
            }
        }
    }

    private static int FirstOf(RateList rates, RateKey key)
    {
        int index = 0;
        while (RateKey.Of(rates[index]) != key)
        {
            index++;
        }

        return index;
    }

    private static List<SettingsFault> CheckEntries(RateLimitingSettings settings, OperationKind kind)
    {
        ImmutableArray<OperationSettings> entries = settings[kind];
        List<SettingsFault> faults = [];
        if (entries.Length > MaxEntries)
        {
            faults.Add(new($"{LimitNames.Of(kind)}s", $"{entries.Length} entries are more than {MaxEntries}. Use a glob."));
        }

        OperationNames names = OperationNames.For(kind, settings.CaseSensitive);
        Dictionary<string, int> firstByKey = new(entries.Length);
        List<SettingsFault> ofEntry = [];
        for (int index = 0; index < entries.Length; index++)
        {
            OperationSettings entry = entries[index];
            ofEntry.Clear();
            CheckEntry(ofEntry, settings, kind, entry);
            if (ofEntry.Count > 0)
            {
                string path = PathOf(kind, index);
                faults.AddRange(ofEntry.Select(fault => fault.WithPathPrefix(path)));
            }

            string key = names.Canonical(entry.Name);
            if (!firstByKey.TryAdd(key, index))
            {
                OperationSettings first = entries[firstByKey[key]];
                faults.Add(new(
                    $"{PathOf(kind, index)}.name",
                    $"'{entry.Name}' means the same {LimitNames.Of(kind)} as '{first.Name}' of "
                    + $"{PathOf(kind, firstByKey[key])}. {WayOut(kind, first.Name, entry.Name)}"));
            }
        }

        return faults;
    }

    private static string WayOut(OperationKind kind, string first, string second)
    {
        OperationNames exact = OperationNames.For(kind, caseSensitive: true);
        return exact.Canonical(first) == exact.Canonical(second)
            ? "Merge the two entries."
            : "Merge the two entries, or set caseSensitive: true to tell the two names apart.";
    }

    private static void CheckEntry(List<SettingsFault> faults, RateLimitingSettings settings, OperationKind kind, OperationSettings entry)
    {
        int length = entry.Name.Trim().Length;
        if (length is < 1 or > MaxNameLength)
        {
            faults.Add(new("name", $"has {length} characters, and a name must have 1 to {MaxNameLength}."));
        }

        if (kind == OperationKind.Method && !Glob.IsGlob(entry.Name) && Methods.IsNeverLimited(entry.Name))
        {
            faults.Add(new(
                "name",
                $"'{entry.Name.Trim()}' is never limited, because clients break when it is rejected. Remove the entry."));
        }

        if (!HasLimit(entry) && entry.Cost is null && entry.Wait is null)
        {
            faults.Add(new(
                "",
                kind == OperationKind.Backend
                    ? "sets nothing. Add shared, perTenant, perUser, perClient or concurrency."
                    : "sets nothing. Add shared, perTenant, perUser, perClient, concurrency, cost or wait."));
        }

        if (entry.Cost < 1)
        {
            faults.Add(new("cost", $"{entry.Cost} is not a whole number of at least 1."));
        }

        faults.AddRange(CheckChoice("mode", entry.Mode));
        faults.AddRange(CheckChoice("onStoreFailure", entry.OnStoreFailure));
        faults.AddRange(CheckChoice("rejection", entry.Rejection));
        foreach (RateLimitScope scope in Scopes)
        {
            faults.AddRange(CheckRates(settings, LimitNames.Of(scope), entry[scope]));
        }

        if (entry.Wait is not null)
        {
            faults.AddRange(CheckWait(entry.Wait));
        }

        if (entry.Concurrency is not null)
        {
            faults.AddRange(ConcurrencyRules.Check(entry.Concurrency));
        }

        if (!entry.Overrides.IsEmpty)
        {
            faults.AddRange(OverrideRules.Check(settings, entry.Overrides));
        }
    }
}
