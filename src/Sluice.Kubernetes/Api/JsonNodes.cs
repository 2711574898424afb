using System.Text.Json;
using Sluice.Configuration;

namespace Sluice.Kubernetes;

/// <summary>Turns JSON of an API server into the nodes that documents are read from. They have no lines.</summary>
internal static class JsonNodes
{
    /// <summary>A value.</summary>
    internal static Node Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => Group(json.EnumerateObject()),
        JsonValueKind.Array => new SequenceNode(0, 0, [.. json.EnumerateArray().Select(Of)]),
        JsonValueKind.String => Scalar(json.GetString()!, isPlain: false),
        JsonValueKind.Null => Scalar("null", isPlain: true),
        _ => Scalar(json.GetRawText(), isPlain: true),
    };

    /// <summary>A group of fields; a field without a value counts as absent, as for the API server.</summary>
    internal static MappingNode Group(IEnumerable<JsonProperty> fields) => new(
        0, 0, [.. fields.Where(field => field.Value.ValueKind != JsonValueKind.Null).Select(field => new Field(field.Name, 0, 0, Of(field.Value)))]);

    private static ScalarNode Scalar(string text, bool isPlain) => new(0, 0) { Written = text, Value = text, IsPlain = isPlain };
}
