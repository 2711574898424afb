using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads the root of a gateway's file.</summary>
/// <param name="faults">Takes what is wrong.</param>
/// <param name="values">What <c>${…}</c> in the files that it names refers to.</param>
/// <param name="content">Records the files that it names.</param>
/// <param name="known">Which identities there are, regardless of the file's <c>auth</c>; null where <c>auth</c> gives them.</param>
internal sealed class GatewayReader(FaultList faults, IValueSource values, DocumentContent content, KnownIdentities? known = null)
{
    private const string UserAcrossTenants = "userAcrossTenants";
    private static readonly FieldTable IdentityTable = new(new FieldSpec(UserAcrossTenants, new BooleanSpec()));

    /// <summary>The fields of a gateway's file.</summary>
    internal static readonly FieldTable Table = new(
        new FieldSpec("servers", ServerReader.Value).Required(),
        new("virtualServers", ServerReader.VirtualValue),
        new("auth", new GroupSpec(() => AuthReader.Table)),
        new("identity", new GroupSpec(() => IdentityTable)),
        new("listen", ListenReader.Address),
        new("tls", new GroupSpec(() => ListenReader.TlsTable)),
        new("cors", new GroupSpec(() => CorsReader.Table)),
        new("store", new GroupSpec(() => StoreReader.Table)),
        new("streams", new GroupSpec(() => StreamsReader.Table)),
        new("stop", new GroupSpec(() => StopReader.Table)),
        new("admin", new GroupSpec(() => AdminReader.Table)),
        new("audit", new GroupSpec(() => JournalReader.AuditTable)),
        new("record", new GroupSpec(() => JournalReader.RecordTable)),
        new("decisionIds", new BooleanSpec()),
        new("compat", CompatibilityReader.Value));

    /// <summary>The servers that were read.</summary>
    internal ServerIndex Index { get; init; } = new();

    /// <summary>The configuration; valid only when no fault was added.</summary>
    /// <param name="root">The root of the document.</param>
    /// <param name="readServers">Reads the servers, where they are not those of this document alone; else null.</param>
    internal GatewayConfiguration? Read(
        Node root, Func<FieldReader, KnownIdentities, ImmutableArray<ServerConfiguration>>? readServers = null)
    {
        FieldReader? reader = FieldReader.Open(root, "", Table, faults);
        if (reader is null)
        {
            return null;
        }

        int before = faults.Count;
        AuthReader authReader = new(faults, values, content);
        AuthConfiguration auth = reader.Node("auth") is Node node ? authReader.Read(node) : AuthConfiguration.None;
        bool isMisspelt = reader.HasAttempt("auth") && !reader.Has("auth");
        KnownIdentities identities = known is not null ? known
            : isMisspelt || faults.Count > before ? KnownIdentities.All
            : !reader.Has("auth") ? KnownIdentities.None
            : AuthIdentities.Of(auth);
        (Uri listen, TlsConfiguration? tls) = new ListenReader(faults).Read(reader);
        if (faults.Count == before)
        {
            authReader.CheckAudiences(auth, listen);
        }

        bool userAcrossTenants = ReadIdentity(reader, identities);
        StoreConfiguration storing = reader.Node("store") is Node store ? new StoreReader(faults).Read(store) : StoreConfiguration.Memory;
        (AuditConfiguration? audit, LogFileConfiguration? record) = new JournalReader(faults).Read(reader);
        ServerReader serverReader = new(faults, identities, Index);
        ImmutableArray<ServerConfiguration> servers = readServers?.Invoke(reader, identities) ?? serverReader.ReadAll(reader);
        ImmutableArray<ServerConfiguration> virtualServers = serverReader.ReadVirtual(reader, servers);
        if (faults.Count == before)
        {
            new ServerGraph([.. servers, .. virtualServers], [listen, auth.PublicUrl], Index).Check(faults);
        }

        return new GatewayConfiguration
        {
            Listen = listen,
            Tls = tls,
            Auth = auth with { UserAcrossTenants = userAcrossTenants },
            CorsOrigins = new CorsReader(faults).Read(reader),
            Store = storing,
            Streams = reader.Node("streams") is Node streams ? new StreamsReader(faults).Read(streams) : StreamBounds.Default,
            Stop = reader.Node("stop") is Node stop ? new StopReader(faults).Read(stop) : StopConfiguration.Default,
            Admin = new AdminReader(faults).Read(reader, listen, tls is not null || reader.HasAttempt("tls")),
            Audit = audit,
            Record = record,
            DecisionIds = reader.Boolean("decisionIds"),
            ToolHive = new CompatibilityReader(faults).Read(reader),
            Servers = [.. servers, .. virtualServers],
        };
    }

    private bool ReadIdentity(FieldReader root, KnownIdentities identities)
    {
        const string Group = "identity";
        if (root.Node(Group) is not Node node || FieldReader.Open(node, Group, IdentityTable, faults) is not FieldReader reader)
        {
            return false;
        }

        if (!identities.HasTenants)
        {
            faults.Add(node, Group, "has no effect, since nothing in 'auth' tells a caller's tenant. Remove it.");
        }

        return reader.Boolean(UserAcrossTenants);
    }
}
