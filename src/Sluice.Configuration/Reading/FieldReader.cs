using System.Globalization;
using System.Text;
using Sluice.Configuration.Documents;

namespace Sluice.Configuration.Reading;

/// <summary>Reads the fields of one mapping by type; whatever is wrong becomes a fault, and reading goes on.</summary>
internal sealed class FieldReader
{
    private const int MaxTextLength = 256;
    private readonly MappingNode _mapping;
    private readonly string _path;
    private readonly FaultList _faults;

    private FieldReader(MappingNode mapping, string path, FaultList faults)
    {
        _mapping = mapping;
        _path = path;
        _faults = faults;
    }

    internal MappingNode Mapping => _mapping;

    /// <summary>A reader of a node's fields, or null when it is no mapping; fields that are not known are faults.</summary>
    /// <param name="node">The node.</param>
    /// <param name="path">Its path.</param>
    /// <param name="known">The fields that it may have.</param>
    /// <param name="later">The fields that it will have one day.</param>
    /// <param name="faults">Takes what is wrong.</param>
    internal static FieldReader? Open(
        Node node, string path, string[] known, string[] later, FaultList faults)
    {
        if (node is not MappingNode mapping)
        {
            faults.Add(node, path, $"{node.Describe()} is not a mapping. Write fields: {string.Join(", ", known)}.");
            return null;
        }

        FieldReader reader = new(mapping, path, faults);
        foreach (Field field in mapping.Fields)
        {
            if (later.Contains(field.Name))
            {
                faults.Add(field, reader.PathOf(field.Name), "is not supported yet. Remove it.");
            }
            else if (!known.Contains(field.Name))
            {
                faults.Add(field, reader.PathOf(field.Name), $"is not a known field. {NearestName.Advice(field.Name, known)}");
            }
        }

        return reader;
    }

    internal string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    internal bool Has(string name) => _mapping.Find(name) is not null;

    /// <summary>A field's node, or null when it is absent.</summary>
    internal Node? Node(string name) => _mapping.Find(name)?.Value;

    /// <summary>A field's node; its absence is a fault.</summary>
    internal Node? Required(string name)
    {
        Node? node = Node(name);
        if (node is null)
        {
            _faults.Add(_mapping, _path, $"lacks the field '{name}'.");
        }

        return node;
    }

    /// <summary>A text of 1 to 256 characters, NFC, trimmed; or null when it is absent or wrong.</summary>
    internal string? Text(string name, bool required)
    {
        Node? node = required ? Required(name) : Node(name);
        if (node is null)
        {
            return null;
        }

        if (node is not ScalarNode scalar || scalar.IsNull || LooksLikeAnotherType(scalar))
        {
            _faults.Add(node, PathOf(name), $"{node.Describe()} is not text.{(node is ScalarNode { IsNull: false } ? " Put it in quotes." : "")}");
            return null;
        }

        string text = scalar.Value.Trim().Normalize(NormalizationForm.FormC);
        if (text.Length is >= 1 and <= MaxTextLength)
        {
            return text;
        }

        _faults.Add(node, PathOf(name), $"has {text.Length} characters, and must have 1 to {MaxTextLength}.");
        return null;
    }

    /// <summary>A whole number within a range, or null when it is absent or wrong.</summary>
    internal long? Integer(string name, long min, long max)
    {
        Node? node = Node(name);
        if (node is null)
        {
            return null;
        }

        if (node is not ScalarNode { IsPlain: true } scalar
            || !long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            _faults.Add(node, PathOf(name), $"{DescribeQuoted(node)} is not a whole number from {min} to {max}.");
            return null;
        }

        if (value >= min && value <= max)
        {
            return value;
        }

        _faults.Add(node, PathOf(name), $"{node.Describe()} is outside {min} to {max}.");
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>; false when it is absent or wrong.</summary>
    internal bool Boolean(string name)
    {
        Node? node = Node(name);
        if (node is null or ScalarNode { IsPlain: true, Value: "false" })
        {
            return false;
        }

        if (node is not ScalarNode { IsPlain: true, Value: "true" })
        {
            _faults.Add(node, PathOf(name), $"{DescribeQuoted(node)} is not true or false.");
            return false;
        }

        return true;
    }

    /// <summary>One of a few words, or null when it is absent or wrong.</summary>
    internal T? Choice<T>(string name, IReadOnlyDictionary<string, T> choices)
        where T : struct
    {
        Node? node = Node(name);
        if (node is null)
        {
            return null;
        }

        if (node is ScalarNode scalar && choices.TryGetValue(scalar.Value, out T value))
        {
            return value;
        }

        string[] words = [.. choices.Keys];
        string advice = node is ScalarNode { IsSubstituted: false } misspelt
            ? NearestName.Advice(misspelt.Value, words)
            : $"Known: {string.Join(", ", words)}.";
        _faults.Add(node, PathOf(name), $"{node.Describe()} is not one of the values of '{name}'. {advice}");
        return null;
    }

    /// <summary>The items of a list that has at least one; none when it is absent or wrong.</summary>
    internal IEnumerable<(Node Item, string Path)> List(string name, bool required)
    {
        Node? node = required ? Required(name) : Node(name);
        if (node is not null && node is not SequenceNode { Items.IsEmpty: false })
        {
            _faults.Add(node, PathOf(name), node is SequenceNode ? "is an empty list. Add an item." : $"{node.Describe()} is not a list.");
        }

        return node is SequenceNode list ? list.Items.Select((item, index) => (item, $"{PathOf(name)}[{index}]")) : [];
    }

    private static string DescribeQuoted(Node node) =>
        node is ScalarNode { IsPlain: false } quoted ? $"\"{quoted.Written}\" is text, and" : node.Describe();

    private static bool LooksLikeAnotherType(ScalarNode scalar) =>
        scalar is { IsPlain: true, IsSubstituted: false }
        && (scalar.Value is "true" or "false" or "True" or "False"
            || double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
}
