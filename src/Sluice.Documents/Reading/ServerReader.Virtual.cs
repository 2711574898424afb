using System.Collections.Immutable;

namespace Sluice.Documents;

/// <content>Reads <c>virtualServers</c>.</content>
internal sealed partial class ServerReader
{
    private static readonly Dictionary<string, NameConflicts> Conflicts = new(StringComparer.Ordinal)
    {
        ["prefix"] = NameConflicts.Prefix,
        ["priority"] = NameConflicts.Priority,
        ["error"] = NameConflicts.Error,
    };

    private const string VirtualField = "virtualServers";
    private const string BackendsField = "backends";
    private const string ServerField = "server";
    private const string ToolsField = "tools";
    private const string RenameField = "rename";
    private const int MaxRenames = 1_000;

    private static readonly TextSpec BackendName = new(Pattern: $@"^\s*[A-Za-z0-9_-][A-Za-z0-9._-]{{0,{MaxNameLength - 1}}}\s*$");

    private static readonly FieldSpec[] SelectionFields =
    [
        new(ToolsField, new TextsSpec(new TextSpec())),
        new(RenameField, new MapSpec(new TextSpec(Pattern: @"^\s*[A-Za-z0-9_.-]{1,128}\s*$"), "^.{1,256}$", MaxRenames)),
    ];

    private static readonly FieldTable BackendTable = new([new FieldSpec(ServerField, BackendName).Required(), .. SelectionFields]);

    private static readonly FieldTable ReferenceTable = new(
        [new FieldSpec("name", PolicyResourceReader.ObjectName).Required(), .. SelectionFields]);

    /// <summary>The backends of a resource: objects of its namespace, in the order in which they are listed and win.</summary>
    internal static readonly FieldSpec BackendReferences = new FieldSpec(
        "backendRefs", new ListSpec(new GroupSpec(() => ReferenceTable), VirtualUpstreamConfiguration.MaxBackends) { IsOrdered = true }).Required();

    /// <summary>What a virtual server has beside its backends, and beside what every server has.</summary>
    internal static readonly FieldSpec[] VirtualFields =
    [
        new("conflicts", new ChoiceSpec<NameConflicts>(Conflicts)),
        new("maxSessions", new IntegerSpec(1, VirtualUpstreamConfiguration.MaxSessionsUpperBound)),
        new("maxSessionsPerUser", new IntegerSpec(1, VirtualUpstreamConfiguration.MaxSessionsUpperBound)),
        new("idleTimeout", new DurationSpec(
            CommandUpstreamConfiguration.MinIdleTimeout, CommandUpstreamConfiguration.MaxIdleTimeout, "1s to 1d", "30s, 10m or 1h")),
    ];

    private static readonly FieldTable VirtualTable = new([
        NameField,
        new FieldSpec(
            BackendsField,
            new ListSpec(
                new AnyOfSpec(BackendName, new GroupSpec(() => BackendTable)), VirtualUpstreamConfiguration.MaxBackends)).Required(),
        .. BoundFields,
        .. CallerFields,
        .. VirtualFields,
        new(LimitsField, PerBackendLimits.Value)]);

    /// <summary>The value of <c>virtualServers</c>.</summary>
    internal static readonly ValueSpec VirtualValue = new ListSpec(new GroupSpec(() => VirtualTable));

    /// <summary>The virtual servers that could be read; none when the field is absent.</summary>
    /// <param name="root">The fields of the document.</param>
    /// <param name="servers">The servers that can be backends.</param>
    internal ImmutableArray<ServerConfiguration> ReadVirtual(FieldReader root, ImmutableArray<ServerConfiguration> servers)
    {
        ImmutableArray<ServerConfiguration> read = root.Has(VirtualField)
            ? [.. root.List(VirtualField).Select(entry => ReadVirtual(entry.Item, entry.Path, servers)).OfType<ServerConfiguration>()]
            : [];
        CheckUses(servers, read);
        return read;
    }

    private ServerConfiguration? ReadVirtual(Node item, string itemPath, ImmutableArray<ServerConfiguration> servers) =>
        FieldReader.Open(item, itemPath, VirtualTable, faults) is FieldReader reader
            ? Read(reader, itemPath, fields => ReadBackends(fields, servers), isVirtual: true)
            : null;

    private VirtualUpstreamConfiguration? ReadBackends(FieldReader reader, ImmutableArray<ServerConfiguration> servers)
    {
        int before = faults.Count;
        HashSet<string> seen = new(StringComparer.Ordinal);
        ImmutableArray<VirtualBackend> backends =
        [
            .. reader.List(BackendsField).Select(entry => ReadBackend(entry.Item, entry.Path, servers, seen)).OfType<VirtualBackend>(),
        ];
        VirtualUpstreamConfiguration read = ReadVirtual(reader, backends);
        return faults.Count == before && !backends.IsEmpty ? read : null;
    }

    /// <summary>The backends of a resource; null when one of them is wrong.</summary>
    /// <param name="reader">The fields that have the references.</param>
    /// <param name="serverOf">The name of the server that an object describes.</param>
    internal VirtualUpstreamConfiguration? ReadReferences(FieldReader reader, Func<string, string> serverOf)
    {
        int before = faults.Count;
        HashSet<string> seen = new(StringComparer.Ordinal);
        ImmutableArray<VirtualBackend> backends =
        [
            .. reader.List(BackendReferences.Name).Select(entry => ReadReference(entry.Item, entry.Path, serverOf, seen)).OfType<VirtualBackend>(),
        ];
        VirtualUpstreamConfiguration read = ReadVirtual(reader, backends);
        return faults.Count == before && !backends.IsEmpty ? read : null;
    }

    private static VirtualUpstreamConfiguration ReadVirtual(FieldReader reader, ImmutableArray<VirtualBackend> backends)
    {
        int maxSessions = reader.Integer("maxSessions") ?? VirtualUpstreamConfiguration.DefaultMaxSessions;
        return new VirtualUpstreamConfiguration
        {
            Backends = backends,
            Conflicts = reader.Choice<NameConflicts>("conflicts") ?? NameConflicts.Prefix,
            MaxSessions = maxSessions,
            MaxSessionsPerUser = reader.Integer("maxSessionsPerUser", maxSessions) ?? 0,
            IdleTimeout = reader.Duration("idleTimeout") ?? CommandUpstreamConfiguration.DefaultIdleTimeout,
        };
    }

    private VirtualBackend? ReadReference(Node item, string path, Func<string, string> serverOf, HashSet<string> seen)
    {
        if (FieldReader.Open(item, path, ReferenceTable, faults) is not FieldReader reader || PolicyResourceReader.ReadName(reader, faults) is not string name)
        {
            return null;
        }

        Node nameNode = reader.Node("name")!;
        reader.Accept(
            name, seen.Add(name) ? null : $"{nameNode.Describe()} is in the list twice. Remove one of the two.", nameNode, "name");
        ImmutableArray<string>? tools = reader.Has(ToolsField) ? reader.Texts(ToolsField) : null;
        return new VirtualBackend { Server = serverOf(name), ShortName = name, Tools = tools, Rename = ReadRename(reader, tools) };
    }

    private VirtualBackend? ReadBackend(Node item, string path, ImmutableArray<ServerConfiguration> servers, HashSet<string> seen)
    {
        if (item is ScalarNode scalar)
        {
            if (scalar.IsUnresolved)
            {
                return null;
            }

            string name = scalar.Value.Trim();
            if (WhyNotABackend(scalar, name, servers, seen) is not string wrong)
            {
                return new VirtualBackend { Server = name };
            }

            faults.Add(item, path, wrong);
            return null;
        }

        if (FieldReader.Open(item, path, BackendTable, faults) is not FieldReader reader || reader.Text(ServerField) is not string server)
        {
            return null;
        }

        Node serverNode = reader.Node(ServerField)!;
        reader.Accept(server, WhyNotABackend(serverNode, server, servers, seen), serverNode, ServerField);
        ImmutableArray<string>? tools = reader.Has(ToolsField) ? reader.Texts(ToolsField) : null;
        return new VirtualBackend { Server = server, Tools = tools, Rename = ReadRename(reader, tools) };
    }

    private string? WhyNotABackend(Node node, string name, ImmutableArray<ServerConfiguration> servers, HashSet<string> seen)
    {
        if (servers.Any(server => server.Name == name))
        {
            return seen.Add(name) ? null : $"{node.Describe()} is in the list twice. Remove one of the two.";
        }

        string[] known = [.. servers.Select(server => server.Name)];
        return index.HasName(name) && !known.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? $"{node.Describe()} cannot be a backend: it is a virtual server, or its own entry has an error. Name servers of 'servers'."
            : known.Length == 0 ? null // The reason that there are none is reported as another fault.
            : $"{node.Describe()} is not a server of this configuration. {NearestName.Advice(name, known)}";
    }

    private ImmutableArray<KeyValuePair<string, string>> ReadRename(FieldReader reader, ImmutableArray<string>? tools)
    {
        Node? node = reader.Node(RenameField);
        if (node is null or ScalarNode { IsUnresolved: true })
        {
            return [];
        }

        string renamePath = reader.PathOf(RenameField);
        if (node is not MappingNode { Fields.Length: > 0 and <= MaxRenames } names)
        {
            faults.Add(
                node, renamePath,
                $"is not a group of 1 to {MaxRenames} names. Write '{{ issue_create: new_issue }}': the server's name, then the other.");
            return [];
        }

        OperationMatcher? advertised = tools is { } globs ? new OperationMatcher(OperationKind.Tool, globs, caseSensitive: true) : null;
        ImmutableArray<KeyValuePair<string, string>>.Builder read = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (Field field in names.Fields)
        {
            string path = $"{renamePath}.{Shown.Step(field.Name)}";
            if (field.Value is ScalarNode { IsUnresolved: true })
            {
                continue;
            }

            string to = field.Value is ScalarNode scalar ? scalar.Value.Trim() : "";
            string? wrong = field.Value is not ScalarNode value ? $"{field.Value.Describe()} is not a name. Write a single value."
                : FieldReader.IsAnotherType(value) ? "the value is not text. Put it in quotes."
                : !IsToolName(to) ? $"{value.Describe()} is not a name for a tool. Use 1 to 128 letters, digits and _ . -"
                : read.Any(entry => entry.Value == to) ? $"{value.Describe()} is the new name of another tool too. Choose another."
                : advertised?.Matches(field.Name) == false ? $"{Shown.Quote(field.Name)} is not among 'tools', so that this has no effect. "
                    + "Add it there, or remove it."
                : null;
            if (wrong is null)
            {
                read.Add(new(field.Name, to));
            }
            else
            {
                faults.Add(field.Value, path, wrong);
            }
        }

        return read.ToImmutable();
    }

    // Source: Model Context Protocol, revision 2025-11-25, Tools, tool names.
    private static bool IsToolName(string name) =>
        name.Length is > 0 and <= 128 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    /// <summary>What servers say about virtual servers must have an effect.</summary>
    private void CheckUses(ImmutableArray<ServerConfiguration> servers, ImmutableArray<ServerConfiguration> virtualServers)
    {
        HashSet<string> used =
        [
            .. servers.Concat(virtualServers) // Resources and manifests describe virtual servers among the servers.
                .Select(server => server.Upstream)
                .OfType<VirtualUpstreamConfiguration>()
                .SelectMany(upstream => upstream.Backends)
                .Select(backend => backend.Server),
        ];
        for (int i = 0; i < servers.Length; i++)
        {
            if (used.Contains(servers[i].Name))
            {
                continue;
            }

            if (!servers[i].IsExposed)
            {
                AddFault(i, ExposeField, "is false, and no virtual server has this server as a backend, so that no client could reach it. "
                    + "Add it to the 'backends' of one, or remove this.");
            }

            if (servers[i].ForwardAuthorization)
            {
                AddFault(i, ForwardAuthorizationField, "has no effect, since no virtual server has this server as a backend. Remove it.");
            }
        }
    }

    private void AddFault(int server, string field, string message)
    {
        ServerPlace place = index.Places[server];
        place.FaultsOf(faults).Add(place.Server.Find(field)?.Value ?? place.Server, $"{place.Path}.{field}", message);
    }
}
