namespace Sluice.Documents;

/// <summary>An object of Kubernetes, as a manifest has it.</summary>
/// <param name="Root">Its fields, typed as Kubernetes types them.</param>
/// <param name="Path">Its path in its document: empty, or an item of a list.</param>
/// <param name="Group">The group of its kind, such as <c>toolhive.stacklok.dev</c>; empty for kinds of Kubernetes itself.</param>
/// <param name="Version">The version of its kind.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Document">The document that contains it.</param>
internal sealed record KubernetesObject(MappingNode Root, string Path, string Group, string Version, string Kind, SourceDocument Document)
{
    private const string ApiVersionField = "apiVersion";
    private const string KindField = "kind";
    private const string ItemsField = "items";

    /// <summary>Whether a text may hold an object: only then is it worth a closer look.</summary>
    internal static bool MayBeIn(ReadOnlySpan<char> text) => text.Contains(ApiVersionField, StringComparison.Ordinal);

    /// <summary>Whether a document is an object.</summary>
    internal static bool IsObject(Node root) => root is MappingNode mapping && mapping.Find(ApiVersionField) is not null;

    /// <summary>The path of a field of it.</summary>
    internal string PathOf(string field) => Path.Length == 0 ? field : $"{Path}.{field}";

    /// <summary>The object of a document; of a list of objects, its items.</summary>
    internal static IEnumerable<KubernetesObject> AllOf(SourceDocument document) => AllOf((MappingNode)document.Root, "", document);

    private static IEnumerable<KubernetesObject> AllOf(MappingNode written, string path, SourceDocument document)
    {
        MappingNode root = KubernetesScalars.Read(written);
        if (TextOf(root, ApiVersionField, path, document) is not string apiVersion || TextOf(root, KindField, path, document) is not string kind)
        {
            return [];
        }

        string[] parts = apiVersion.Split('/');
        return kind.EndsWith("List", StringComparison.Ordinal) && root.Find(ItemsField)?.Value is SequenceNode items
            ? items.Items.SelectMany((item, index) => OfItem(
                item, $"{(path.Length == 0 ? "" : path + ".")}{ItemsField}[{index}]", document))
            : [new KubernetesObject(root, path, parts.Length > 1 ? parts[0] : "", parts[^1], kind, document)];
    }

    private static IEnumerable<KubernetesObject> OfItem(Node item, string path, SourceDocument document)
    {
        if (item is MappingNode mapping)
        {
            return AllOf(mapping, path, document);
        }

        document.Faults.Add(item, path, $"{item.Describe()} is not an object. Write its apiVersion, kind, metadata and spec.");
        return [];
    }

    private static string? TextOf(MappingNode root, string field, string path, SourceDocument document)
    {
        string full = path.Length == 0 ? field : $"{path}.{field}";
        if (root.Find(field)?.Value is not Node node)
        {
            document.Faults.Add(root, path, $"is an object of Kubernetes and lacks '{field}'. Add it.");
            return null;
        }

        if (node is ScalarNode scalar && !FieldReader.IsAnotherType(scalar) && scalar.Value.Length > 0)
        {
            return scalar.Value;
        }

        document.Faults.Add(node, full, $"{node.Describe()} is not text. Write a single value.");
        return null;
    }
}
