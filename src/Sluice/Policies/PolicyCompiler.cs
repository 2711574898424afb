using System.Collections.Immutable;

namespace Sluice;

/// <summary>Makes a policy of settings, or says everything that is wrong with them.</summary>
internal sealed class PolicyCompiler(string server, RateLimitingSettings settings)
{
    private static readonly RateLimitScope[] Scopes = Enum.GetValues<RateLimitScope>();

    /// <summary>The kinds whose entries name something, in the order of the settings.</summary>
    private static readonly OperationKind[] NamedKinds =
        [OperationKind.Tool, OperationKind.Prompt, OperationKind.Resource, OperationKind.Method];

    private readonly List<RateLimit> _all = [];

    /// <summary>The policy, or null and everything that is wrong.</summary>
    internal RateLimitPolicy? Compile(out ImmutableArray<SettingsFault> faults)
    {
        RateLimit[] serverWide = Limits(
            new LimitTarget(server, OperationKind.Server, "", ""), scope => settings[scope], settings.Concurrency, null);
        Dictionary<OperationKind, Entry[]> entries = NamedKinds.ToDictionary(kind => kind, EntriesOf);
        List<SettingsFault> unmeetable = [];
        RateLimit[] beyondTools = settings.Meter == MeteringUnit.Tools ? [] : serverWide;
        Sets methods = new(
            OperationKind.Method,
            [.. entries[OperationKind.Method].Select(entry => (entry.Key, Set(beyondTools, entry, null, unmeetable)))],
            settings.Meter == MeteringUnit.All ? Set(serverWide, null, null, unmeetable) : LimitSet.None);
        Sets tools = SetsOf(OperationKind.Tool);
        Sets prompts = SetsOf(OperationKind.Prompt);
        Sets resources = SetsOf(OperationKind.Resource);
        faults = [.. SettingsRules.Check(settings), .. unmeetable.Distinct()];
        return faults.IsEmpty
            ? new RateLimitPolicy(
                server, settings, [.. _all], new PolicyTables(Table(tools), Table(prompts), Table(resources), Table(methods)))
            : null;

        Sets SetsOf(OperationKind kind)
        {
            Entry? method = MethodEntry(entries[OperationKind.Method], Methods.Of(kind));
            RateLimit[] wide = kind == OperationKind.Tool ? serverWide : beyondTools;
            return new(
                kind,
                [.. entries[kind].Select(entry => (entry.Key, Set(wide, method, entry, unmeetable)))],
                Set(wide, method, null, unmeetable));
        }
    }

    private Entry[] EntriesOf(OperationKind kind)
    {
        OperationNames names = OperationNames.For(kind, settings.CaseSensitive);
        return
        [
            .. settings[kind].Select((entry, index) =>
            {
                string key = names.Canonical(entry.Name);
                LimitTarget target = new(server, kind, entry.Name.Trim(), key);
                return new Entry(
                    key,
                    Limits(target, scope => entry[scope], entry.Concurrency, entry),
                    entry.Cost,
                    entry.Wait,
                    SettingsRules.PathOf(kind, index),
                    LimitNames.Operation(target));
            }),
        ];
    }

    private RateLimit[] Limits(
        LimitTarget target,
        Func<RateLimitScope, RateList?> ratesOf,
        ConcurrencySettings? concurrency,
        OperationSettings? entry)
    {
        LimitMode mode = Stricter(settings.Mode, entry?.Mode ?? LimitMode.Enforce);
        StoreFailureMode onStoreFailure = entry?.OnStoreFailure ?? settings.OnStoreFailure;
        RejectionForm rejection = entry?.Rejection ?? settings.Rejection;
        TimeSpan maxAge = concurrency?.MaxAge ?? settings.Concurrency?.MaxAge ?? ConcurrencySettings.DefaultMaxAge;
        RateLimit[] limits = mode == LimitMode.Disabled ? [] :
        [
            .. from scope in Scopes
               let rates = ratesOf(scope)
               where rates is not null
               from limit in RateLimit.Of(target, scope, rates, mode, onStoreFailure, rejection)
               select limit,
            .. from scope in Scopes
               let calls = concurrency?[scope]
               where calls is not null
               select RateLimit.OfConcurrency(target, scope, calls.Value, maxAge, mode, onStoreFailure, rejection),
        ];
        _all.AddRange(limits);
        return limits;
    }

    // The policy's mode goes over an entry's: permissive or disabled as a whole, no entry enforces.
    private static LimitMode Stricter(LimitMode policy, LimitMode entry) => (LimitMode)Math.Max((int)policy, (int)entry);

    private LimitSet Set(RateLimit[] serverWide, Entry? method, Entry? operation, List<SettingsFault> unmeetable)
    {
        RateLimit[] limits =
        [
            .. serverWide
                .Concat(method?.Limits ?? [])
                .Concat(operation?.Limits ?? [])
                .OrderBy(limit => limit.Scope)
                .ThenBy(limit => limit.Kind),
        ];
        if (limits.Length > ApplicableLimits.MaxCount)
        {
            unmeetable.Add(new SettingsFault(
                operation?.Path ?? method?.Path ?? "",
                $"{limits.Length} limits apply to one call, and at most {ApplicableLimits.MaxCount} can. Remove rates of the server, "
                + "of the method or of the operation."));
        }

        int cost = operation?.Cost ?? method?.Cost ?? settings.Cost;
        string path = operation?.Cost is not null ? operation.Path + ".cost"
            : method?.Cost is not null ? method.Path + ".cost"
            : "cost";
        unmeetable.AddRange(
            from limit in limits
            where limit.Concurrency is null && cost > limit.Rate.Capacity
            select new SettingsFault(
                path,
                $"{cost} tokens can never be met by the limit '{limit.Name}', whose bucket holds {limit.Rate.Capacity}. "
                + $"Lower the cost, or raise the limit to at least {cost}."));
        TimeSpan wait = operation?.Wait ?? method?.Wait ?? settings.Wait;
        if (wait > TimeSpan.Zero)
        {
            Array.ForEach(limits, limit => limit.MayBeHeld = true);
        }

        string label = operation?.Label ?? method?.Label ?? LimitNames.OtherOperation;
        return new LimitSet(limits, cost, settings.MissingIdentity, label, wait);
    }

    private OperationTable Table(Sets sets) =>
        new(sets.Entries, sets.Others, OperationNames.For(sets.Kind, settings.CaseSensitive));

    /// <summary>The entry of <c>methods</c> that a method meets: the exact one, else the most specific glob.</summary>
    private Entry? MethodEntry(Entry[] entries, string method)
    {
        OperationNames names = OperationNames.For(OperationKind.Method, settings.CaseSensitive);
        return entries.FirstOrDefault(entry => names.Comparer.Equals(entry.Key, method))
            ?? entries
                .Where(entry => new Glob(entry.Key, names.Comparer).Matches(method))
                .MaxBy(entry => new Glob(entry.Key, names.Comparer).FixedLength);
    }

    /// <summary>The limits of every operation of a kind; a table can be made of them only when their names differ.</summary>
    private sealed record Sets(OperationKind Kind, (string Key, LimitSet Limits)[] Entries, LimitSet Others);

    private sealed record Entry(string Key, RateLimit[] Limits, int? Cost, TimeSpan? Wait, string Path, string Label);
}
