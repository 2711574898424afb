using System.Globalization;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>
/// A group of fields of another product's file. It remembers which fields an importer asked for, so that every other one is reported.
/// </summary>
internal sealed class SourceGroup
{
    private readonly MappingNode _node;
    private readonly string _path;
    private readonly ImportedDocument _document;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    internal SourceGroup(MappingNode node, string path, ImportedDocument document)
    {
        _node = node;
        _path = path;
        _document = document;
    }

    internal IEnumerable<Field> Fields => _node.Fields;

    internal int Line => _node.Line;

    internal string Path => _path;

    internal string PathOf(string name) => _path.Length == 0 ? Shown.Step(name) : $"{_path}.{Shown.Step(name)}";

    internal bool Has(string name) => _node.Find(name) is { Value: not ScalarNode { IsNull: true } };

    /// <summary>A field's value; null where it is absent or empty.</summary>
    internal Node? Node(string name)
    {
        _read.Add(name);
        return _node.Find(name)?.Value is Node value and not ScalarNode { IsNull: true } ? value : null;
    }

    /// <summary>A single value as text; null where it is absent, empty or wrong.</summary>
    internal string? Text(string name)
    {
        Node? node = Node(name);
        if (node is ScalarNode scalar)
        {
            return scalar.Value.Trim();
        }

        if (node is not null)
        {
            Fault(name, $"{node.Describe()} is not a single value.");
        }

        return null;
    }

    /// <summary>A group; null where it is absent, empty or wrong.</summary>
    internal SourceGroup? Group(string name)
    {
        Node? node = Node(name);
        if (node is MappingNode mapping)
        {
            return new SourceGroup(mapping, PathOf(name), _document);
        }

        if (node is not null)
        {
            Fault(name, $"{node.Describe()} is not a group of fields.");
        }

        return null;
    }

    /// <summary>The groups of a list; a single group counts as a list of one.</summary>
    internal IEnumerable<SourceGroup> Groups(string name)
    {
        Node? node = Node(name);
        if (node is not SequenceNode sequence)
        {
            return node is null ? [] : Group(name) is SourceGroup group ? [group] : [];
        }

        List<SourceGroup> groups = [];
        foreach ((int index, Node item) in sequence.Items.Index())
        {
            string path = $"{PathOf(name)}[{index}]";
            if (item is MappingNode mapping)
            {
                groups.Add(new SourceGroup(mapping, path, _document));
            }
            else
            {
                _document.Faults.Add(item, path, $"{item.Describe()} is not a group of fields.");
            }
        }

        return groups;
    }

    /// <summary>A whole number from 0; null where it is absent or wrong. A negative number is an error.</summary>
    internal int? Count(string name)
    {
        if (Text(name) is not string text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count) && count >= 0)
        {
            return count;
        }

        Fault(name, text.StartsWith('-')
            ? $"{Shown.Quote(text)} is negative. Write a whole number from 0 to {int.MaxValue}."
            : $"{Shown.Quote(text)} is not a whole number from 0 to {int.MaxValue}.");
        return null;
    }

    /// <summary>Reports a field that has no equivalent, if it is there.</summary>
    internal void LeaveOut(string name, string reason)
    {
        if (Node(name) is not null)
        {
            Note(name, reason);
        }
    }

    /// <summary>Reads fields that say nothing about limits, so that they are not reported.</summary>
    internal void Skip(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            _read.Add(name);
        }
    }

    /// <summary>Reports every field that nothing asked for.</summary>
    internal void NoteUnknown(string reason = "is left out: this importer does not know the field.")
    {
        foreach (Field field in _node.Fields.Where(field => !_read.Contains(field.Name)))
        {
            _document.Note(field.Line, PathOf(field.Name), reason);
        }
    }

    internal void Note(string name, string text) => _document.Note(_node.Find(name)?.Line ?? _node.Line, PathOf(name), text);

    internal void Fault(string name, string text)
    {
        Node at = _node.Find(name)?.Value ?? _node;
        _document.Faults.Add(at, PathOf(name), text);
    }
}
