namespace Sluice.Configuration;

/// <summary>Finds the places of values in a configuration that is valid, for what can be wrong with it besides its text.</summary>
internal sealed class DocumentPlaces
{
    private readonly string _file;
    private readonly Node? _root;

    private DocumentPlaces(string file, Node? root)
    {
        _file = file;
        _root = root;
    }

    /// <summary>Reads a configuration.</summary>
    internal static DocumentPlaces Load(string file, IValueSource values) =>
        new(file, DocumentFile.Load(file, values, (root, _) => root).Value);

    /// <summary>A fault at a value; without a line if the file has changed and no longer has the path.</summary>
    /// <param name="path">Names of fields, and indexes of lists.</param>
    /// <param name="message">Makes the message from the value as the configuration has it, in quotes.</param>
    internal Fault Fault(ReadOnlySpan<object> path, Func<string?, string> message)
    {
        Node? node = _root;
        string text = "";
        foreach (object step in path)
        {
            (node, text) = (node, step) switch
            {
                (SequenceNode list, int index) => (index < list.Items.Length ? list.Items[index] : null, $"{text}[{index}]"),
                (ScalarNode value, 0) => (value, text), // One name may be written without a list.
                (_, int index) => (null, $"{text}[{index}]"),
                (MappingNode group, string name) => (group.Find(name)?.Value, text.Length == 0 ? name : $"{text}.{name}"),
                _ => (null, text.Length == 0 ? $"{step}" : $"{text}.{step}"),
            };
        }

        return new Fault(_file, node?.Line ?? 0, node?.Column ?? 0, text, message(node?.Describe()));
    }
}
