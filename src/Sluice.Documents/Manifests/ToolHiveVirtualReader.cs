using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads what a <c>VirtualMCPServer</c> says about the servers behind it, by the rules of ToolHive.</summary>
/// <remarks>
/// Source: <c>pkg/vmcp/config</c>, <c>pkg/vmcp/aggregator</c> and <c>cmd/thv-operator/api</c> of github.com/stacklok/toolhive, read in
/// November 2026.
/// </remarks>
/// <param name="faults">Takes what is wrong.</param>
internal sealed class ToolHiveVirtualReader(FaultList faults)
{
    internal const string AggregationField = "aggregation";
    private const string StrategyField = "conflictResolution";
    private const string SettingsField = "conflictResolutionConfig";
    private const string PriorityField = "priorityOrder";
    private const string ToolsField = "tools";
    private const string FilterField = "filter";
    private const string OverridesField = "overrides";
    private const string ToolConfigField = "toolConfigRef";
    private const string BackendsField = "backends";

    private static readonly Dictionary<string, NameConflicts> Strategies = new(StringComparer.Ordinal)
    {
        ["prefix"] = NameConflicts.Prefix,
        ["priority"] = NameConflicts.Priority,
        ["manual"] = NameConflicts.Error,
    };

    private static readonly Dictionary<string, string> LostFields = new(StringComparer.Ordinal)
    {
        ["compositeTools"] = "Sluice has no composite tools: these are not advertised. "
            + "Let a server of its own have them, and put it into the group.",
        ["compositeToolRefs"] = "Sluice has no composite tools: these are not advertised. "
            + "Let a server of its own have them, and put it into the group.",
        ["optimizer"] = "Sluice has no optimizer: clients see all tools instead of find_tool and call_tool.",
    };

    private static readonly ValueSpec Names = new ListSpec(new TextSpec(), RateLimitingReader.MaxEntries);
    private static readonly FieldTable SettingsTable = new(new("prefixFormat", new TextSpec()), new(PriorityField, Names));
    private static readonly ValueSpec Anything = new AnyTextSpec();

    private static readonly FieldTable WorkloadTable = new(
        new FieldSpec("workload", new TextSpec()).Required(),
        new(ToolConfigField, Anything),
        new(FilterField, Names),
        new(OverridesField, Anything),
        new("excludeAll", new BooleanSpec()));

    private static readonly FieldTable AggregationTable = new(
        new FieldSpec(StrategyField, new ChoiceSpec<NameConflicts>(Strategies)),
        new(SettingsField, Anything),
        new(ToolsField, new ListSpec(new GroupSpec(() => WorkloadTable), RateLimitingReader.MaxEntries)),
        new("excludeAllTools", new BooleanSpec()));

    private static readonly FieldTable ToolConfigTable = new(new("toolsFilter", Names), new("toolsOverride", Anything));

    private static readonly FieldTable BackendTable = new(
        new FieldSpec("name", new TextSpec()).Required(),
        new FieldSpec("url", new TextSpec()).Required(),
        new FieldSpec("transport", new ChoiceSpec<bool>(ToolHiveBackendReader.Transports)).Required());

    private readonly List<(Field Field, string Path, string Message)> _lost = [];

    /// <summary>Reads an <c>MCPToolConfig</c>; null when it is wrong.</summary>
    internal static ((string? Namespace, string Name) Key, ToolHiveTools Tools)? ReadToolConfig(KubernetesObject manifest)
    {
        FaultList faults = manifest.Document.Faults;
        int before = faults.Count;
        ToolHiveVirtualReader reader = new(faults);
        ToolHiveServer? named = ToolHiveReader.ReadName(manifest);
        MappingNode spec = manifest.Root.Find("spec")?.Value as MappingNode ?? new MappingNode(0, 0, []);
        FieldReader fields = ToolHiveReader.Part(spec, manifest.PathOf("spec"), ToolConfigTable, faults);
        ToolHiveTools tools = new(
            TextsOf(fields, "toolsFilter"), reader.ReadOverrides(fields.Node("toolsOverride"), fields.PathOf("toolsOverride")));
        reader._lost.ForEach(lost => manifest.Document.Warnings.Add(lost.Field, lost.Path, lost.Message));
        return named is null || faults.Count > before ? null : ((named.Namespace, named.ShortName), tools);
    }

    /// <summary>Reads <c>config</c>.</summary>
    /// <param name="config">The group; null where the manifest has none.</param>
    /// <param name="path">Its path.</param>
    /// <param name="group">The group that the manifest names beside it; or null.</param>
    internal ToolHiveVirtual Read(MappingNode? config, string path, string? group)
    {
        ToolHiveVirtual read = new() { Group = group ?? TextOf(config?.Find("groupRef")?.Value) ?? TextOf(config?.Find("group")?.Value) };
        if (config is null)
        {
            return read;
        }

        read = read with
        {
            Lost =
            [
                .. config.Fields
                    .Where(field => LostFields.ContainsKey(field.Name))
                    .Select(field => (field, $"{path}.{field.Name}", LostFields[field.Name])),
            ],
            Backends = ReadBackends(config, path),
        };
        read = config.Find(AggregationField)?.Value is Node node ? ReadAggregation(node, $"{path}.{AggregationField}", read) : read;
        return read with { Lost = [.. read.Lost, .. _lost] };
    }

    private ToolHiveVirtual ReadAggregation(Node node, string path, ToolHiveVirtual read)
    {
        if (Open(node, path, AggregationTable) is not FieldReader reader)
        {
            return read;
        }

        NameConflicts conflicts = reader.Choice<NameConflicts>(StrategyField) ?? NameConflicts.Prefix;
        ToolHiveVirtual result = read with
        {
            Conflicts = conflicts,
            ExcludesAllTools = reader.Boolean("excludeAllTools"),
            Workloads =
            [
                .. reader.List(ToolsField).Select(entry => ReadWorkload(entry.Item, entry.Path)).OfType<ToolHiveWorkload>(),
            ],
        };
        foreach (IGrouping<string, ToolHiveWorkload> same in result.Workloads.GroupBy(workload => workload.Name, StringComparer.Ordinal))
        {
            foreach (ToolHiveWorkload second in same.Skip(1))
            {
                faults.Add(
                    second.Node, $"{second.Path}.workload", $"{Shown.Quote(second.Name)} is in the list twice. Merge the two entries.");
            }
        }

        return reader.Node(SettingsField) is Node settings
            && Open(settings, reader.PathOf(SettingsField), SettingsTable) is FieldReader fields
            ? ReadSettings(fields, settings, reader.PathOf(SettingsField), result)
            : result;
    }

    private ToolHiveVirtual ReadSettings(FieldReader fields, Node node, string path, ToolHiveVirtual read)
    {
        ImmutableArray<string> order = TextsOf(fields, PriorityField);
        if (read.Conflicts == NameConflicts.Priority && !fields.HasAttempt(PriorityField))
        {
            faults.Add(
                node, path,
                $"lacks the field '{PriorityField}', which the strategy 'priority' needs. "
                    + "Add the names of the servers, the first one wins.");
        }

        return read with
        {
            PrefixFormat = fields.Text("prefixFormat") ?? read.PrefixFormat,
            PriorityOrder = order,
            PriorityPlace = fields.Node(PriorityField) is Node list ? (list, fields.PathOf(PriorityField)) : null,
        };
    }

    private ToolHiveWorkload? ReadWorkload(Node item, string path)
    {
        if (Open(item, path, WorkloadTable) is not FieldReader reader)
        {
            return null;
        }

        string? name = reader.Text("workload");
        (string, Node, string)? reference = null;
        if (reader.Node(ToolConfigField) is Node config)
        {
            string? toolConfig = TextOf((config as MappingNode)?.Find("name")?.Value);
            if (toolConfig is null)
            {
                faults.Add(config, reader.PathOf(ToolConfigField), "does not name an MCPToolConfig. Write 'name: …'.");
            }
            else
            {
                reference = (toolConfig, config, reader.PathOf(ToolConfigField));
            }
        }

        ToolHiveTools tools = new(TextsOf(reader, FilterField), ReadOverrides(reader.Node(OverridesField), reader.PathOf(OverridesField)));
        return name is null ? null : new ToolHiveWorkload(name, item, path)
        {
            Tools = tools,
            ToolConfig = reference,
            ExcludesAll = reader.Boolean("excludeAll"),
        };
    }

    /// <summary>The other names that overrides give to tools.</summary>
    /// <param name="node">The overrides, by the server's own name of a tool; null for none.</param>
    /// <param name="path">Their path.</param>
    private ImmutableArray<KeyValuePair<string, string>> ReadOverrides(Node? node, string path)
    {
        if (node is not MappingNode overrides)
        {
            if (node is not null)
            {
                faults.Add(node, path, $"{node.Describe()} is not a group of tools. Write 'NAME: {{ name: OTHER }}'.");
            }

            return [];
        }

        ImmutableArray<KeyValuePair<string, string>>.Builder read = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (Field field in overrides.Fields)
        {
            string at = $"{path}.{Shown.Step(field.Name)}";
            if (field.Value is not MappingNode values)
            {
                faults.Add(field.Value, at, $"{field.Value.Describe()} is not a group of fields. Write '{{ name: OTHER }}'.");
                continue;
            }

            foreach (Field other in values.Fields.Where(other => other.Name != "name"))
            {
                _lost.Add((
                    other, $"{at}.{Shown.Step(other.Name)}",
                    "Sluice changes the name of a tool only, and shows this as the server says it."));
            }

            if (TextOf(values.Find("name")?.Value) is not string name || name == field.Name)
            {
                continue;
            }

            if (read.Any(entry => entry.Value == name))
            {
                faults.Add(
                    values.Find("name")!.Value, $"{at}.name", $"{Shown.Quote(name)} is the new name of another tool too. Choose another.");
            }
            else
            {
                read.Add(new(field.Name, name));
            }
        }

        return read.ToImmutable();
    }

    private ImmutableArray<ToolHiveStaticBackend> ReadBackends(MappingNode config, string path)
    {
        if (config.Find(BackendsField)?.Value is not Node list)
        {
            return [];
        }

        string at = $"{path}.{BackendsField}";
        if (list is not SequenceNode sequence)
        {
            faults.Add(list, at, $"{list.Describe()} is not a list. Write a list.");
            return [];
        }

        List<ToolHiveStaticBackend> read = [];
        for (int i = 0; i < sequence.Items.Length; i++)
        {
            Node item = sequence.Items[i];
            string itemPath = $"{at}[{i}]";
            if (Open(item, itemPath, BackendTable) is not FieldReader reader)
            {
                continue;
            }

            string? name = reader.Text("name");
            reader.Required("transport");
            reader.Choice<bool>("transport");
            if (ToolHiveBackendReader.ReadUrl(reader, "url", faults) is Uri address && name is not null)
            {
                read.Add(new ToolHiveStaticBackend(name, address, item, itemPath));
            }
        }

        return [.. read];
    }

    /// <summary>The texts of a list; an empty list has none.</summary>
    internal static ImmutableArray<string> TextsOf(FieldReader reader, string field) =>
        reader.Node(field) is SequenceNode { Items.IsEmpty: true }
        ? []
        : [.. reader.List(field).Select(entry => TextOf(entry.Item)).OfType<string>()];

    /// <summary>A text that is not empty; null for anything else.</summary>
    internal static string? TextOf(Node? node) => node is ScalarNode { IsNull: false, Value.Length: > 0 } scalar ? scalar.Value : null;

    // Of a group, the fields of the table; a field that means one of them must not be lost.
    private FieldReader? Open(Node node, string path, FieldTable table)
    {
        if (node is not MappingNode mapping)
        {
            faults.Add(node, path, $"{node.Describe()} is not a group of fields. Write fields, such as '{table.Names[0]}: …'.");
            return null;
        }

        foreach (Field field in mapping.Fields)
        {
            if (!table.Names.Contains(field.Name) && NearestName.Find(field.Name, table.Names) is string near)
            {
                faults.Add(field, $"{path}.{Shown.Step(field.Name)}", $"{Shown.Quote(field.Name)} is not a field. Did you mean '{near}'?");
            }
        }

        return ToolHiveReader.Part(mapping, path, table, faults);
    }
}
