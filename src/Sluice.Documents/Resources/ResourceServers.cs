using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>The servers and policies of <c>sluice.dev</c> in the files of a configuration.</summary>
/// <remarks>
/// In files a reference to nothing, and a second policy of one server, are warnings, as they are conditions in a cluster. Thread safety:
/// one thread.
/// </remarks>
/// <param name="index">The servers of the whole configuration.</param>
/// <param name="identities">How callers are known.</param>
internal sealed class ResourceServers(ServerIndex index, KnownIdentities identities)
{
    /// <summary>The servers, with their limits.</summary>
    internal ImmutableArray<ServerConfiguration> Servers { get; private set; } = [];

    /// <summary>The servers of manifests of ToolHive, with the limits that policies give them.</summary>
    internal ImmutableArray<ToolHiveServer> Described { get; private set; } = [];

    /// <summary>Whether there is an object, in whatever state, that can be checked without the servers that it names.</summary>
    internal bool HasReferences { get; private set; }

    /// <summary>Reads all objects.</summary>
    /// <param name="objects">The objects of all documents.</param>
    /// <param name="described">The servers that manifests of ToolHive describe.</param>
    internal void Read(ImmutableArray<KubernetesObject> objects, ImmutableArray<ToolHiveServer> described)
    {
        KubernetesObject[] own = [.. objects.Where(ResourceKinds.IsKnown)];
        ServerResource[] servers =
        [
            .. own.Where(found => found.Kind is ResourceKinds.Server or ResourceKinds.VirtualServer)
                .Select(found => ServerResourceReader.Read(found, identities))
                .OfType<ServerResource>()
                .Where(IsFree),
        ];
        KubernetesObject[] policies = [.. own.Where(found => found.Kind == ResourceKinds.Policy)];
        HasReferences = own.Any(found => found.Kind is ResourceKinds.Policy or ResourceKinds.VirtualServer or ResourceKinds.Gateway);
        foreach (KubernetesObject gateway in own.Where(found => found.Kind == ResourceKinds.Gateway))
        {
            GatewayResourceReader.Check(gateway);
        }

        PolicyAttachment attachment = new(
            [
                .. servers.Select(server => (server.Target, server.Configuration.Name, HasOwnLimits: false)),
                .. described.Select(server => (server.Target, server.Name, HasOwnLimits: server.Policy is not null)),
            ],
            policies.Select(found => PolicyResourceReader.Read(found, identities)).OfType<PolicyResource>());
        foreach (PolicyOutcome outcome in attachment.Outcomes)
        {
            Warn(outcome);
        }

        string[] real = [.. servers.Where(server => server.Virtual is null).Select(server => server.Configuration.Name)];
        Servers = [.. servers.Select(server => WithBackends(server, real)).OfType<ServerResource>().Select(server => Serve(server, attachment))];
        Described = [.. described.Select(server => attachment.Compile(server.Target, out PolicyResource? source) is RateLimitPolicy policy
            ? server with { Policy = policy, LimitsPlace = PlaceOf(source!) }
            : server)];
    }

    // Backends that no document describes are left out, as in a cluster.
    private static ServerResource? WithBackends(ServerResource server, string[] real)
    {
        if (server.Virtual is not VirtualUpstreamConfiguration written)
        {
            return server;
        }

        KubernetesObject manifest = server.Manifest;
        ServerResource? read = server.WithBackends(backend => real.Contains(backend.Server), out ImmutableArray<VirtualBackend> missing);
        foreach (VirtualBackend backend in missing)
        {
            manifest.Document.Warnings.Add(
                manifest.Root.Find("spec")!.Value,
                manifest.PathOf($"spec.{ServerReader.BackendReferences.Name}[{written.Backends.IndexOf(backend)}]"),
                $"names the Server {Shown.Quote(backend.ShortName!)}, which no document here describes: it is left out.");
        }

        if (read is null)
        {
            manifest.Document.Warnings.Add(
                manifest.Root.Find("spec")!.Value, manifest.PathOf("spec"), "has no backend that a document here "
                    + "describes: it is not served.");
        }

        return read;
    }

    private ServerConfiguration Serve(ServerResource server, PolicyAttachment attachment)
    {
        RateLimitPolicy? policy = attachment.Compile(server.Target, out PolicyResource? source);
        KubernetesObject manifest = server.Manifest;
        index.Add(source is null ? new ServerPlace(manifest.Document.Faults.File, manifest.Root, manifest.Path, PolicyResource.LimitsPath) : PlaceOf(source));
        return server.WithLimits(policy);
    }

    private bool IsFree(ServerResource server)
    {
        FaultList faults = server.Manifest.Document.Faults;
        Node name = server.Identity.NameField.Value;
        string namePath = server.Manifest.PathOf("metadata.name");
        if (index.TakeName(server.Configuration.Name, name, namePath, faults.File) is string taken)
        {
            faults.Add(name, namePath, taken);
            return false;
        }

        (Node node, string path) = server.PathPlace;
        if (index.TakePath(server.Configuration.Path, node, path, faults.File) is string occupied)
        {
            faults.Add(node, path, occupied);
            return false;
        }

        return true;
    }

    private static void Warn(PolicyOutcome outcome)
    {
        FaultList warnings = outcome.Policy.Manifest.Document.Warnings;
        foreach (TargetReference missing in outcome.Missing)
        {
            warnings.Add(
                missing.Node, missing.Path, $"names the {missing.Target.Kind} {Shown.Quote(missing.Target.Name)}, "
                    + "which no document here describes: it is not limited.");
        }

        foreach (ResourceConflict conflict in outcome.Conflicts)
        {
            warnings.Add(conflict.Target.Node, conflict.Target.Path, $"has no effect: {conflict.Message}");
        }
    }

    private static ServerPlace PlaceOf(PolicyResource policy) =>
        new(policy.Manifest.Document.Faults.File, policy.Manifest.Root, policy.Manifest.Path, PolicyResource.LimitsPath);
}
