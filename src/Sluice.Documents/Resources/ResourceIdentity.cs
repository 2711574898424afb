using System.Globalization;

namespace Sluice.Documents;

/// <summary>Which object of a cluster, or of a file, a resource is.</summary>
/// <param name="Namespace">Its namespace; null in a file that names none.</param>
/// <param name="Name">Its name.</param>
/// <param name="NameField">The field that names it.</param>
internal sealed record ResourceIdentity(string? Namespace, string Name, Field NameField)
{
    private const string Metadata = "metadata";

    /// <summary>The instant at which the cluster created it; the earliest of all for an object of a file.</summary>
    internal DateTimeOffset CreatedAt { get; init; }

    /// <summary>The name of the server that the object describes: namespace, dot and name.</summary>
    internal string ServerName => NameOf(Name);

    /// <summary>The name of the server that another object of the namespace describes.</summary>
    internal string NameOf(string name) => Namespace is null ? name : $"{Namespace}.{name}";

    /// <summary>Reads <c>metadata</c>; null when it is wrong.</summary>
    /// <param name="manifest">The object.</param>
    /// <param name="isServer">Whether its name becomes the name of a server, which is shorter than a name in Kubernetes may be.</param>
    internal static ResourceIdentity? Read(KubernetesObject manifest, bool isServer)
    {
        FaultList faults = manifest.Document.Faults;
        if (manifest.Root.Find(Metadata)?.Value is not MappingNode metadata || metadata.Find("name") is not Field nameField)
        {
            faults.Add(manifest.Root, manifest.Path, "lacks 'metadata.name'. Add it.");
            return null;
        }

        int before = faults.Count;
        string? name = TextOf(metadata, "name", manifest);
        string? space = metadata.Find("namespace") is null ? null : TextOf(metadata, "namespace", manifest);
        if (name is null || faults.Count > before)
        {
            return null;
        }

        ResourceIdentity identity = new(space, name, nameField) { CreatedAt = TimeOf(metadata) };
        if (isServer && identity.ServerName.Length > ServerReader.MaxNameLength)
        {
            faults.Add(
                nameField.Value,
                manifest.PathOf($"{Metadata}.name"),
                $"{Shown.Quote(identity.ServerName)} is the name of the server, "
                    + $"and has {identity.ServerName.Length} characters, where Sluice allows "
                + $"{ServerReader.MaxNameLength}. Shorten it.");
            return null;
        }

        return identity;
    }

    private static string? TextOf(MappingNode metadata, string field, KubernetesObject manifest)
    {
        Node node = metadata.Find(field)!.Value;
        string? wrong = node is not ScalarNode { IsNull: false } scalar || FieldReader.IsAnotherType(scalar)
            ? $"{node.Describe()} is not text. Write a single value."
            : !ToolHiveReader.KubernetesName().IsMatch(scalar.Value)
                ? $"{node.Describe()} is not a name. Use lower-case letters, digits, '-' and '.', with a letter or digit at both ends."
                : null;
        if (wrong is null)
        {
            return ((ScalarNode)node).Value;
        }

        manifest.Document.Faults.Add(node, manifest.PathOf($"{Metadata}.{field}"), wrong);
        return null;
    }

    // Of a file it may say anything: only clusters set it.
    private static DateTimeOffset TimeOf(MappingNode metadata) =>
        metadata.Find("creationTimestamp")?.Value is ScalarNode scalar
        && DateTimeOffset.TryParse(scalar.Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : DateTimeOffset.MinValue;
}
