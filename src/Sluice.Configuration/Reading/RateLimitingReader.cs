using System.Collections.Immutable;
using System.Globalization;

namespace Sluice.Configuration;

/// <summary>Reads <c>rateLimiting</c>, the one schema of limits, for every kind of document.</summary>
/// <param name="faults">Takes what is wrong.</param>
/// <param name="identities">The identities that limits can count by.</param>
internal sealed class RateLimitingReader(FaultList faults, KnownIdentities identities)
{
    /// <summary>The most entries of a list.</summary>
    internal const int MaxEntries = 1_000;

    /// <summary>The fields of the scopes.</summary>
    internal static readonly string[] ScopeFields = ["shared", "perTenant", "perUser", "perClient"];

    internal static readonly FieldSpec CostField = new(
        "cost", new IntegerSpec(1, int.MaxValue) { WayOut = "Write at least 1, or remove the field: a call then costs 1." });
    internal static readonly FieldSpec WaitField = new(
        "wait", new DurationSpec(TimeSpan.Zero, RateLimitingSettings.MaxWait, "0s to 60s", "2s"));
    internal static readonly FieldSpec ModeField = new("mode", new ChoiceSpec<LimitMode>(Words.Modes));
    internal static readonly FieldSpec OnStoreFailureField = new("onStoreFailure", new ChoiceSpec<StoreFailureMode>(Words.StoreFailures));
    internal static readonly FieldSpec SharesField = new("shares", new BooleanSpec());
    internal static readonly FieldSpec RejectionField = new("rejection", new ChoiceSpec<RejectionForm>(Words.Rejections));
    internal static readonly FieldSpec[] Scopes = [.. ScopeFields.Select(scope => new FieldSpec(scope, RatesReader.Value))];
    internal static readonly FieldSpec ConcurrencyField = new("concurrency", new GroupSpec(() => ConcurrencyReader.Table));
    internal static readonly FieldSpec OverridesField = new("overrides", OverridesReader.Value);

    private const string MaxWaitingField = "maxWaiting";
    internal static readonly string[] Policywide =
        [MaxWaitingField, "meter", "missingIdentity", "errorCode", "allowReservedErrorCode", "headers", "caseSensitive", "slidingWindowCeiling", "limits"];

    private static readonly string[] OfStore = ["expectedReplicas", "redis", "keyPrefix", "rememberRefusals", "layout", "maxKeys"];

    private static readonly FieldTable EntryTable = new(
    [
        new FieldSpec("name", new TextSpec()).Required(), .. Scopes, ConcurrencyField, OverridesField, CostField, WaitField, ModeField, OnStoreFailureField,
        SharesField, RejectionField,
    ])
    {
        OneOf = [.. ScopeFields.Concat(["concurrency", "overrides", "cost", "wait"]).Select(field => (string[])[field])],
        Elsewhere = Policywide.ToImmutableDictionary(field => field, _ => "It is for the whole server: write it under 'rateLimiting'."),
    };

    private static readonly ValueSpec Entries = new SharedSpec("operations", new ListSpec(new GroupSpec(() => EntryTable), MaxEntries));

    private static readonly FieldTable HeaderTable = new(
        new FieldSpec("mode", new ChoiceSpec<LimitHeadersMode>(Words.HeaderModes)),
        new("style", new ChoiceSpec<LimitHeadersStyle>(Words.HeaderStyles)),
        new("reset", new ChoiceSpec<LimitHeadersReset>(Words.HeaderResets)))
    {
        MinFields = 1,
    };

    /// <summary>The fields of <c>rateLimiting</c>.</summary>
    internal static readonly FieldTable Table = new(
    [
        .. Scopes,
        ConcurrencyField,
        new FieldSpec("global", RatesReader.Value),
        new("limits", NamedLimitReader.Value),
        OverridesField,
        new("tools", Entries),
        new("prompts", Entries),
        new("resources", Entries),
        new("methods", Entries),
        CostField,
        WaitField,
        new(
            MaxWaitingField,
            new IntegerSpec(1, RateLimitingSettings.MaxWaitingUpperBound) { WayOut = "To hold no calls, remove 'wait' and this field." }),
        ModeField,
        new("meter", new ChoiceSpec<MeteredRequests>(Words.Meters)),
        new("missingIdentity", new ChoiceSpec<MissingIdentity>(Words.MissingIdentities)),
        OnStoreFailureField,
        SharesField,
        RejectionField,
        new("errorCode", new IntegerSpec(int.MinValue, int.MaxValue)),
        new("allowReservedErrorCode", new BooleanSpec()),
        new("headers", new AnyOfSpec(new ChoiceSpec<LimitHeadersMode>(Words.HeaderModes), new GroupSpec(() => HeaderTable))),
        new("caseSensitive", new BooleanSpec()),
        new("slidingWindowCeiling", new IntegerSpec(1, int.MaxValue)),
    ])
    {
        OneOf = [.. ScopeFields.Concat(["concurrency", "global", "limits", "overrides", "tools", "prompts", "resources", "methods"]).Select(field => (string[])[field])],
        Apart = [("global", "shared")],
        Elsewhere = OfStore
            .ToImmutableDictionary(field => field, field => "It is for the whole gateway: write it under 'store', at the root of the file.")
            .Add(
                PerBackendLimits.Field,
                "It is for servers with others behind them: write it under 'rateLimiting' of an entry of 'virtualServers'."),
    };

    /// <summary>The value of <c>rateLimiting</c>.</summary>
    internal static readonly ValueSpec Value = new SharedSpec("rateLimiting", new GroupSpec(() => Table));

    private static readonly string[] AllFields =
    [
        .. Table.Names, .. EntryTable.Names, .. HeaderTable.Names, .. RateReader.Table.Names, .. ConcurrencyReader.Table.Names, .. NamedLimitReader.Table.Names,
        .. ConditionReader.Table.Names, PerBackendLimits.Field,
    ];

    private readonly RatesReader _rates = new(faults);
    private readonly OverridesReader _overrides = new(faults, identities);
    private readonly NamedLimitReader _limits = new(faults, identities);

    /// <summary>The names of the servers behind the virtual server whose limits are read; null for a server that is not virtual.</summary>
    internal ImmutableArray<string>? Backends { get; init; }

    /// <summary>A key as the schema spells it, for documents whose keys do not tell upper case from lower.</summary>
    internal static string Spell(string key) =>
        AllFields.FirstOrDefault(field => field.Equals(key, StringComparison.OrdinalIgnoreCase)) ?? key;

    /// <summary>The policy, or null when there are faults.</summary>
    /// <param name="node">The value of <c>rateLimiting</c>.</param>
    /// <param name="path">Its path.</param>
    /// <param name="server">The server's name.</param>
    internal RateLimitPolicy? Read(Node node, string path, string server)
    {
        int before = faults.Count;
        FieldReader? reader = FieldReader.Open(node, path, Backends is null ? Table : PerBackendLimits.OfVirtualServer, faults);
        if (reader is null)
        {
            return null;
        }

        RateLimitingSettings settings = ReadSettings(reader);
        if (reader.Has(MaxWaitingField) && settings.MaxWaiting == new RateLimitingSettings().MaxWaiting && !SettingsRules.HoldsCalls(settings))
        {
            // The default, written down. The rules of settings see all other numbers.
            faults.Add(reader.Mapping.Find(MaxWaitingField)!, reader.PathOf(MaxWaitingField), SettingsRules.WhyMaxWaitingIsUnused);
        }

        RateLimitPolicy? policy = RateLimitPolicy.Compile(server, settings, out ImmutableArray<SettingsFault> broken);
        AddFaults(broken, reader.Mapping, path, faults);
        return faults.Count == before ? policy : null;
    }

    private RateLimitingSettings ReadSettings(FieldReader reader)
    {
        if (reader.Has("global") && reader.Has("shared"))
        {
            faults.Add(reader.Mapping.Find("global")!, reader.PathOf("global"), "means 'shared', which is set too. Remove one of the two.");
        }

        RateLimitingSettings defaults = new();
        RateList? global = ReadRates(reader, "global");
        return WithHeaders(reader, new()
        {
            Shared = ReadRates(reader, "shared") ?? global,
            PerTenant = ReadRates(reader, "perTenant"),
            PerUser = ReadRates(reader, "perUser"),
            PerClient = ReadRates(reader, "perClient"),
            Concurrency = ReadConcurrency(reader),
            Overrides = _overrides.ReadScopes(reader),
            Limits = _limits.ReadAll(reader),
            Tools = ReadEntries(reader, "tools"),
            Prompts = ReadEntries(reader, "prompts"),
            Resources = ReadEntries(reader, "resources"),
            Methods = ReadEntries(reader, "methods"),
            Backends = Backends is { } backends ? ReadPerBackend(reader, backends) : [],
            Cost = reader.Integer("cost") ?? defaults.Cost,
            Wait = ReadWait(reader) ?? (reader.HasAttempt("wait") ? RateLimitingSettings.MaxWait : defaults.Wait),
            MaxWaiting = reader.Integer(MaxWaitingField) ?? defaults.MaxWaiting,
            Mode = reader.Choice<LimitMode>("mode") ?? defaults.Mode,
            Meter = reader.Choice<MeteredRequests>("meter") ?? defaults.Meter,
            MissingIdentity = reader.Choice<MissingIdentity>("missingIdentity") ?? defaults.MissingIdentity,
            OnStoreFailure = reader.Choice<StoreFailureMode>("onStoreFailure") ?? defaults.OnStoreFailure,
            Shares = ReadShares(reader) ?? defaults.Shares,
            Rejection = reader.Choice<RejectionForm>("rejection") ?? defaults.Rejection,
            ErrorCode = reader.Integer("errorCode") ?? defaults.ErrorCode,
            AllowReservedErrorCode = reader.Boolean("allowReservedErrorCode"),
            CaseSensitive = reader.Boolean("caseSensitive"),
            SlidingWindowCeiling = ReadCeiling(reader) ?? defaults.SlidingWindowCeiling,
        });
    }

    /// <summary>Whether buckets may be divided; null where nothing says it.</summary>
    internal static bool? ReadShares(FieldReader reader) => reader.Has(SharesField.Name) ? reader.Boolean(SharesField.Name) : null;

    /// <summary>How long a call may be held; null where nothing valid says it.</summary>
    internal static TimeSpan? ReadWait(FieldReader reader) =>
        reader.Duration("wait");

    // A ceiling that is wrong counts as absent while the other faults are found.
    private static int? ReadCeiling(FieldReader reader) =>
        reader.Integer("slidingWindowCeiling") ?? (reader.HasAttempt("slidingWindowCeiling") ? int.MaxValue : null);

    // `headers: always` says when; `headers: { mode: always, style: both }` says which as well.
    private RateLimitingSettings WithHeaders(FieldReader reader, RateLimitingSettings settings)
    {
        if (reader.Node("headers") is not MappingNode mapping)
        {
            return settings with { Headers = reader.Choice<LimitHeadersMode>("headers") ?? settings.Headers };
        }

        if (mapping.Fields.IsEmpty)
        {
            faults.Add(mapping, reader.PathOf("headers"), "is empty. Write 'mode', 'style' or 'reset', or remove the field.");
        }

        FieldReader headers = FieldReader.Open(mapping, reader.PathOf("headers"), HeaderTable, faults)!;
        return settings with
        {
            Headers = headers.Choice<LimitHeadersMode>("mode") ?? settings.Headers,
            HeaderStyle = headers.Choice<LimitHeadersStyle>("style") ?? settings.HeaderStyle,
            HeaderReset = headers.Choice<LimitHeadersReset>("reset") ?? settings.HeaderReset,
        };
    }

    private RateList? ReadRates(FieldReader reader, string field)
    {
        if (reader.Has(field) && identities.WhyUnknown(field) is string why)
        {
            faults.Add(reader.Mapping.Find(field)!, reader.PathOf(field), why);
        }

        return _rates.Read(reader, field);
    }

    private ConcurrencySettings? ReadConcurrency(FieldReader reader) => ConcurrencyReader.Read(reader, identities, faults);

    private ImmutableArray<OperationSettings> ReadEntries(FieldReader reader, string field)
    {
        OperationSettings[] entries =
            [.. reader.List(field).Select(entry => ReadEntry(entry.Item, entry.Path))];
        return entries.Length == 0 && reader.HasAttempt(field) ? [PlaceholderEntry(reader.PathOf(field))] : [.. entries];
    }

    /// <summary>The limits of each backend: the same for all of them. They are checked even where no backend could be read.</summary>
    private ImmutableArray<OperationSettings> ReadPerBackend(FieldReader reader, ImmutableArray<string> backends)
    {
        if (reader.Node(PerBackendLimits.Field) is not Node node)
        {
            return [];
        }

        string path = reader.PathOf(PerBackendLimits.Field);
        OperationSettings limits = FieldReader.Open(node, path, PerBackendLimits.Table, faults) is FieldReader fields
            ? ReadScopes(fields, UniqueName(path))
            : PlaceholderEntry(path);
        return backends.IsEmpty ? [limits] : [.. backends.Select(name => limits with { Name = name })];
    }

    private OperationSettings ReadEntry(Node item, string path)
    {
        WorkPace.Step();
        FieldReader? reader = FieldReader.Open(item, path, EntryTable, faults);
        return reader is null ? PlaceholderEntry(path) : ReadScopes(reader, reader.Text("name") ?? UniqueName(path), hasTerms: true);
    }

    /// <summary>The limits of an operation, or of each backend.</summary>
    /// <param name="reader">The fields.</param>
    /// <param name="name">The name.</param>
    /// <param name="hasTerms">Whether its calls may have a cost and a wait of their own.</param>
    private OperationSettings ReadScopes(FieldReader reader, string name, bool hasTerms = false) => new()
    {
        Name = name,
        Shared = ReadRates(reader, "shared"),
        PerTenant = ReadRates(reader, "perTenant"),
        PerUser = ReadRates(reader, "perUser"),
        PerClient = ReadRates(reader, "perClient"),
        Concurrency = ReadConcurrency(reader),
        Overrides = _overrides.ReadScopes(reader),
        Mode = reader.Choice<LimitMode>("mode"),
        OnStoreFailure = reader.Choice<StoreFailureMode>("onStoreFailure"),
        Shares = ReadShares(reader),
        Rejection = reader.Choice<RejectionForm>("rejection"),
        Cost = !hasTerms ? null : reader.Integer("cost") ?? (reader.HasAttempt("cost") ? 1 : null),
        Wait = !hasTerms ? null : ReadWait(reader) ?? (reader.HasAttempt("wait") ? RateLimitingSettings.MaxWait : null),
    };

    private static OperationSettings PlaceholderEntry(string path) => new() { Name = UniqueName(path), Shared = RatesReader.Placeholder };

    // No name in a file has a control character, so this one never means the same as another.
    private static string UniqueName(string path) => "\u0001" + path;

    /// <summary>Adds what the rules of a policy object to, each at its place in the document.</summary>
    internal static void AddFaults(ImmutableArray<SettingsFault> broken, MappingNode mapping, string path, FaultList faults)
    {
        if (broken.IsEmpty)
        {
            return;
        }

        Redaction redaction = new(mapping);
        foreach (SettingsFault fault in broken)
        {
            Node at = Locate(mapping, fault.Path, out string spelt);
            string message = faults.IsFull ? "" : redaction.Apply(fault.Message);
            faults.Add(at, (fault with { Path = spelt }).WithPathPrefix(path).Path, message);
        }
    }

    /// <summary>The value at a path such as <c>tools[1].cost</c>, or the nearest one above it.</summary>
    /// <param name="mapping">The root of the path.</param>
    /// <param name="path">The path, in the words of the settings.</param>
    /// <param name="spelt">The path in the words of the document, which may say <c>global</c> for <c>shared</c>.</param>
    internal static Node Locate(MappingNode mapping, string path, out string spelt)
    {
        spelt = path;
        Node node = mapping;
        foreach (string step in path.Split(['.', '['], StringSplitOptions.RemoveEmptyEntries))
        {
            if (node is MappingNode fields && step == "shared" && fields.Find(step) is null && fields.Find("global") is Field global)
            {
                spelt = "global";
                return global.Value;
            }

            Node? next = node switch
            {
                SequenceNode list => int.TryParse(
                    step.AsSpan().TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                    ? list.Items.ElementAtOrDefault(index)
                    : null,
                MappingNode group => group.Find(step)?.Value,
                _ => null,
            };
            if (next is null)
            {
                break;
            }

            node = next;
        }

        return node;
    }
}
