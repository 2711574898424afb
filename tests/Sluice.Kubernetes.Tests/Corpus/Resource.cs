using System.Text.Json.Nodes;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Kubernetes.Tests.Corpus;

/// <summary>A resource of the list beside this file, and what is said of it.</summary>
/// <param name="Title">What is special about it.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Spec">The fields of its spec, as YAML in one line.</param>
/// <param name="Verdict"><c>accepted</c>, <c>rejected</c> or <c>late</c>.</param>
/// <param name="Message">The beginning of what the validator says; empty where it accepts.</param>
public sealed record Resource(string Title, string Kind, string Spec, string Verdict, string Message)
{
    private static readonly (string Short, string Text)[] Words =
    [
        ("$t", "targetRefs: [ { group: sluice.dev, kind: Server, name: weather } ]"),
        ("$u", "upstream: { url: \"http://weather.tools.svc:8080/mcp\" }"),
    ];

    /// <summary>All resources of the list.</summary>
    internal static Resource[] All { get; } =
    [
        .. from line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Corpus", "resources.txt"))
           where line.Length > 0 && line[0] != '#'
           let parts = line.Split('|', 5, StringSplitOptions.TrimEntries)
           select parts.Length == 5 ? new Resource(parts[0], parts[1], parts[2], parts[3], parts[4]) : throw new FormatException(line),
    ];

    /// <summary>The manifest.</summary>
    internal string Manifest =>
        $$"""
        apiVersion: sluice.dev/v1alpha1
        kind: {{Kind}}
        metadata: { name: weather, namespace: tools }
        spec: { {{Words.Aggregate(Spec, (written, word) => written.Replace(word.Short, word.Text, StringComparison.Ordinal))}} }

        """;

    /// <summary>The manifest as kubectl sends it.</summary>
    internal JsonNode Json
    {
        get
        {
            FaultList faults = new("corpus");
            Node root = DocumentReader.ReadAll(Manifest, _ => null, faults).Single();
            faults.Count.ShouldBe(0, Title);
            return ToJson(KubernetesScalars.Read(root))!;
        }
    }

    public override string ToString() => Title;

    private static JsonNode? ToJson(Node node) => node switch
    {
        MappingNode group => new JsonObject(group.Fields.Select(field => KeyValuePair.Create(field.Name, ToJson(field.Value)))),
        SequenceNode list => new JsonArray([.. list.Items.Select(ToJson)]),
        ScalarNode { IsPlain: false } text => JsonValue.Create(text.Value),
        ScalarNode { IsNull: true } => null,
        ScalarNode { Value: "true" or "false" } boolean => JsonValue.Create(boolean.Value == "true"),
        ScalarNode number when FieldReader.IsAnotherType(number) => JsonNode.Parse(number.Value),
        ScalarNode text => JsonValue.Create(text.Value),
        _ => throw new InvalidOperationException(),
    };
}
