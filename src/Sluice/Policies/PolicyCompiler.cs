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
        Calls[] kinds =
        [
            .. NamedKinds.Select(kind => CallsOf(kind, backend: null)),
            .. _backends.SelectMany(backend => NamedKinds.Select(kind => CallsOf(kind, backend))),
        ];
        CallRules rules = new(_settings, _groups.Tests);
        faults = [.. _broken, .. kinds.SelectMany(rules.Check).Distinct(), .. rules.CheckTests()];
        if (!faults.IsEmpty)
        {
            return null;
        }

        NoteHolding(kinds);
        NoteDivision(kinds);
        CallerClasses classes = new([.. _groups.Tests.All]);
        return new RateLimitPolicy(
            _server,
            _settings,
            AllLimits(),
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

    // The sets of limits are made when calls come, and a limit must know before then whether a call may be held.
    private void NoteHolding(Calls[] kinds)
    {
        foreach (Calls calls in kinds.Where(MayHold))
        {
            foreach (Entry? entry in calls.Entries.Prepend(null))
            {
                LimitGroup[] groups = [.. calls.Always, .. entry?.Groups ?? [], .. calls.Filtered];
                if (TermsOf(calls, entry).MayHold(groups))
                {
                    HoldCallsOf(groups);
                }
            }
        }
    }

    // What a store asks before it divides a bucket, by what every call may do to it. It does not depend on which calls came already.
    private void NoteDivision(Calls[] kinds)
    {
        Entry[] entries = [.. _entries.Values.SelectMany(of => of), .. _backends];
        int greatest = entries.Select(entry => entry.Cost)
            .Concat(_named.Select(group => group.Named!.Settings.Cost))
            .Append(_settings.Cost)
            .Max() ?? 1;
        NoteCost([.. _serverWide, .. _named], greatest);
        foreach (Entry entry in entries)
        {
            NoteCost(entry.Groups, entry.Cost ?? greatest); // An operation's own cost is that of its calls. All else may meet the greatest.
        }

        foreach (Calls calls in kinds)
        {
            LimitGroup[] common = [.. calls.Always, .. calls.Filtered];
            bool isHeld = TermsOf(calls, entry: null).MayHold(common);
            Entry[] held = [.. calls.Entries.Where(entry => entry.Wait is TimeSpan own ? own > TimeSpan.Zero : isHeld)];
            foreach (RateLimit limit in (isHeld || held.Length > 0 ? common : []).Concat(held.SelectMany(entry => entry.Groups)).SelectMany(group => group.All))
            {
                limit.MayBeDivided = false;
            }
        }
    }

    private static void NoteCost(LimitGroup[] groups, int cost)
    {
        foreach (LimitGroup group in groups)
        {
            foreach (RateLimit limit in group.All)
            {
                limit.GreatestCost = cost;
                limit.MayBeDivided = group.Overrides.Length == 0;
            }
        }
    }

    private ImmutableArray<RateLimit> AllLimits()
    {
        ImmutableArray<RateLimit>.Builder all = ImmutableArray.CreateBuilder<RateLimit>(_entries.Values.Sum(entries => entries.Length));
        Add(_serverWide);
        foreach (OperationKind kind in NamedKinds)
        {
            foreach (Entry entry in _entries[kind])
            {
                Add(entry.Groups);
            }
        }

        foreach (Entry backend in _backends)
        {
            Add(backend.Groups);
        }

        Add(_named);
        return all.DrainToImmutable();

        void Add(LimitGroup[] groups)
        {
            foreach (LimitGroup group in groups)
            {
                all.AddRange(group.Limits);
                foreach ((_, RateLimit[] limits, _) in group.Overrides)
                {
                    all.AddRange(limits);
                }
            }
        }
    }

    /// <summary>Whether any call of a kind may be held.</summary>
    private bool MayHold(Calls calls) =>
        calls.Entries.Any(entry => entry.Wait > TimeSpan.Zero)
        || TermsOf(calls, entry: null).MayHold([.. calls.Always, .. calls.Filtered]);

    private static void HoldCallsOf(LimitGroup[] groups)
    {
        foreach (RateLimit limit in groups.SelectMany(group => group.All))
        {
            limit.MayBeHeld = true;
        }
    }

    private Entry[] EntriesOf(OperationKind kind)
    {
        OperationNames names = OperationNames.For(kind, _settings.CaseSensitive);
        return
        [
            .. _settings[kind].Select((entry, index) =>
            {
                string key = names.Canonical(entry.Name);
                string path = SettingsRules.PathOf(kind, index);
                LimitTarget target = new(_server, kind, entry.Name.Trim(), key);
                return new Entry(key, _groups.OfEntry(target, entry, path), entry.Cost, entry.Wait, path, LimitNames.Operation(target));
            }),
        ];
    }

    /// <summary>What calls of a kind can meet, of which is known to which backend they go.</summary>
    private Calls CallsOf(OperationKind kind, Entry? backend)
    {
        bool isMetered = kind == OperationKind.Tool || _settings.Meter != MeteredRequests.Tools;
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
        if (calls.Kind == OperationKind.Method && entry is null && filters.Length == 0 && _settings.Meter != MeteredRequests.All)
        {
            return LimitSet.None;
        }

        return new LimitSet(GroupsOf(calls, entry, filters), TermsOf(calls, entry), classes);
    }

    /// <summary>The limits of an operation, in order.</summary>
    private static LimitGroup[] GroupsOf(Calls calls, Entry? entry, int[] filters)
    {
        LimitGroup[] own = entry?.Groups ?? [];
        LimitGroup[] groups = calls.Always.Length == 0 && filters.Length == 0 ? own : [.. calls.Always, .. own, .. Array.ConvertAll(filters, calls.FilteredBy)];
        for (int i = 1; i < groups.Length; i++)
        {
            if (groups[i].Order < groups[i - 1].Order)
            {
                return [.. groups.OrderBy(group => group.Order)];
            }
        }

        return groups;
    }

    private CallTerms TermsOf(Calls calls, Entry? entry) => new(
        _settings.Cost,
        entry?.Cost ?? calls.Method?.Cost,
        _settings.MissingIdentity,
        entry?.Label ?? calls.Method?.Label ?? LimitNames.OtherOperation,
        _settings.Wait,
        entry?.Wait ?? calls.Method?.Wait,
        entry?.Cost is not null ? entry.Path + ".cost" : calls.Method?.Path + ".cost");

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
    internal sealed record Calls(OperationKind Kind, LimitGroup[] Always, Entry? Method, Entry[] Entries, LimitGroup[] Filtered)
    {
        /// <summary>The entry of <c>limits</c> of a number.</summary>
        internal LimitGroup FilteredBy(int filter) => Filtered[filter];
    }
}
