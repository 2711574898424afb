using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Sluice.Configuration;

/// <summary>Turns a section of a .NET configuration into the nodes that documents are read from.</summary>
internal static class SectionNodes
{
    // Names are texts, whatever they look like; every other value is read as its field wants it.
    private const string TextField = "name";

    internal static Node Of(IConfiguration section)
    {
        IConfigurationSection[] children = [.. section.GetChildren()];
        return children.Length == 0 && section is IConfigurationSection leaf ? Scalar(leaf)
            : children.Length > 0 && children.Select(child => child.Key).All(IsIndex) ? List(children)
            : new MappingNode(0, 0, [.. children.Select(child => new Field(RateLimitingReader.Spell(child.Key), 0, 0, Of(child)))]);
    }

    private static SequenceNode List(IConfigurationSection[] children) => new(
        0, 0, [.. children.OrderBy(child => int.Parse(child.Key, CultureInfo.InvariantCulture)).Select(Of).ToImmutableArray()]);

    private static ScalarNode Scalar(IConfigurationSection leaf)
    {
        // The JSON provider spells booleans as .NET does.
        string value = leaf.Value is "True" or "False" ? leaf.Value.ToLowerInvariant() : leaf.Value ?? "";
        bool isText = leaf.Key.Equals(TextField, StringComparison.OrdinalIgnoreCase);
        return new ScalarNode(0, 0) { Written = value, Value = value, IsPlain = !isText };
    }

    private static bool IsIndex(string key) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
