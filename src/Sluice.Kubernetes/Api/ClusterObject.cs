using System.Text.Json;
using Sluice.Configuration;

namespace Sluice.Kubernetes;

/// <summary>An object of a cluster, as far as Sluice reads it.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Tells it from another object of the same name that existed before.</param>
/// <param name="ResourceVersion">Changes with each write.</param>
/// <param name="Generation">Changes with each write of its spec.</param>
/// <param name="Root">Its fields; those of managers are left out.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ClusterObject(
    ResourceKind Kind, string Namespace, string Name, string Uid, string ResourceVersion, long Generation, MappingNode Root)
{
    private static readonly string[] MetadataFields = ["name", "namespace", "creationTimestamp"];

    /// <summary>Tells objects of all kinds apart.</summary>
    internal (ResourceKind Kind, string Namespace, string Name) Key => (Kind, Namespace, Name);

    /// <summary>Reads an object.</summary>
    /// <exception cref="FormatException">It has no name, namespace or version.</exception>
    internal static ClusterObject Read(JsonElement json, ResourceKind kind)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("metadata", out JsonElement metadata) || metadata.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"The API server sent an object of {kind.Name} without metadata.");
        }

        MappingNode root = new(0, 0,
        [
            Field("apiVersion", Text($"{kind.Group}/{kind.Version}")),
            Field("kind", Text(kind.Kind)),
            Field("metadata", JsonNodes.Group(metadata.EnumerateObject().Where(field => MetadataFields.Contains(field.Name)))),
            .. json.EnumerateObject().Where(field => field.Name is "spec" or "status" && field.Value.ValueKind == JsonValueKind.Object)
                .Select(field => Field(field.Name, JsonNodes.Of(field.Value))),
        ]);
        return new ClusterObject(
            kind,
            TextOf(metadata, "namespace", kind),
            TextOf(metadata, "name", kind),
            TextOf(metadata, "uid", kind),
            TextOf(metadata, "resourceVersion", kind),
            metadata.TryGetProperty("generation", out JsonElement generation) && generation.TryGetInt64(out long number) ? number : 0,
            root);
    }

    private static string TextOf(JsonElement metadata, string name, ResourceKind kind) =>
        metadata.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException($"The API server sent an object of {kind.Name} without metadata.{name}.");

    private static Field Field(string name, Node value) => new(name, 0, 0, value);

    private static ScalarNode Text(string text) => new(0, 0) { Written = text, Value = text, IsPlain = false };
}
