using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>What a <c>VirtualMCPServer</c> says about the servers behind it.</summary>
internal sealed record ToolHiveVirtual
{
    /// <summary>The group whose servers are behind it; null where the manifest names none.</summary>
    internal string? Group { get; init; }

    /// <summary>The servers that it names itself, in place of a group's; none for a group's.</summary>
    internal ImmutableArray<ToolHiveStaticBackend> Backends { get; init; } = [];

    /// <summary>
    /// What happens to names that several servers have; <see cref="NameConflicts.Error"/> where conflicts are resolved by hand.
    /// </summary>
    internal NameConflicts Conflicts { get; init; }

    /// <summary>What is put before the names of a server, in which <c>{workload}</c> stands for its name.</summary>
    internal string PrefixFormat { get; init; } = DefaultPrefix;

    /// <summary>The servers that win, the first one first.</summary>
    internal ImmutableArray<string> PriorityOrder { get; init; } = [];

    /// <summary>Where that is written: the node and its path.</summary>
    internal (Node Node, string Path)? PriorityPlace { get; init; }

    /// <summary>Whether no tools of servers are advertised.</summary>
    internal bool ExcludesAllTools { get; init; }

    /// <summary>The tools of servers, by the name of the server.</summary>
    internal ImmutableArray<ToolHiveWorkload> Workloads { get; init; } = [];

    /// <summary>What has no equivalent, as warnings: where, and why.</summary>
    internal ImmutableArray<(Field Field, string Path, string Message)> Lost { get; init; } = [];

    private const string DefaultPrefix = "{workload}_";

    /// <summary>The prefix of a server.</summary>
    internal string PrefixOf(string workload) => PrefixFormat.Replace("{workload}", workload, StringComparison.Ordinal);
}

/// <summary>A server that a <c>VirtualMCPServer</c> names itself.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Node">Where it is written.</param>
/// <param name="Path">The path of that.</param>
internal sealed record ToolHiveStaticBackend(string Name, Uri Address, Node Node, string Path);

/// <summary>Which tools of a server are advertised, and under which names.</summary>
/// <param name="Name">The name of the server.</param>
/// <param name="Node">Where it is written.</param>
/// <param name="Path">The path of that.</param>
internal sealed record ToolHiveWorkload(string Name, Node Node, string Path)
{
    /// <summary>The tools; null where <see cref="ToolConfig"/> says them.</summary>
    internal ToolHiveTools? Tools { get; init; }

    /// <summary>The name of the <c>MCPToolConfig</c> that says the tools, and the node of the reference; or null.</summary>
    internal (string Name, Node Node, string Path)? ToolConfig { get; init; }

    /// <summary>Whether none of its tools is advertised.</summary>
    internal bool ExcludesAll { get; init; }
}

/// <summary>A selection of tools, and other names for some.</summary>
/// <param name="Filter">The names that are advertised, before any prefix; empty for all.</param>
/// <param name="Rename">The server's own name of a tool, and the other one.</param>
internal sealed record ToolHiveTools(ImmutableArray<string> Filter, ImmutableArray<KeyValuePair<string, string>> Rename)
{
    /// <summary>All tools, under their own names.</summary>
    internal static ToolHiveTools All { get; } = new([], []);

    /// <summary>The server's own names of the tools that are advertised; null for all.</summary>
    /// <remarks>ToolHive renames first and filters then, so that a filter names tools by their other names.</remarks>
    internal ImmutableArray<string>? OwnNames
    {
        get
        {
            if (Filter.IsEmpty)
            {
                return null;
            }

            ILookup<string, string> own = Rename.ToLookup(entry => entry.Value, entry => entry.Key, StringComparer.Ordinal);
            HashSet<string> renamed = [.. Rename.Select(entry => entry.Key)];
            return [.. Filter.SelectMany(name => own.Contains(name) ? own[name] : renamed.Contains(name) ? [] : [name]).Distinct(StringComparer.Ordinal)];
        }
    }
}
