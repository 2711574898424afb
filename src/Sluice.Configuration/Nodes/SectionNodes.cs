using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Sluice.Configuration;

/// <summary>Turns a section of a .NET configuration into the nodes that documents are read from.</summary>
internal static class SectionNodes
{
    // Names are texts, whatever they look like; every other value is read as its field wants it.
    private const string TextField = "name";

    // Whom a condition names, and the parts of a key, are texts too. The names of claims are the caller's, and not fields.
    private static readonly string[] TextGroups = ["when", "per"];
    private const string ClaimsField = "claims";

    internal static Node Of(IConfiguration section) => Of(section, isText: false, spells: true);

    private static Node Of(IConfiguration section, bool isText, bool spells)
    {
        IConfigurationSection[] children = [.. section.GetChildren()];
        return children.Length == 0 && section is IConfigurationSection leaf ? Scalar(leaf, isText)
            : children.Length > 0 && children.Select(child => child.Key).All(IsIndex) ? List(children, isText)
            : new MappingNode(0, 0, [.. children.Select(child => FieldOf(child, isText, spells))]);
    }

    private static Field FieldOf(IConfigurationSection child, bool isText, bool spells)
    {
        string name = spells ? RateLimitingReader.Spell(child.Key) : child.Key;
        return new Field(name, 0, 0, Of(child, isText || TextGroups.Contains(name), spells: !(isText && name == ClaimsField)));
    }

    private static SequenceNode List(IConfigurationSection[] children, bool isText) => new(
        0, 0, [.. children.OrderBy(child => int.Parse(child.Key, CultureInfo.InvariantCulture)).Select(child => Of(child, isText, spells: true)).ToImmutableArray()]);

    private static ScalarNode Scalar(IConfigurationSection leaf, bool isTextGroup)
    {
        // The JSON provider spells booleans as .NET does.
        string value = leaf.Value is "True" or "False" ? leaf.Value.ToLowerInvariant() : leaf.Value ?? "";
        bool isText = isTextGroup || leaf.Key.Equals(TextField, StringComparison.OrdinalIgnoreCase);
        return new ScalarNode(0, 0) { Written = value, Value = value, IsPlain = !isText };
    }

    private static bool IsIndex(string key) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
