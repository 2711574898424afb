namespace Sluice.Configuration;

/// <summary>Finds the places of values in a configuration that is valid, for what can be wrong with it besides its text.</summary>
internal sealed class DocumentPlaces
{
    private const string LimitsField = "rateLimiting";
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

    /// <summary>Whether the document has a field at its root.</summary>
    internal bool HasField(string name) => (_root as MappingNode)?.Find(name) is not null;

    /// <summary>
    /// The place of a limit or another value of <c>rateLimiting</c>, or of what is nearest above it, with an empty message; without a line
    /// if the file has changed and has no such limits any more.
    /// </summary>
    /// <param name="server">The index of the server; null for a document with <c>rateLimiting</c> at its root.</param>
    /// <param name="path">The path in the words of the settings, such as <c>tools[1].perUser</c>.</param>
    internal Fault PlaceOfLimit(int? server, string path)
    {
        string prefix = server is null ? LimitsField : $"servers[{server}].{LimitsField}";
        if (LimitsOf(server) is not MappingNode limits)
        {
            return new Fault(_file, 0, 0, $"{prefix}.{path}", "");
        }

        Node node = RateLimitingReader.Locate(limits, path, out string spelt);
        return new Fault(_file, node.Line, node.Column, spelt.Length == 0 ? prefix : $"{prefix}.{spelt}", "");
    }

    /// <summary>Whether the limits of a server have a field at their root.</summary>
    /// <param name="server">The index of the server; null for a document with <c>rateLimiting</c> at its root.</param>
    /// <param name="name">The field.</param>
    internal bool HasLimitsField(int? server, string name) => LimitsOf(server)?.Find(name) is not null;

    private MappingNode? LimitsOf(int? server)
    {
        MappingNode? root = _root as MappingNode;
        MappingNode? owner = server is int index ? (root?.Find("servers")?.Value as SequenceNode)?.Items.ElementAtOrDefault(index) as MappingNode : root;
        return owner?.Find(LimitsField)?.Value as MappingNode;
    }

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
