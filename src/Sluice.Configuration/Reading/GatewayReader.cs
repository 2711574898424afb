using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Reads the root of a gateway's file.</summary>
internal sealed class GatewayReader(FaultList faults)
{
    private static readonly string[] Fields = ["servers", "auth", "listen", "tls", "store", "streams"];
    private static readonly string[] LaterFields = ["admin"];

    /// <summary>The configuration; of use only when no fault was added.</summary>
    internal GatewayConfiguration? Read(Node root)
    {
        FieldReader? reader = FieldReader.Open(root, "", Fields, LaterFields, faults);
        if (reader is null)
        {
            return null;
        }

        int before = faults.Count;
        ImmutableArray<ApiKey> keys = reader.Node("auth") is Node auth ? new AuthReader(faults).Read(auth) : [];
        bool isMisspelt = reader.HasAttempt("auth") && !reader.Has("auth");
        KnownIdentities identities = isMisspelt || faults.Count > before ? KnownIdentities.All
            : !reader.Has("auth") ? KnownIdentities.None
            : new(HasUsers: true, HasTenants: keys.Any(key => key.Tenant is not null), HasClients: false);
        (Uri listen, TlsConfiguration? tls) = new ListenReader(faults).Read(reader);
        return new GatewayConfiguration
        {
            Listen = listen,
            Tls = tls,
            ApiKeys = keys,
            Store = reader.Node("store") is Node store ? new StoreReader(faults).Read(store) : StoreConfiguration.Memory,
            Streams = reader.Node("streams") is Node streams ? new StreamsReader(faults).Read(streams) : StreamBounds.Default,
            Servers = new ServerReader(faults, identities).ReadAll(reader),
        };
    }
}
