namespace Sluice.Documents;

/// <summary>Emit the metrics of ToolHive's rate limits too, with its names and labels.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ToolHiveCompatibility
{
    /// <summary>The value of the label <c>namespace</c>.</summary>
    /// <value>1 to 256 characters. The default is <c>default</c>.</value>
    public string Namespace { get; init; } = "default";
}
