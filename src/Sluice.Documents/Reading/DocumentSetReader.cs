using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>
/// Reads several documents as one configuration: one of them may have settings, and each may have servers, be a manifest of ToolHive, or a
/// resource of our own.
/// </summary>
/// <param name="faults">Takes what is wrong with all of them together.</param>
/// <param name="values">What <c>${…}</c> in the files that they name refers to.</param>
/// <param name="content">Records the files that they name.</param>
/// <param name="options">What the command line adds.</param>
internal sealed class DocumentSetReader(FaultList faults, IValueSource values, DocumentContent content, ReadingOptions options)
{
    private const string ServersField = "servers";

    /// <summary>The servers that were read.</summary>
    internal ServerIndex Index { get; } = new(hasSeveralFiles: true);

    /// <summary>What manifests gave to the configuration.</summary>
    internal ManifestNames Manifests { get; private set; } = ManifestNames.None;

    /// <summary>The configuration; valid only when no fault was added.</summary>
    internal GatewayConfiguration? Read(ImmutableArray<SourceDocument> documents)
    {
        int before = faults.Count;
        ImmutableArray<SourceDocument> own = [.. documents.Where(document => !KubernetesObject.IsObject(document.Root))];
        ImmutableArray<KubernetesObject> objects =
            [.. documents.Where(document => KubernetesObject.IsObject(document.Root)).SelectMany(KubernetesObject.AllOf)];
        ImmutableArray<ToolHiveServer> described =
        [
            .. objects
                .Select(found => ToolHiveKinds.HasLimits(found) ? ToolHiveReader.Read(found)
                    : ToolHiveKinds.IsBackend(found) ? ToolHiveBackendReader.Read(found)
                    : null)
                .OfType<ToolHiveServer>(),
        ];
        Dictionary<(string? Namespace, string Name), ToolHiveTools> toolConfigs = ToolConfigsOf(objects);
        SourceDocument? settings = SettingsAmong(own);
        List<string> notes = [];
        bool hasReferences = false;
        GatewayReader reader = new(settings?.Faults ?? faults, values, content) { Index = Index };
        GatewayConfiguration? configuration = reader.Read(settings?.Root ?? new MappingNode(0, 0, []), (_, identities) =>
        {
            ImmutableArray<ServerConfiguration> servers =
                [.. own.SelectMany(document => ServersOf(document, isRequired: document != settings, identities))];
            // Who calls is known to the gateway of the cluster; to check a resource alone is not to ask for it.
            ResourceServers resources = new(Index, options.IsToRun || Has(settings, "auth") ? identities : KnownIdentities.All);
            resources.Read(objects, described);
            hasReferences = resources.HasReferences;
            described = resources.Described;
            servers = servers.AddRange(resources.Servers);
            ManifestServers manifests = new(options, Index, identities);
            servers = servers.AddRange(manifests.ReadAll(described, toolConfigs, hasOthers: !servers.IsEmpty));
            notes.AddRange(manifests.Notes);
            return servers;
        });
        if (configuration is { Servers.IsEmpty: true } && faults.Count == before && !options.IsWithCluster && (options.IsToRun || !hasReferences))
        {
            faults.Add(
                0, 0, "",
                $"describes no server.{Contents(objects)} Add a file with 'servers', a Server of {ResourceKinds.Group}, "
                    + "or a manifest of ToolHive.");
        }

        Manifests = new ManifestNames([.. described.Select(server => (server.Name, server.ShortName))], [.. notes], Redis: null);
        return described.IsEmpty || configuration is null ? configuration : WithStore(configuration, Has(settings, "store"), described);
    }

    // Of two with one name, a cluster has the last that was applied.
    private static Dictionary<(string? Namespace, string Name), ToolHiveTools> ToolConfigsOf(ImmutableArray<KubernetesObject> objects)
    {
        Dictionary<(string? Namespace, string Name), ToolHiveTools> read = [];
        foreach (KubernetesObject found in objects.Where(found => found is { Group: ToolHiveKinds.Group, Kind: ToolHiveKinds.ToolConfig }))
        {
            if (ToolHiveVirtualReader.ReadToolConfig(found) is { } config)
            {
                read[config.Key] = config.Tools;
            }
        }

        return read;
    }

    private static bool Has(SourceDocument? settings, string field) => (settings?.Root as MappingNode)?.Find(field) is not null;

    private GatewayConfiguration WithStore(
        GatewayConfiguration configuration, bool hasStore, ImmutableArray<ToolHiveServer> described)
    {
        if (options.Store is StoreConfiguration named)
        {
            return configuration with { Store = named };
        }

        if (!options.IsToRun || hasStore)
        {
            return configuration;
        }

        StoreConfiguration store = ManifestStore.Of(described, out string? note);
        Manifests = Manifests with { Redis = store.Redis, Notes = note is null ? Manifests.Notes : Manifests.Notes.Add(note) };
        return configuration with { Store = store };
    }

    private static string Contents(ImmutableArray<KubernetesObject> objects)
    {
        string[] kinds = [.. objects.Select(ToolHiveKinds.Describe).Distinct().Take(5)];
        return kinds.Length == 0 ? "" : $" It holds {string.Join(", ", kinds)}.";
    }

    /// <summary>The document with settings besides servers; a second one is a fault.</summary>
    private static SourceDocument? SettingsAmong(ImmutableArray<SourceDocument> documents)
    {
        SourceDocument? settings = null;
        foreach (SourceDocument document in documents)
        {
            if ((document.Root as MappingNode)?.Fields.FirstOrDefault(IsSetting) is not Field field)
            {
                continue;
            }

            if (settings is null)
            {
                settings = document;
            }
            else
            {
                document.Faults.Add(
                    field,
                    field.Name,
                    $"is a setting of the gateway, and {Path.GetFileName(settings.Faults.File)} has settings too. "
                    + $"Keep them in one file; the others have only '{ServersField}'.");
            }
        }

        return settings;
    }

    private static bool IsSetting(Field field) => field.Name != ServersField && GatewayReader.Table.Names.Contains(field.Name);

    private ImmutableArray<ServerConfiguration> ServersOf(SourceDocument document, bool isRequired, KnownIdentities identities)
    {
        if (document.Root is SequenceNode)
        {
            document.Faults.Add(
                document.Root, "", "is a list, and a document has fields. "
                    + "If it lists API keys, move it to a folder below, and name it in 'apiKeys.file'.");
            return [];
        }

        // The reader of the settings reports the faults of their root.
        FaultList rootFaults = isRequired ? document.Faults : new FaultList(document.Faults.File);
        FieldReader? root = FieldReader.Open(document.Root, "", GatewayReader.Table, rootFaults);
        return root is not null && (isRequired || root.Has(ServersField))
            ? new ServerReader(document.Faults, identities, Index).ReadAll(root)
            : [];
    }
}
