namespace Sluice.Documents;

/// <summary>Names a server by the object that describes it.</summary>
/// <param name="Group">The group of its kind.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace; null in files that name none.</param>
/// <param name="Name">Its name.</param>
internal sealed record ResourceTarget(string Group, string Kind, string? Namespace, string Name)
{
    /// <summary>The target of an object.</summary>
    internal static ResourceTarget Of(KubernetesObject manifest, ResourceIdentity identity) =>
        new(manifest.Group, manifest.Kind, identity.Namespace, identity.Name);
}

/// <summary>A reference of a policy to what it limits.</summary>
/// <param name="Target">The server.</param>
/// <param name="SectionName">The one tool that is limited; null for the whole server.</param>
/// <param name="Node">Where the reference is written.</param>
/// <param name="Path">Its path.</param>
internal sealed record TargetReference(ResourceTarget Target, string? SectionName, Node Node, string Path);
