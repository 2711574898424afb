namespace Sluice.Documents;

/// <summary>Reads <c>compat</c>: whose metrics are emitted beside Sluice's own.</summary>
internal sealed class CompatibilityReader(FaultList faults)
{
    private const string Field = "compat";
    private const string ToolHive = "toolhive";
    private const string Namespace = "namespace";
    private static readonly Dictionary<string, bool> Words = new() { [ToolHive] = true };
    private static readonly FieldTable Settings = new(new FieldSpec(Namespace, new TextSpec()));
    private static readonly FieldTable Table = new(new FieldSpec(ToolHive, new GroupSpec(() => Settings)).Required());

    /// <summary>The value of <c>compat</c>.</summary>
    internal static readonly ValueSpec Value = new AnyOfSpec(new ChoiceSpec<bool>(Words), new GroupSpec(() => Table));

    /// <summary>The settings; null without the field. Valid only when no fault was added.</summary>
    internal ToolHiveCompatibility? Read(FieldReader root)
    {
        if (root.Node(Field) is not MappingNode mapping)
        {
            return root.Choice<bool>(Field) is true ? new ToolHiveCompatibility() : null;
        }

        if (FieldReader.Open(mapping, Field, Table, faults) is not FieldReader reader
            || reader.Required(ToolHive) is not Node node
            || FieldReader.Open(node, reader.PathOf(ToolHive), Settings, faults) is not FieldReader settings)
        {
            return null;
        }

        ToolHiveCompatibility defaults = new();
        return new ToolHiveCompatibility { Namespace = settings.Text(Namespace) ?? defaults.Namespace };
    }
}
