using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Reads several documents as one configuration: one of them may have settings, and each may have servers.</summary>
/// <param name="faults">Takes what is wrong with all of them together.</param>
/// <param name="values">What <c>${…}</c> in the files that they name refers to.</param>
/// <param name="content">Records the files that they name.</param>
internal sealed class DocumentSetReader(FaultList faults, IValueSource values, DocumentContent content)
{
    private const string ServersField = "servers";

    /// <summary>The servers that were read.</summary>
    internal ServerIndex Index { get; } = new(hasSeveralFiles: true);

    /// <summary>The configuration; valid only when no fault was added.</summary>
    internal GatewayConfiguration? Read(ImmutableArray<SourceDocument> documents)
    {
        int before = faults.Count;
        SourceDocument? settings = SettingsAmong(documents);
        GatewayReader reader = new(settings?.Faults ?? faults, values, content) { Index = Index };
        GatewayConfiguration? configuration = reader.Read(
            settings?.Root ?? new MappingNode(0, 0, []),
            (_, identities) => [.. documents.SelectMany(document => ServersOf(document, isRequired: document != settings, identities))]);
        if (configuration is { Servers.IsEmpty: true } && faults.Count == before)
        {
            faults.Add(0, 0, "", "describes no server. Add a file with 'servers'.");
        }

        return configuration;
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
                    $"is a setting of the gateway, and {Path.GetFileName(settings.Faults.File)} has settings too. Keep them in one file; the others have only '{ServersField}'.");
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
                document.Root, "", "is a list, and a document has fields. If it lists API keys, move it to a folder below, and name it in 'apiKeys.file'.");
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
