using System.Collections.Immutable;
using Sluice.Configuration.Documents;

namespace Sluice.Configuration.Reading;

/// <summary>Reads <c>rateLimiting</c>, the one schema of limits, wherever it stands.</summary>
internal sealed class RateLimitingReader(FaultList faults)
{
    private static readonly string[] ScopeFields = ["shared", "perTenant", "perUser", "perClient"];
    private static readonly string[] EntryFields = ["name", .. ScopeFields, "cost", "mode", "onStoreFailure", "rejection"];

    private static readonly string[] PolicyFields =
    [
        .. ScopeFields, "global", "tools", "prompts", "resources", "methods", "cost", "mode", "meter", "missingIdentity",
        "onStoreFailure", "rejection", "errorCode", "allowReservedErrorCode", "headers", "caseSensitive",
    ];

    // Stands in for a rate that is wrong, so that its place counts as taken and no rule speaks of it a second time.
    private static readonly Rate Placeholder = new(int.MaxValue, Rate.MinRefillPeriod);

    /// <summary>The policy, or null when there are faults.</summary>
    /// <param name="node">The value of <c>rateLimiting</c>.</param>
    /// <param name="path">Its path.</param>
    /// <param name="server">The server's name.</param>
    /// <param name="identities">Which scopes have an identity to count by.</param>
    internal RateLimitPolicy? Read(Node node, string path, string server, KnownIdentities identities)
    {
        int before = faults.Count;
        FieldReader? reader = FieldReader.Open(node, path, PolicyFields, [], faults);
        if (reader is null)
        {
            return null;
        }

        if (reader.Has("global") && reader.Has("shared"))
        {
            faults.Add(reader.Mapping.Find("global")!, reader.PathOf("global"), "means 'shared', which is set too. Remove one of the two.");
        }

        RateLimitingSettings settings = ReadHeaders(reader, new()
        {
            Shared = ReadRate(reader, "shared", identities) ?? ReadRate(reader, "global", identities),
            PerTenant = ReadRate(reader, "perTenant", identities),
            PerUser = ReadRate(reader, "perUser", identities),
            PerClient = ReadRate(reader, "perClient", identities),
            Tools = ReadEntries(reader, "tools", identities),
            Prompts = ReadEntries(reader, "prompts", identities),
            Resources = ReadEntries(reader, "resources", identities),
            Methods = ReadEntries(reader, "methods", identities),
            Cost = (int?)reader.Integer("cost", 1, int.MaxValue) ?? 1,
            Mode = reader.Choice("mode", Words.Modes) ?? LimitMode.Enforce,
            Meter = reader.Choice("meter", Words.Meters) ?? MeteringUnit.Operations,
            MissingIdentity = reader.Choice("missingIdentity", Words.MissingIdentities) ?? MissingIdentity.Pool,
            OnStoreFailure = reader.Choice("onStoreFailure", Words.StoreFailures) ?? StoreFailureMode.Local,
            Rejection = reader.Choice("rejection", Words.Rejections) ?? RejectionForm.Auto,
            ErrorCode = (int?)reader.Integer("errorCode", int.MinValue, int.MaxValue) ?? 429,
            AllowReservedErrorCode = reader.Boolean("allowReservedErrorCode"),
            CaseSensitive = reader.Boolean("caseSensitive"),
        });
        bool readCleanly = faults.Count == before;
        RateLimitPolicy? policy = RateLimitPolicy.Compile(server, settings, out ImmutableArray<SettingsFault> broken);
        foreach (SettingsFault fault in broken)
        {
            // An entry whose own fields are wrong has been spoken of; that it also seems empty would mislead.
            if (readCleanly || !fault.IsAboutAbsence)
            {
                (int line, int column) = Locate(reader.Mapping, fault.Path);
                faults.Add(line, column, fault.Under(path).Path, fault.Message);
            }
        }

        return readCleanly ? policy : null;
    }

    private static RateLimitingSettings WithHeaders(RateLimitingSettings settings, FieldReader headers) => settings with
    {
        Headers = headers.Choice("mode", Words.HeaderModes) ?? LimitHeadersMode.OnRefusal,
        HeaderStyle = headers.Choice("style", Words.HeaderStyles) ?? LimitHeadersStyle.Draft11,
    };

    // `headers: always` says when; `headers: { mode: always, style: both }` says which as well.
    private RateLimitingSettings ReadHeaders(FieldReader reader, RateLimitingSettings settings) => reader.Node("headers") switch
    {
        null => settings,
        MappingNode mapping => WithHeaders(
            settings, FieldReader.Open(mapping, reader.PathOf("headers"), ["mode", "style"], [], faults)!),
        _ => settings with { Headers = reader.Choice("headers", Words.HeaderModes) ?? LimitHeadersMode.OnRefusal },
    };

    private Rate? ReadRate(FieldReader reader, string field, KnownIdentities identities)
    {
        if (reader.Node(field) is not Node node)
        {
            return null;
        }

        if (identities.WhyUnknown(field) is string why)
        {
            faults.Add(node, reader.PathOf(field), why);
        }

        return RateReader.Read(node, reader.PathOf(field), faults) ?? Placeholder;
    }

    private ImmutableArray<OperationSettings> ReadEntries(FieldReader reader, string field, KnownIdentities identities) =>
    [
        .. reader.List(field, required: false).Select(entry => ReadEntry(entry.Item, entry.Path, identities)),
    ];

    private OperationSettings ReadEntry(Node item, string path, KnownIdentities identities)
    {
        FieldReader? reader = FieldReader.Open(item, path, EntryFields, [], faults);
        if (reader is null)
        {
            return new() { Name = path, Shared = Placeholder };
        }

        return new()
        {
            Name = reader.Text("name", required: true) ?? path,
            Shared = ReadRate(reader, "shared", identities),
            PerTenant = ReadRate(reader, "perTenant", identities),
            PerUser = ReadRate(reader, "perUser", identities),
            PerClient = ReadRate(reader, "perClient", identities),
            Cost = (int?)reader.Integer("cost", 1, int.MaxValue),
            Mode = reader.Choice("mode", Words.Modes),
            OnStoreFailure = reader.Choice("onStoreFailure", Words.StoreFailures),
            Rejection = reader.Choice("rejection", Words.Rejections),
        };
    }

    /// <summary>The place of a path such as <c>tools[1].cost</c>, or of what is nearest above it.</summary>
    private static (int Line, int Column) Locate(MappingNode mapping, string path)
    {
        Node node = mapping;
        foreach (string step in path.Split('.', '[').Where(step => step.Length > 0))
        {
            Node? next = node switch
            {
                SequenceNode list => list.Items[int.Parse(step.TrimEnd(']'), System.Globalization.CultureInfo.InvariantCulture)],
                MappingNode fields => (fields.Find(step) ?? (step == "shared" ? fields.Find("global") : null))?.Value,
                _ => null,
            };
            if (next is null)
            {
                break;
            }

            node = next;
        }

        return (node.Line, node.Column);
    }
}
