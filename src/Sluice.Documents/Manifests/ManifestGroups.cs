using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>
/// Finds the servers behind ToolHive's virtual servers among those that manifests describe, and how their tools are put together.
/// </summary>
/// <remarks>
/// <para>
/// ToolHive's operator does the same in a cluster: the servers behind a virtual server are those of its namespace that belong to its group,
/// or those that it names itself.
/// </para>
/// <para>Thread safety: one thread.</para>
/// </remarks>
/// <param name="described">What the manifests describe.</param>
/// <param name="toolConfigs">The tools that <c>MCPToolConfig</c>s select, by namespace and name.</param>
/// <param name="options">What the command line adds.</param>
internal sealed class ManifestGroups(
    ImmutableArray<ToolHiveServer> described,
    IReadOnlyDictionary<(string? Namespace, string Name), ToolHiveTools> toolConfigs,
    ReadingOptions options)
{
    /// <summary>The servers behind a virtual server; none for a server that is served as one, at its own address.</summary>
    internal ImmutableArray<ToolHiveServer> MembersOf(ToolHiveServer server) => server.Virtual is null || IsGiven(server) ? []
        : !server.Virtual.Backends.IsEmpty ? [.. server.Virtual.Backends.Select(backend => ServerOf(server, backend))]
        : server.Virtual.Group is string group
            ? [.. described.Where(other => other.Virtual is null && other.Group == group && other.Namespace == server.Namespace)]
            : [];

    /// <summary>Whether the command line says where a server is.</summary>
    internal bool IsGiven(ToolHiveServer server) => GivenAddress(server) is not null;

    /// <summary>Where the command line says that a server is: by its whole name; by the short one where only one server has it.</summary>
    internal Uri? GivenAddress(ToolHiveServer server) => options.Upstreams.GetValueOrDefault(server.Name)
        ?? (described.Count(other => other.ShortName == server.ShortName) == 1 ? options.Upstreams.GetValueOrDefault(server.ShortName) : null);

    /// <summary>The virtual server of ours. What has no equivalent is a warning.</summary>
    /// <param name="server">The virtual server.</param>
    /// <param name="members">The servers behind it, at least one.</param>
    internal VirtualUpstreamConfiguration UpstreamOf(ToolHiveServer server, ImmutableArray<ToolHiveServer> members)
    {
        ToolHiveVirtual said = server.Virtual!;
        SourceDocument document = server.Manifest.Document;
        foreach ((Field field, string path, string message) in said.Lost)
        {
            document.Warnings.Add(field, path, message);
        }

        foreach (ToolHiveWorkload stranger in said.Workloads.Where(workload => members.All(member => member.ShortName != workload.Name)))
        {
            document.Warnings.Add(
                stranger.Node,
                $"{stranger.Path}.workload",
                $"{Shown.Quote(stranger.Name)} is not a server behind this one, so that this has no effect. "
                + NearestName.Advice(stranger.Name, [.. members.Select(member => member.ShortName)]));
        }

        if (members.Length > VirtualUpstreamConfiguration.MaxBackends)
        {
            document.Faults.Add(
                server.NameField.Value,
                server.Manifest.PathOf("metadata.name"),
                $"has {members.Length} servers behind it, and a virtual server of Sluice has at most "
                + $"{VirtualUpstreamConfiguration.MaxBackends}.");
        }

        return new VirtualUpstreamConfiguration
        {
            Conflicts = said.Conflicts,
            Backends = [.. InOrder(said, members, document).Select(member => BackendOf(said, member, document))],
        };
    }

    private VirtualBackend BackendOf(ToolHiveVirtual said, ToolHiveServer member, SourceDocument document)
    {
        ToolHiveWorkload? workload = said.Workloads.FirstOrDefault(entry => entry.Name == member.ShortName);
        ToolHiveTools tools = ToolsOf(workload, member, document);
        return new VirtualBackend
        {
            Server = member.Name,
            ShortName = member.ShortName,
            Prefix = said.PrefixOf(member.ShortName),
            Tools = said.ExcludesAllTools || workload?.ExcludesAll == true ? [] : tools.OwnNames,
            Rename = tools.Rename,
        };
    }

    private ToolHiveTools ToolsOf(ToolHiveWorkload? workload, ToolHiveServer member, SourceDocument document)
    {
        if (workload?.ToolConfig is not (string name, Node node, string path))
        {
            return workload?.Tools ?? ToolHiveTools.All;
        }

        if (toolConfigs.TryGetValue((member.Namespace, name), out ToolHiveTools? tools))
        {
            return tools;
        }

        // Without it, tools that are to be hidden would be callable.
        FaultList list = options.IsToRun ? document.Faults : document.Warnings;
        list.Add(
            node,
            path,
            $"refers to the MCPToolConfig {Shown.Quote(name)}, which is not among the manifests. "
                + "Add it, or write 'filter' and 'overrides' here.");
        return ToolHiveTools.All;
    }

    /// <summary>The servers, those that win first.</summary>
    private static IEnumerable<ToolHiveServer> InOrder(
        ToolHiveVirtual said, ImmutableArray<ToolHiveServer> members, SourceDocument document)
    {
        if (said.Conflicts != NameConflicts.Priority)
        {
            return members;
        }

        (Node node, string path) = said.PriorityPlace ?? (document.Root, "");
        string[] unlisted = [.. members.Select(member => member.ShortName).Except(said.PriorityOrder, StringComparer.Ordinal)];
        if (unlisted.Length > 1)
        {
            document.Warnings.Add(
                node,
                path,
                $"lists neither {string.Join(" nor ", unlisted.Select(Shown.Quote))}. "
                    + "Of tools that only these have in common, ToolHive puts a "
                + "prefix before each; Sluice advertises the first and hides the others. List all servers.");
        }

        foreach (string stranger in said.PriorityOrder.Except(members.Select(member => member.ShortName), StringComparer.Ordinal))
        {
            document.Warnings.Add(node, path, $"lists {Shown.Quote(stranger)}, which is not a server behind this one.");
        }

        return members.OrderBy(member => said.PriorityOrder.IndexOf(member.ShortName) is int place and >= 0 ? place : int.MaxValue);
    }

    private static ToolHiveServer ServerOf(ToolHiveServer owner, ToolHiveStaticBackend backend) =>
        new(owner.Manifest, $"{owner.Name}.{backend.Name}", new Field("name", backend.Node.Line, backend.Node.Column, backend.Node))
        {
            ShortName = backend.Name,
            LimitsPath = [],
            Remote = backend.Address,
            IsBackendOnly = true,
            NamePath = backend.Path,
        };
}
