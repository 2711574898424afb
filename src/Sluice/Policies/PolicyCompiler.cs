using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Sluice;

/// <summary>Makes a policy of settings, or says everything that is wrong with them.</summary>
internal sealed class PolicyCompiler
{
    /// <summary>The kinds whose entries name something, in the order of the settings.</summary>
    private static readonly OperationKind[] NamedKinds =
        [OperationKind.Tool, OperationKind.Prompt, OperationKind.Resource, OperationKind.Method];

    private readonly string _server;
    private readonly RateLimitingSettings _settings;
    private readonly LimitGroups _groups;
    private readonly ImmutableArray<SettingsFault> _broken;
    private readonly LimitGroup[] _serverWide;
    private readonly Dictionary<OperationKind, Entry[]> _entries;
    private readonly Entry[] _backends;
    private readonly LimitGroup[] _named;

    internal PolicyCompiler(string server, RateLimitingSettings settings)
    {
        _server = server;
        _settings = settings;
        _groups = new LimitGroups(server, settings);
        _broken = SettingsRules.Check(settings);
        _serverWide = _groups.OfServer();
        _entries = NamedKinds.ToDictionary(kind => kind, EntriesOf);
        _backends = EntriesOf(OperationKind.Backend);
        _named = _groups.OfNamed();
    }

    /// <summary>The policy, or null and everything that is wrong.</summary>
    internal RateLimitPolicy? Compile(out ImmutableArray<SettingsFault> faults)
    {
        Calls[] kinds = [.. NamedKinds.Select(kind => CallsOf(kind, backend: null))];
        CallRules rules = new(_settings, _groups.Tests);
        IEnumerable<Calls> toBackends = _backends.SelectMany(backend => NamedKinds.Select(kind => CallsOf(kind, backend)));
        faults = [.. _broken, .. kinds.Concat(toBackends).SelectMany(rules.Check).Distinct(), .. rules.CheckTests()];
        if (!faults.IsEmpty)
        {
            return null;
        }

        // The sets of what globs name are made later, and a limit must know before then whether a call may be held.
        foreach (Calls calls in kinds.Where(calls => WaitsOf(calls).Any(wait => wait > TimeSpan.Zero)))
        {
            Array.ForEach([.. calls.Filtered.SelectMany(group => group.All)], limit => limit.MayBeHeld = true);
        }

        CallerClasses classes = new([.. _groups.Tests.All]);
        IEnumerable<LimitGroup> ofEntries = NamedKinds.SelectMany(kind => _entries[kind]).Concat(_backends).SelectMany(entry => entry.Groups);
        return new RateLimitPolicy(
            _server,
            _settings,
            [.. _serverWide.Concat(ofEntries).Concat(_named).SelectMany(group => group.All)],
            TablesOf(backend: null, classes),
            _backends.Where(backend => backend.Groups.Length > 0).ToFrozenDictionary(
                backend => backend.Key, backend => TablesOf(backend, classes), OperationNames.For(OperationKind.Backend, caseSensitive: true).Comparer));
    }

    /// <summary>The limits of calls to a backend; without one, of calls whose backend has no limits, or is not known.</summary>
    private PolicyTables TablesOf(Entry? backend, CallerClasses classes)
    {
        OperationTable[] tables = [.. NamedKinds.Select(kind => TableOf(CallsOf(kind, backend), classes))];
        return new PolicyTables(tables[0], tables[1], tables[2], tables[3]);
    }

    private IEnumerable<TimeSpan> WaitsOf(Calls calls)
    {
        TimeSpan[] others = calls.Method?.Wait is TimeSpan wait
            ? [wait]
            : [_settings.Wait, .. calls.Always.Concat(calls.Filtered).Select(group => group.Named?.Settings.Wait).OfType<TimeSpan>()];
        return calls.Entries.SelectMany(entry => entry.Wait is TimeSpan own ? [own] : others).Concat(others);
    }

    // Which entries of `limits` count a call may depend on its caller.
    private static IEnumerable<TimeSpan> WaitsOf(CallTerms terms, LimitGroup[] groups) => terms.OperationWait is TimeSpan wait
        ? [wait]
        : [terms.PolicyWait, .. groups.Select(group => group.Named?.Settings.Wait).OfType<TimeSpan>()];

    private Entry[] EntriesOf(OperationKind kind)
    {
        OperationNames names = OperationNames.For(kind, _settings.CaseSensitive);
        return
        [
            .. _settings[kind].Select((entry, index) =>
            {
                string key = names.Canonical(entry.Name);
                LimitTarget target = new(_server, kind, entry.Name.Trim(), key);
                return new Entry(
                    key,
                    _groups.OfEntry(target, entry, SettingsRules.PathOf(kind, index)),
                    entry.Cost,
                    entry.Wait,
                    SettingsRules.PathOf(kind, index),
                    LimitNames.Operation(target));
            }),
        ];
    }

    /// <summary>What calls of a kind can meet, of which is known to which backend they go.</summary>
    private Calls CallsOf(OperationKind kind, Entry? backend)
    {
        bool isMetered = kind == OperationKind.Tool || _settings.Meter != MeteringUnit.Tools;
        Entry? method = kind == OperationKind.Method ? null : MethodEntry(_entries[OperationKind.Method], Methods.Of(kind));
        LimitGroup[] wide = isMetered ? [.. _serverWide, .. backend?.Groups ?? []] : [];
        ILookup<bool, LimitGroup> named = _named
            .Where(group => group.Named!.Filter.IsEmpty ? isMetered : true)
            .ToLookup(group => group.Named!.Filter.IsEmpty
                || (kind != OperationKind.Method && group.Named.Filter.NamesMethod(Methods.Of(kind))));
        return new Calls(
            kind,
            [.. wide, .. method?.Groups ?? [], .. named[true]],
            method,
            _entries[kind],
            [.. named[false].Where(group => group.Named!.Filter.PatternsOf(kind).Length > 0)]);
    }

    private OperationTable TableOf(Calls calls, CallerClasses classes) => new(
        [.. calls.Entries.Select(entry => entry.Key)],
        [.. calls.Filtered.Select(group => group.Named!.Filter.PatternsOf(calls.Kind))],
        (entry, filters) => SetOf(calls, entry < 0 ? null : calls.Entries[entry], filters, classes),
        OperationNames.For(calls.Kind, _settings.CaseSensitive));

    private LimitSet SetOf(Calls calls, Entry? entry, int[] filters, CallerClasses classes)
    {
        // A method is metered when something names it; the three that name operations have tables of their own.
        if (calls.Kind == OperationKind.Method && entry is null && filters.Length == 0 && _settings.Meter != MeteringUnit.All)
        {
            return LimitSet.None;
        }

        LimitGroup[] groups =
            [.. calls.Always.Concat(entry?.Groups ?? []).Concat(filters.Select(filter => calls.Filtered[filter])).OrderBy(group => group.Order)];
        CallTerms terms = new(
            _settings.Cost,
            entry?.Cost ?? calls.Method?.Cost,
            _settings.MissingIdentity,
            entry?.Label ?? calls.Method?.Label ?? LimitNames.OtherOperation,
            _settings.Wait,
            entry?.Wait ?? calls.Method?.Wait,
            entry?.Cost is not null ? entry.Path + ".cost" : calls.Method?.Path + ".cost");
        if (WaitsOf(terms, groups).Any(wait => wait > TimeSpan.Zero))
        {
            Array.ForEach([.. groups.SelectMany(group => group.All)], limit => limit.MayBeHeld = true);
        }

        return new LimitSet(groups, terms, classes);
    }

    /// <summary>The entry of <c>methods</c> that a method meets: the exact one, else the most specific glob.</summary>
    private Entry? MethodEntry(Entry[] entries, string method)
    {
        OperationNames names = OperationNames.For(OperationKind.Method, _settings.CaseSensitive);
        return entries.FirstOrDefault(entry => names.Comparer.Equals(entry.Key, method))
            ?? entries
                .Where(entry => new Glob(entry.Key, names.Comparer).Matches(method))
                .MaxBy(entry => new Glob(entry.Key, names.Comparer).FixedLength);
    }

    /// <summary>An entry of <c>tools</c>, <c>prompts</c>, <c>resources</c> or <c>methods</c>.</summary>
    internal sealed record Entry(string Key, LimitGroup[] Groups, int? Cost, TimeSpan? Wait, string Path, string Label);

    /// <summary>What calls of a kind can meet.</summary>
    /// <param name="Kind">The kind.</param>
    /// <param name="Always">What every metered call meets.</param>
    /// <param name="Method">The entry of the method, which every call meets; or null.</param>
    /// <param name="Entries">The entries, of which a call meets at most one.</param>
    /// <param name="Filtered">The entries of <c>limits</c> that name some operations, of which a call can meet several.</param>
    internal sealed record Calls(OperationKind Kind, LimitGroup[] Always, Entry? Method, Entry[] Entries, LimitGroup[] Filtered);
}
