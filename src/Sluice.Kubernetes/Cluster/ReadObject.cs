using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Kubernetes;

/// <summary>An object of a cluster, read: what is wrong with it, or what it says.</summary>
/// <param name="Object">The object.</param>
/// <param name="Faults">What is wrong with it.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ReadObject(ClusterObject Object, ImmutableArray<Fault> Faults)
{
    /// <summary>The server, if the object is one of ours and valid.</summary>
    internal ServerResource? Server { get; init; }

    /// <summary>The policy, if the object is one and valid.</summary>
    internal PolicyResource? Policy { get; init; }

    /// <summary>The server, if the object is one of another operator and valid.</summary>
    internal ForeignServer? Foreign { get; init; }

    /// <summary>What a policy that is wrong was to limit.</summary>
    internal ImmutableArray<ResourceTarget> Targets { get; init; } = [];

    /// <summary>Whether it is valid.</summary>
    internal bool IsValid => Server is not null || Policy is not null || Foreign is not null;

    /// <summary>Reads an object.</summary>
    /// <param name="found">The object.</param>
    /// <param name="identities">How the gateway knows callers.</param>
    internal static ReadObject Of(ClusterObject found, KnownIdentities identities)
    {
        FaultList faults = new($"{found.Kind.Kind} {found.Namespace}/{found.Name}");
        SourceDocument document = new(found.Root, faults, new FaultList(faults.File));
        KubernetesObject manifest = new(found.Root, "", found.Kind.Group, found.Kind.Version, found.Kind.Kind, document);
        ServerResource? server = null;
        PolicyResource? policy = null;
        ForeignServer? foreign = null;
        if (found.Kind == FollowedKinds.Servers || found.Kind == FollowedKinds.VirtualServers)
        {
            server = ServerResourceReader.Read(manifest, identities);
        }
        else if (found.Kind == FollowedKinds.Policies)
        {
            policy = PolicyResourceReader.Read(manifest, identities);
        }
        else if (found.Kind == FollowedKinds.KmcpServers)
        {
            foreign = KmcpReader.Read(manifest);
        }
        else if (ToolHiveReader.Read(manifest) is ToolHiveServer toolHive)
        {
            CheckCallers(toolHive, identities, faults);
            foreign = new ForeignServer(toolHive.Target, toolHive.Name, toolHive.Proxy) { Policy = toolHive.Policy };
        }

        bool isValid = faults.Count == 0;
        return new ReadObject(found, faults.ToImmutable())
        {
            Server = isValid ? server : null,
            Policy = isValid ? policy : null,
            Foreign = isValid ? foreign : null,
            Targets = !isValid && found.Kind == FollowedKinds.Policies ? PolicyResourceReader.TargetsOf(manifest, found.Namespace) : [],
        };
    }

    // The gateway must not let callers through whom ToolHive asks for a token.
    private static void CheckCallers(ToolHiveServer server, KnownIdentities identities, FaultList faults)
    {
        if (identities.HasUsers)
        {
            return;
        }

        foreach ((Field field, string path) in server.PerUser.Concat(server.Authentication))
        {
            faults.Add(
                field, path,
                "needs to know who calls, and the gateway's file has no 'auth' that tells it. Add auth.jwt or auth.apiKeys there.");
        }
    }
}
