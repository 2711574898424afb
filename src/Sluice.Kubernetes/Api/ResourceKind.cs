namespace Sluice.Kubernetes;

/// <summary>Objects of one kind in a cluster.</summary>
/// <param name="Group">The group.</param>
/// <param name="Version">The version that is asked for.</param>
/// <param name="Plural">The plural, in lower case.</param>
/// <param name="Kind">The kind.</param>
/// <param name="IsOptional">Whether a cluster may do without it, as it does without ToolHive.</param>
internal sealed record ResourceKind(string Group, string Version, string Plural, string Kind, bool IsOptional = false)
{
    /// <summary>How messages name it.</summary>
    internal string Name => $"{Plural}.{Group}";

    /// <summary>The path of all objects.</summary>
    /// <param name="space">The namespace; null for all.</param>
    internal string PathIn(string? space) =>
        space is null ? $"/apis/{Group}/{Version}/{Plural}" : $"/apis/{Group}/{Version}/namespaces/{space}/{Plural}";

    /// <summary>The path of the status of an object.</summary>
    internal string StatusPathOf(string space, string name) => $"{PathIn(space)}/{name}/status";
}
