using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Finds the lines of values in a valid configuration, for warnings and for errors that only appear at run time.</summary>
internal sealed class DocumentPlaces
{
    private const string LimitsField = "rateLimiting";
    private readonly string _file;
    private readonly ImmutableArray<ServerPlace> _servers;

    private DocumentPlaces(string file, IEnumerable<ServerPlace> servers, bool isLocal)
    {
        _file = file;
        _servers = [.. servers];
        IsLocal = isLocal;
    }

    /// <summary>Whether the document has <c>rateLimiting</c> at its root, as a file of one server over stdio may have.</summary>
    internal bool IsLocal { get; }

    /// <summary>Reads a file or a folder.</summary>
    internal static DocumentPlaces Load(string path, IValueSource values)
    {
        Node? root = Directory.Exists(path) ? null : DocumentFile.Load(path, values, (root, _) => root).Value;
        return root is MappingNode mapping && mapping.Find(LimitsField) is not null
            ? new DocumentPlaces(path, [new ServerPlace(path, mapping, "", [LimitsField])], isLocal: true)
            : new DocumentPlaces(path, GatewayFile.Load(path, values).Places, isLocal: false);
    }

    /// <summary>
    /// The place of a limit or another value of <c>rateLimiting</c>, or of what is nearest above it, with an empty message; without a line
    /// if the file has changed and has no such limits any more.
    /// </summary>
    /// <param name="server">The index of the server; null for a document with <c>rateLimiting</c> at its root.</param>
    /// <param name="path">The path in the words of the settings, such as <c>tools[1].perUser</c>.</param>
    internal Fault PlaceOfLimit(int? server, string path)
    {
        if (PlaceOf(server) is not ServerPlace place || place.Limits is not MappingNode limits)
        {
            return new Fault(_file, 0, 0, server is null ? $"{LimitsField}.{path}" : $"servers[{server}].{LimitsField}.{path}", "");
        }

        Node node = RateLimitingReader.Locate(limits, path, out string spelt);
        string prefix = place.PathOfLimits;
        return new Fault(place.File, node.Line, node.Column, spelt.Length == 0 ? prefix : $"{prefix}.{spelt}", "");
    }

    /// <summary>Whether the limits of a server have a field at their root.</summary>
    /// <param name="server">The index of the server; null for a document with <c>rateLimiting</c> at its root.</param>
    /// <param name="name">The field.</param>
    internal bool HasLimitsField(int? server, string name) => PlaceOf(server)?.Limits?.Find(name) is not null;

    /// <summary>A fault at a value of a server's limits; without a line if the file has changed and no longer has it.</summary>
    /// <param name="server">The index of the server.</param>
    /// <param name="path">Names of fields, and indexes of lists.</param>
    /// <param name="message">Makes the message from the value as the configuration has it, in quotes.</param>
    internal Fault FaultInLimits(int server, ReadOnlySpan<object> path, Func<string?, string> message)
    {
        ServerPlace? place = PlaceOf(server);
        Node? node = place?.Limits;
        string text = place?.PathOfLimits ?? $"servers[{server}].{LimitsField}";
        foreach (object step in path)
        {
            (node, text) = (node, step) switch
            {
                (SequenceNode list, int index) => (index < list.Items.Length ? list.Items[index] : null, $"{text}[{index}]"),
                (ScalarNode value, 0) => (value, text), // One name may be written without a list.
                (_, int index) => (null, $"{text}[{index}]"),
                (MappingNode group, string name) => (group.Find(name)?.Value, $"{text}.{name}"),
                _ => (null, $"{text}.{step}"),
            };
        }

        return new Fault(place?.File ?? _file, node?.Line ?? 0, node?.Column ?? 0, text, message(node?.Describe()));
    }

    /// <summary>A fault at a field of a server; at the server where that has no such field.</summary>
    /// <param name="server">The index of the server.</param>
    /// <param name="field">The field.</param>
    /// <param name="message">What is wrong.</param>
    internal Fault FaultInServer(int server, string field, string message)
    {
        ServerPlace? place = PlaceOf(server);
        Node? node = place?.Server.Find(field)?.Value ?? place?.Server;
        return new Fault(place?.File ?? _file, node?.Line ?? 0, node?.Column ?? 0, $"{place?.Path}.{field}".TrimStart('.'), message);
    }

    private ServerPlace? PlaceOf(int? server) => _servers.ElementAtOrDefault(server ?? 0);
}
