namespace Sluice.Configuration;

/// <summary>Reads <c>compat</c>: whose metrics are emitted beside Sluice's own.</summary>
internal sealed class CompatibilityReader(FaultList faults)
{
    private const string Field = "compat";
    private const string ToolHive = "toolhive";
    private const string Namespace = "namespace";

    /// <summary>The settings; null without the field. Of use only when no fault was added.</summary>
    internal ToolHiveCompatibility? Read(FieldReader root)
    {
        if (root.Node(Field) is not MappingNode mapping)
        {
            return root.Choice(Field, new Dictionary<string, bool> { [ToolHive] = true }) is true ? new ToolHiveCompatibility() : null;
        }

        if (FieldReader.Open(mapping, Field, [ToolHive], [], faults) is not FieldReader reader
            || reader.Required(ToolHive) is not Node node
            || FieldReader.Open(node, reader.PathOf(ToolHive), [Namespace], [], faults) is not FieldReader settings)
        {
            return null;
        }

        ToolHiveCompatibility defaults = new();
        return new ToolHiveCompatibility { Namespace = settings.Text(Namespace, required: false) ?? defaults.Namespace };
    }
}
