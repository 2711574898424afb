using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Makes servers of the gateway of the servers that manifests describe.</summary>
/// <remarks>
/// <para>
/// A manifest describes a server to be started by a cluster; Sluice starts none. So what the manifest does not say comes from the command
/// line and from documents of our own: where the server is, and how callers are known. A virtual server is served as a virtual server of
/// ours where the servers behind it are described too; otherwise as one server.
/// </para>
/// <para>Thread safety: one thread.</para>
/// </remarks>
/// <param name="options">What the command line adds.</param>
/// <param name="index">The servers of the whole configuration.</param>
/// <param name="identities">How callers are known.</param>
internal sealed class ManifestServers(ReadingOptions options, ServerIndex index, KnownIdentities identities)
{
    private const string WayToAuth =
        "Add a file with 'auth' beside the manifests, such as 'auth: { jwt: { issuer: …, audience: … } }', and run the folder.";

    private readonly List<string> _notes = [];

    /// <summary>What was decided for each server, a line each.</summary>
    internal IReadOnlyList<string> Notes => _notes;

    /// <summary>The servers that are served.</summary>
    /// <param name="described">What the manifests describe.</param>
    /// <param name="toolConfigs">The tools that <c>MCPToolConfig</c>s select, by namespace and name.</param>
    /// <param name="hasOthers">Whether there are servers of our own documents besides.</param>
    internal ImmutableArray<ServerConfiguration> ReadAll(
        ImmutableArray<ToolHiveServer> described,
        IReadOnlyDictionary<(string? Namespace, string Name), ToolHiveTools> toolConfigs,
        bool hasOthers)
    {
        ManifestGroups groups = new(described, toolConfigs, options);
        Dictionary<string, ImmutableArray<ToolHiveServer>> members = [];
        bool servesAny = hasOthers
            || described.Any(server => server.Policy is not null || (!server.IsBackendOnly && AddressOf(server, groups) is not null));
        foreach (ToolHiveServer server in described)
        {
            ImmutableArray<ToolHiveServer> behind = groups.MembersOf(server);
            bool isServed = server.Policy is not null
                || !servesAny
                || !options.IsToRun
                || behind.All(member => AddressOf(member, groups) is not null);
            if (behind.Length > 0 && isServed)
            {
                members.TryAdd(server.Name, behind);
            }
        }

        HashSet<string> behindSome = [.. members.Values.SelectMany(behind => behind).Select(member => member.Name)];
        servesAny |= behindSome.Count > 0;
        IEnumerable<ToolHiveServer> named =
            members.Values.SelectMany(behind => behind).Where(member => described.All(server => server.Name != member.Name));
        return
        [
            .. described
                .Where(server => !server.IsBackendOnly || behindSome.Contains(server.Name))
                .Concat(named)
                .Select(server => Serve(
                    server,
                    members.TryGetValue(server.Name, out ImmutableArray<ToolHiveServer> behind)
                        ? groups.UpstreamOf(server, behind)
                        : AddressOf(server, groups) is Uri address ? new HttpUpstreamConfiguration(address) : null,
                    isNeeded: !servesAny || behindSome.Contains(server.Name)))
                .OfType<ServerConfiguration>(),
        ];
    }

    private static Uri? AddressOf(ToolHiveServer server, ManifestGroups groups) =>
        groups.GivenAddress(server) ?? server.Remote ?? server.Proxy;

    private ServerConfiguration? Serve(ToolHiveServer server, UpstreamConfiguration? upstream, bool isNeeded)
    {
        SourceDocument document = server.Manifest.Document;
        string path = server.NamePath;
        foreach ((Field field, string at, string message) in server.Lost)
        {
            document.Warnings.Add(field, at, message);
        }

        if (options.IsToRun)
        {
            if (upstream is null && server.Policy is null && !isNeeded)
            {
                document.Warnings.Add(
                    server.NameField.Value, path, "is not served: it has no limits, "
                        + $"and no '--upstream {server.Name}=URL' says where it is.");
                return null;
            }

            if (upstream is null)
            {
                document.Faults.Add(
                    server.NameField.Value,
                    path,
                    $"does not say where '{server.Name}' is. "
                        + $"Add --upstream {server.Name}=URL, with the URL of its Streamable HTTP endpoint, such as "
                    + $"http://127.0.0.1:3001/mcp.{(server.Virtual is null ? "" : " Or add the manifests of the servers of its group.")}");
            }

            CheckCallers(server, document);
        }

        if (server is { Policy: null, IsBackendOnly: false })
        {
            document.Warnings.Add(server.NameField.Value, path, "has no limits: calls of this server are not limited.");
        }

        string served = $"/{server.Name}/mcp";
        Node name = server.NameField.Value;
        if ((index.TakeName(server.Name, name, path, document.Faults.File) ?? index.TakePath(served, name, path, document.Faults.File)) is string taken)
        {
            document.Faults.Add(name, path, taken);
            return null;
        }

        index.Add(
            server.LimitsPlace ?? new ServerPlace(document.Faults.File, server.Manifest.Root, server.Manifest.Path, server.LimitsPath));
        Note(server, upstream);
        return new ServerConfiguration
        {
            Name = server.Name,
            Upstream = upstream ?? UnknownUpstreamConfiguration.Instance,
            Path = served,
            Policy = server.Policy,
            Headers = server.Headers,
            IsExposed = !server.IsBackendOnly,
        };
    }

    private void CheckCallers(ToolHiveServer server, SourceDocument document)
    {
        if (identities.HasUsers)
        {
            return;
        }

        foreach ((Field field, string path) in server.PerUser)
        {
            document.Faults.Add(field, path, $"needs to know who calls, and no document says how. {WayToAuth}");
        }

        foreach ((Field field, string path) in server.Authentication)
        {
            document.Faults.Add(
                field,
                path,
                "lets only callers with a valid token through. Sluice does not read what it refers to, and would let every caller through. "
                + WayToAuth);
        }
    }

    private void Note(ToolHiveServer server, UpstreamConfiguration? upstream)
    {
        string subject = $"'{server.Name}' of {Path.GetFileName(server.Manifest.Document.Faults.File)}";
        if (upstream is HttpUpstreamConfiguration http)
        {
            string source = http.Address == server.Proxy ? "status.url), which is ToolHive's proxy: it limits and "
                + "authenticates them as well."
                : http.Address == server.Remote ? "its manifest)."
                : "--upstream).";
            _notes.Add($"{subject}: calls go to {http.Address.GetLeftPart(UriPartial.Path)} ({source}");
        }
        else if (upstream is VirtualUpstreamConfiguration several)
        {
            _notes.Add(
                $"{subject}: calls go to the servers behind it: "
                    + $"{string.Join(", ", several.Backends.Select(backend => $"'{backend.Server}'"))}.");
        }
    }
}
