namespace Sluice.Documents;

/// <summary>The servers of a configuration while it is read: which names and paths are taken, and where each server is written.</summary>
/// <param name="hasSeveralFiles">Whether the servers are in several files, so that a message names the file too.</param>
/// <remarks>Thread safety: one thread.</remarks>
internal sealed class ServerIndex(bool hasSeveralFiles = false)
{
    private readonly Dictionary<string, string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _paths = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ServerPlace> _places = [];

    /// <summary>Where each server is written, in the order of the configuration.</summary>
    internal IReadOnlyList<ServerPlace> Places => _places;

    /// <summary>
    /// Whether the nodes of servers are kept for messages; otherwise their places are known, and not what is written there.
    /// </summary>
    internal bool KeepsNodes { get; init; } = true;

    /// <summary>Adds the place of the next server.</summary>
    internal void Add(ServerPlace place) => _places.Add(KeepsNodes ? place : place with { Server = MappingNode.Nowhere });

    /// <summary>Takes a name; returns null, or why it is not free.</summary>
    /// <param name="name">The name of a server.</param>
    /// <param name="node">The value that gives it.</param>
    /// <param name="path">The path of the value.</param>
    /// <param name="file">The file of the value.</param>
    internal string? TakeName(string name, Node node, string path, string file) => Take(_names, name, node, path, file);

    /// <summary>Whether a name is taken.</summary>
    internal bool HasName(string name) => _names.ContainsKey(name);

    /// <summary>Takes a path of the gateway; returns null, or why it is not free.</summary>
    /// <param name="served">The path at which something is served.</param>
    /// <param name="node">The value that gives it.</param>
    /// <param name="path">The path of the value.</param>
    /// <param name="file">The file of the value.</param>
    internal string? TakePath(string served, Node node, string path, string file) => Take(_paths, served, node, path, file);

    private string? Take(Dictionary<string, string> taken, string value, Node node, string path, string file)
    {
        if (taken.TryAdd(value, hasSeveralFiles ? $"{path} in {Path.GetFileName(file)}" : path))
        {
            return null;
        }

        string shown = node is ScalarNode { IsSubstituted: true } ? node.Describe() : Shown.Quote(value);
        return $"{shown} is taken by {taken[value]}. Choose another.";
    }
}

/// <summary>Where a server is written.</summary>
/// <param name="File">The file, as faults name it.</param>
/// <param name="Server">The entry of the server.</param>
/// <param name="Path">The path of the entry.</param>
/// <param name="LimitsPath">The path of its limits within the entry.</param>
internal sealed record ServerPlace(string File, MappingNode Server, string Path, string[] LimitsPath)
{
    /// <summary>The limits; null where it has none.</summary>
    internal MappingNode? Limits
    {
        get
        {
            Node? node = Server;
            foreach (string step in LimitsPath)
            {
                node = (node as MappingNode)?.Find(step)?.Value;
            }

            return node as MappingNode;
        }
    }

    /// <summary>The list for faults of the server.</summary>
    /// <param name="faults">The list of any file of the configuration.</param>
    internal FaultList FaultsOf(FaultList faults) => faults.File == File ? faults : faults.ForFile(File);

    /// <summary>The path of the limits in the document.</summary>
    internal string PathOfLimits => Path.Length == 0 ? string.Join('.', LimitsPath) : $"{Path}.{string.Join('.', LimitsPath)}";
}
