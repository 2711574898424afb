using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Makes servers of the gateway of the servers that manifests describe.</summary>
/// <remarks>
/// <para>
/// A manifest describes a server to be started by a cluster; Sluice starts none. So what the manifest does not say comes from the command
/// line and from documents of our own: where the server is, and how callers are known. A virtual server is served as one server.
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
    /// <param name="hasOthers">Whether there are servers of our own documents besides.</param>
    internal ImmutableArray<ServerConfiguration> ReadAll(ImmutableArray<ToolHiveServer> described, bool hasOthers)
    {
        bool servesAny = hasOthers || described.Any(server => server.Policy is not null || UpstreamOf(server, described) is not null);
        return [.. described.Select(server => Serve(server, described, isNeeded: !servesAny)).OfType<ServerConfiguration>()];
    }

    private ServerConfiguration? Serve(ToolHiveServer server, ImmutableArray<ToolHiveServer> described, bool isNeeded)
    {
        SourceDocument document = server.Manifest.Document;
        string path = server.Manifest.PathOf("metadata.name");
        UpstreamConfiguration? upstream = UpstreamOf(server, described);
        if (options.IsToRun)
        {
            if (upstream is null && server.Policy is null && !isNeeded)
            {
                document.Warnings.Add(
                    server.NameField.Value, path, $"is not served: it has no limits, and no '--upstream {server.Name}=URL' says where it is.");
                return null;
            }

            if (upstream is null)
            {
                document.Faults.Add(
                    server.NameField.Value,
                    path,
                    $"does not say where '{server.Name}' is. Add --upstream {server.Name}=URL, with the URL of its Streamable HTTP endpoint, such as "
                    + "http://127.0.0.1:3001/mcp.");
            }

            CheckCallers(server, document);
        }

        if (server.Policy is null)
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

        index.Add(server.LimitsPlace ?? new ServerPlace(document.Faults.File, server.Manifest.Root, server.Manifest.Path, server.LimitsPath));
        Note(server, upstream);
        return new ServerConfiguration
        {
            Name = server.Name,
            Upstream = upstream ?? UnknownUpstreamConfiguration.Instance,
            Path = served,
            Policy = server.Policy,
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
        if (upstream is HttpUpstreamConfiguration http)
        {
            bool isProxy = http.Address == server.Proxy;
            _notes.Add(
                $"'{server.Name}' of {Path.GetFileName(server.Manifest.Document.Faults.File)}: calls go to {http.Address.GetLeftPart(UriPartial.Path)}"
                + (isProxy ? " (status.url), which is ToolHive's proxy: it limits and authenticates them as well." : " (--upstream)."));
        }
    }

    // By its whole name; by the short one where only one server has it.
    private HttpUpstreamConfiguration? UpstreamOf(ToolHiveServer server, ImmutableArray<ToolHiveServer> described) =>
        (options.Upstreams.GetValueOrDefault(server.Name)
            ?? (described.Count(other => other.ShortName == server.ShortName) == 1 ? options.Upstreams.GetValueOrDefault(server.ShortName) : null)
            ?? server.Proxy) is Uri address
            ? new HttpUpstreamConfiguration(address)
            : null;
}
