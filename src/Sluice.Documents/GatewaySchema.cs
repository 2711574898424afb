using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Documents;

/// <summary>The JSON Schema of configurations, made of the tables by which they are read.</summary>
/// <remarks>
/// <para>It follows JSON Schema 2020-12, and describes the document after the YAML parser and before <c>${…}</c> is replaced.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class GatewaySchema
{
    private static readonly JsonSerializerOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true, NewLine = "\n" };

    /// <summary>The schema of a gateway's file.</summary>
    /// <returns>The schema, as JSON text of several lines.</returns>
    internal static string OfGateway() => Write("Sluice: the configuration of a gateway", GatewayReader.Table);

    /// <summary>The schema of a file with <c>rateLimiting</c> at its root.</summary>
    /// <returns>The schema, as JSON text of several lines.</returns>
    internal static string OfLocalFile() => Write("Sluice: limits of a server over stdio", LocalFile.Table);

    private static string Write(string title, FieldTable table)
    {
        JsonObject root = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = title,
        };
        foreach ((string name, JsonNode? value) in new GroupSpec(() => table).ToSchema())
        {
            root[name] = value?.DeepClone();
        }

        JsonObject definitions = new()
        {
            ["reference"] = new JsonObject
            {
                ["type"] = "string",
                ["pattern"] = SchemaPatterns.Reference,
                ["description"] = "A value from the environment, ${NAME} or ${NAME:-default}, or from a file, ${file:/path}.",
            },
        };
        foreach (SharedSpec shared in SharedIn(table, []))
        {
            definitions[shared.Name] = shared.Value.ToSchema();
        }

        root["$defs"] = definitions;
        return root.ToJsonString(Options);
    }

    private static IEnumerable<SharedSpec> SharedIn(FieldTable table, HashSet<object> seen) =>
        seen.Add(table) ? table.Fields.SelectMany(field => SharedIn(field.Value, seen)) : [];

    private static IEnumerable<SharedSpec> SharedIn(ValueSpec value, HashSet<object> seen) => value switch
    {
        SharedSpec shared => seen.Add(shared.Name) ? SharedIn(shared.Value, seen).Prepend(shared) : [],
        GroupSpec group => SharedIn(group.Table(), seen),
        ListSpec list => SharedIn(list.Item, seen),
        MapSpec map => SharedIn(map.Value, seen),
        AnyOfSpec any => any.Alternatives.SelectMany(alternative => SharedIn(alternative, seen)),
        _ => [],
    };
}
