using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sluice.Kubernetes;

/// <summary>Writes JSON as the YAML of a file in a repository: the same text for the same content.</summary>
internal static partial class YamlText
{
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase) { "y", "yes", "n", "no", "on", "off", "true", "false", "null" };

    /// <summary>The text of a document, with a line end at its end.</summary>
    internal static string Of(JsonNode root)
    {
        using StringWriter writer = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Emitter emitter = new(writer, EmitterSettings.Default.WithBestWidth(int.MaxValue).WithNewLine("\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Write(emitter, root);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return writer.ToString();
    }

    private static void Write(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject group:
                emitter.Emit(new MappingStart(null, null, isImplicit: true, group.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach ((string name, JsonNode? value) in group)
                {
                    WriteScalar(emitter, name, isText: true);
                    Write(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                bool isShort = list.All(item => item is JsonValue);
                emitter.Emit(new SequenceStart(null, null, isImplicit: true, isShort ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (JsonNode? item in list)
                {
                    Write(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            default:
                bool isText = node?.GetValueKind() == JsonValueKind.String;
                WriteScalar(emitter, isText ? node!.GetValue<string>() : node?.ToJsonString() ?? "null", isText);
                break;
        }
    }

    // Texts that another reader of YAML may take for something else are in quotes.
    private static void WriteScalar(Emitter emitter, string text, bool isText)
    {
        bool isPlain = !isText || (PlainText().IsMatch(text) && !Words.Contains(text));
        emitter.Emit(new Scalar(null, null, text, isPlain ? ScalarStyle.Plain : ScalarStyle.SingleQuoted, isPlain, !isPlain));
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_./-]*\z")]
    private static partial Regex PlainText();
}
