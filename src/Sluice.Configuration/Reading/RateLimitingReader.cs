using System.Collections.Immutable;
using System.Globalization;

namespace Sluice.Configuration;

/// <summary>Reads <c>rateLimiting</c>, the one schema of limits, wherever it stands.</summary>
/// <param name="faults">Takes what is wrong.</param>
/// <param name="identities">The identities that limits can count by.</param>
internal sealed class RateLimitingReader(FaultList faults, KnownIdentities identities)
{
    /// <summary>The most entries of a list.</summary>
    internal const int MaxEntries = 1_000;

    /// <summary>The fields of the scopes.</summary>
    internal static readonly string[] ScopeFields = ["shared", "perTenant", "perUser", "perClient"];
    private static readonly string[] EntryFields = ["name", .. ScopeFields, "concurrency", "overrides", "cost", "wait", "mode", "onStoreFailure", "rejection"];
    private static readonly string[] HeaderFields = ["mode", "style", "reset"];

    private static readonly string[] PolicyFields =
    [
        .. ScopeFields, "concurrency", "global", "limits", "overrides", "tools", "prompts", "resources", "methods", "cost", "wait", "maxWaiting", "mode", "meter",
        "missingIdentity",
        "onStoreFailure", "rejection", "errorCode", "allowReservedErrorCode", "headers", "caseSensitive", "slidingWindowCeiling",
    ];

    private static readonly string[] AllFields =
    [
        .. PolicyFields, .. EntryFields, .. HeaderFields, .. RateReader.Fields, .. ConcurrencyReader.Fields, .. NamedLimitReader.Fields, .. ConditionReader.Fields,
    ];

    private readonly RatesReader _rates = new(faults);
    private readonly OverridesReader _overrides = new(faults, identities);
    private readonly NamedLimitReader _limits = new(faults, identities);

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
        FieldReader? reader = FieldReader.Open(node, path, PolicyFields, [], faults);
        if (reader is null)
        {
            return null;
        }

        RateLimitPolicy? policy = RateLimitPolicy.Compile(server, ReadSettings(reader), out ImmutableArray<SettingsFault> broken);
        AddFaults(broken, reader.Mapping, path);
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
            Cost = reader.Integer("cost", 1, int.MaxValue) ?? defaults.Cost,
            Wait = ReadWait(reader) ?? defaults.Wait,
            MaxWaiting = reader.Integer("maxWaiting", 1, RateLimitingSettings.MaxMaxWaiting) ?? defaults.MaxWaiting,
            Mode = reader.Choice("mode", Words.Modes) ?? defaults.Mode,
            Meter = reader.Choice("meter", Words.Meters) ?? defaults.Meter,
            MissingIdentity = reader.Choice("missingIdentity", Words.MissingIdentities) ?? defaults.MissingIdentity,
            OnStoreFailure = reader.Choice("onStoreFailure", Words.StoreFailures) ?? defaults.OnStoreFailure,
            Rejection = reader.Choice("rejection", Words.Rejections) ?? defaults.Rejection,
            ErrorCode = reader.Integer("errorCode", int.MinValue, int.MaxValue) ?? defaults.ErrorCode,
            AllowReservedErrorCode = reader.Boolean("allowReservedErrorCode"),
            CaseSensitive = reader.Boolean("caseSensitive"),
            SlidingWindowCeiling = ReadCeiling(reader) ?? defaults.SlidingWindowCeiling,
        });
    }

    /// <summary>How long a call may be held; null where nothing valid says it.</summary>
    internal static TimeSpan? ReadWait(FieldReader reader) =>
        reader.Duration("wait", TimeSpan.Zero, RateLimitingSettings.MaxWait, "0s to 60s", "2s");

    // A ceiling that is wrong is as good as none while the other faults are found.
    private static int? ReadCeiling(FieldReader reader) =>
        reader.Integer("slidingWindowCeiling", 1, int.MaxValue) ?? (reader.HasAttempt("slidingWindowCeiling") ? int.MaxValue : null);

    // `headers: always` says when; `headers: { mode: always, style: both }` says which as well.
    private RateLimitingSettings WithHeaders(FieldReader reader, RateLimitingSettings settings)
    {
        if (reader.Node("headers") is not MappingNode mapping)
        {
            return settings with { Headers = reader.Choice("headers", Words.HeaderModes) ?? settings.Headers };
        }

        if (mapping.Fields.IsEmpty)
        {
            faults.Add(mapping, reader.PathOf("headers"), "is empty. Write 'mode', 'style' or 'reset', or remove the field.");
        }

        FieldReader headers = FieldReader.Open(mapping, reader.PathOf("headers"), HeaderFields, [], faults)!;
        return settings with
        {
            Headers = headers.Choice("mode", Words.HeaderModes) ?? settings.Headers,
            HeaderStyle = headers.Choice("style", Words.HeaderStyles) ?? settings.HeaderStyle,
            HeaderReset = headers.Choice("reset", Words.HeaderResets) ?? settings.HeaderReset,
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
            [.. reader.List(field, required: false, MaxEntries).Select(entry => ReadEntry(entry.Item, entry.Path))];
        return entries.Length == 0 && reader.HasAttempt(field) ? [PlaceholderEntry(reader.PathOf(field))] : [.. entries];
    }

    private OperationSettings ReadEntry(Node item, string path)
    {
        FieldReader? reader = FieldReader.Open(item, path, EntryFields, [], faults);
        return reader is null ? PlaceholderEntry(path) : new()
        {
            Name = reader.Text("name", required: true) ?? UniqueName(path),
            Shared = ReadRates(reader, "shared"),
            PerTenant = ReadRates(reader, "perTenant"),
            PerUser = ReadRates(reader, "perUser"),
            PerClient = ReadRates(reader, "perClient"),
            Concurrency = ReadConcurrency(reader),
            Overrides = _overrides.ReadScopes(reader),
            Cost = reader.Integer("cost", 1, int.MaxValue) ?? (reader.HasAttempt("cost") ? 1 : null),
            Wait = ReadWait(reader) ?? (reader.HasAttempt("wait") ? TimeSpan.Zero : null),
            Mode = reader.Choice("mode", Words.Modes),
            OnStoreFailure = reader.Choice("onStoreFailure", Words.StoreFailures),
            Rejection = reader.Choice("rejection", Words.Rejections),
        };
    }

    private static OperationSettings PlaceholderEntry(string path) => new() { Name = UniqueName(path), Shared = RatesReader.Placeholder };

    // No name in a file has a control character, so this one never means the same as another.
    private static string UniqueName(string path) => "\u0001" + path;

    /// <summary>Adds what the rules of a policy object to, each at its place in the document.</summary>
    private void AddFaults(ImmutableArray<SettingsFault> broken, MappingNode mapping, string path)
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
            faults.Add(at, (fault with { Path = spelt }).Under(path).Path, message);
        }
    }

    /// <summary>What stands at a path such as <c>tools[1].cost</c>, or is nearest above it.</summary>
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
                SequenceNode list => int.TryParse(step.AsSpan().TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
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
