using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>A file with limits: a gateway's configuration, or a file for <c>run --stdio</c> with <c>rateLimiting</c> at its root.</summary>
internal sealed class PolicyFile
{
    private readonly DocumentPlaces _places;

    private PolicyFile(
        string path, ImmutableArray<PolicyOfServer> servers, AuthConfiguration auth, StoreConfiguration store, DocumentPlaces places)
    {
        Path = path;
        MaxKeys = store.MaxKeys;
        Servers = servers;
        Auth = auth;
        _places = places;
    }

    /// <summary>The file, as it was named.</summary>
    internal string Path { get; }

    /// <summary>The servers, in the order of the file.</summary>
    internal ImmutableArray<PolicyOfServer> Servers { get; }

    /// <summary>How callers are known.</summary>
    internal AuthConfiguration Auth { get; }

    /// <summary>How many keys a store in memory remembers.</summary>
    internal int MaxKeys { get; }

    /// <summary>Whether callers have identities.</summary>
    internal bool KnowsCallers => Auth.IdentifiesCallers || Servers is [{ Index: null }];

    /// <summary>Reads a file; when it is not valid, prints its faults on standard error.</summary>
    internal static PolicyFile? Load(string path)
    {
        DocumentPlaces places = DocumentPlaces.Load(path, ProcessValueSource.Instance);
        (PolicyFile? file, ImmutableArray<Fault> faults) = places.IsLocal ? OfLocal(path, places) : OfGateway(path, places);
        if (file is null)
        {
            Console.Error.WriteLine(FaultFormatter.Format(faults));
        }

        return file;
    }

    /// <summary>The server of a name, or the only one; null when there is none, and the reason.</summary>
    internal PolicyOfServer? Find(string? name, out string? why)
    {
        if (name is null)
        {
            why = Servers.Length == 1 ? null : $"{Path} has {Servers.Length} servers. Choose one by --server: {string.Join(", ", Names)}.";
            return why is null ? Servers[0] : null;
        }

        // Names of servers are unique without regard to case.
        PolicyOfServer? found = Servers.FirstOrDefault(server => server.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        why = found is null ? $"--server: {Shown.Quote(name)} is not a server of {Path}. {NearestName.Advice(name, Names)}" : null;
        return found;
    }

    /// <summary>Where a value of a server's limits is written.</summary>
    internal Fault PlaceOf(PolicyOfServer server, string path) => _places.PlaceOfLimit(server.Index, path);

    /// <summary>Whether the limits of a server have a field at their root.</summary>
    internal bool Has(PolicyOfServer server, string field) => _places.HasLimitsField(server.Index, field);

    private string[] Names => [.. Servers.Select(server => server.Name)];

    private static (PolicyFile? File, ImmutableArray<Fault> Faults) OfGateway(string path, DocumentPlaces places)
    {
        GatewayFileResult result = GatewayFile.Load(path);
        return (
            result.Configuration is GatewayConfiguration configuration
                ? new PolicyFile(
                    path,
                    [.. configuration.Servers.Select((server, index) => new PolicyOfServer(server.Name, index, server.Policy)
                    {
                        Virtual = server.Upstream as VirtualUpstreamConfiguration,
                    })],
                    configuration.Auth,
                    configuration.Store,
                    places)
                : null,
            result.Faults);
    }

    private static (PolicyFile? File, ImmutableArray<Fault> Faults) OfLocal(string path, DocumentPlaces places)
    {
        LocalFileResult result = LocalFile.Load(path);
        return (
            result.Configuration is LocalConfiguration configuration
                ? new PolicyFile(
                    path, [new PolicyOfServer(LocalFile.ServerName, null, configuration.Policy)], AuthConfiguration.None, configuration.Store, places)
                : null,
            result.Faults);
    }
}
