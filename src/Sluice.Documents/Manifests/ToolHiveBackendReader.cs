using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>
/// Reads ToolHive's kinds of servers without limits, which are behind virtual servers: <c>MCPRemoteProxy</c> and <c>MCPServerEntry</c>.
/// </summary>
/// <remarks>Source: <c>cmd/thv-operator/api</c> of github.com/stacklok/toolhive, read in November 2026.</remarks>
internal static class ToolHiveBackendReader
{
    /// <summary>The transports of servers that are elsewhere, and whether Sluice speaks them.</summary>
    internal static readonly Dictionary<string, bool> Transports =
        new(StringComparer.Ordinal) { ["streamable-http"] = true, ["sse"] = false };

    private const string UrlField = "remoteUrl";
    private const string FirstUrlField = "remoteURL"; // As the first version spelt it.
    private const string HeadersField = "headerForward";
    private const string PlainField = "addPlaintextHeaders";
    private static readonly ValueSpec Anything = new AnyTextSpec();

    private static readonly Dictionary<string, string> Lost = new(StringComparer.Ordinal)
    {
        ["externalAuthConfigRef"] = "Sluice does not add credentials for the server. "
            + "Write them in 'headers' of a server in a document of your own.",
        ["caBundleRef"] = "Sluice trusts the certificates that the machine trusts, and does not read this.",
        ["toolConfigRef"] = "Sluice does not filter or rename tools by this. Write it under 'aggregation.tools' of the VirtualMCPServer.",
        ["authzConfig"] = "Sluice does not decide by this who may call which tool. Write 'allow' of a server in a document of your own.",
        ["authzConfigRef"] = "Sluice does not decide by this who may call which tool. Write 'allow' of a server in a document of your own.",
    };

    /// <summary>Reads a manifest; null when it is wrong.</summary>
    internal static ToolHiveServer? Read(KubernetesObject manifest)
    {
        FaultList faults = manifest.Document.Faults;
        int before = faults.Count;
        ToolHiveServer? server = ToolHiveReader.ReadName(manifest);
        string path = manifest.PathOf("spec");
        if (manifest.Root.Find("spec")?.Value is not MappingNode spec)
        {
            faults.Add(manifest.Root, manifest.Path, "lacks the field 'spec' with its fields. Add it.");
            return null;
        }

        bool isEntry = manifest.Kind == ToolHiveKinds.Entry;
        string url = manifest.Version == ToolHiveKinds.FirstVersion && spec.Find(UrlField) is null ? FirstUrlField : UrlField;
        FieldSpec transport = new("transport", new ChoiceSpec<bool>(Transports));
        FieldSpec group = new("groupRef", Anything);
        FieldReader reader = ToolHiveReader.Part(
            spec,
            path,
            new(new FieldSpec(url, new TextSpec()).Required(), isEntry ? transport.Required() : transport, isEntry ? group.Required() : group),
            faults);
        Uri? address = ReadUrl(reader, url, faults);
        if (isEntry)
        {
            reader.Required("transport");
            reader.Required("groupRef");
        }

        bool isSpoken = reader.Choice<bool>("transport") ?? true;
        string? groupName = ToolHiveReader.GroupOf(reader, manifest);
        return faults.Count > before || server is null ? null : server with
        {
            Group = groupName,
            Remote = address,
            IsBackendOnly = true,
            Headers = HeadersOf(spec, path, manifest.Document),
            Lost =
            [
                .. isSpoken ? [] : ((Field, string, string)[])
                [
                    (
                        spec.Find("transport")!,
                        reader.PathOf("transport"),
                        "Sluice speaks Streamable HTTP to servers, and not the older HTTP+SSE: its tools will be missing."),
                ],
                .. spec.Fields.Where(field => Lost.ContainsKey(field.Name)).Select(
                    field => (field, $"{path}.{field.Name}", Lost[field.Name])),
            ],
        };
    }

    /// <summary>A URL that ToolHive accepts; null when it is wrong.</summary>
    internal static Uri? ReadUrl(FieldReader reader, string field, FaultList faults)
    {
        if (reader.Text(field) is not string text)
        {
            return null;
        }

        if (UpstreamReader.WhyNotAnAddress((ScalarNode)reader.Node(field)!, out Uri? address) is not string wrong)
        {
            return address;
        }

        faults.Add(reader.Node(field)!, reader.PathOf(field), wrong);
        return null;
    }

    private static ImmutableArray<KeyValuePair<string, string>> HeadersOf(MappingNode spec, string path, SourceDocument document)
    {
        if (spec.Find(HeadersField)?.Value is not MappingNode forward)
        {
            return [];
        }

        foreach (Field field in forward.Fields.Where(field => field.Name == "addHeadersFromSecret"))
        {
            document.Warnings.Add(
                field,
                $"{path}.{HeadersField}.{field.Name}",
                "Sluice reads no Secrets: these headers are missing. Write a server with 'headers' in a document of your own.");
        }

        return (forward.Find(PlainField)?.Value as MappingNode)?.Fields
            .Where(field => field.Value is ScalarNode && HeadersReader.IsName(field.Name))
            .Select(field => KeyValuePair.Create(field.Name, ((ScalarNode)field.Value).Value))
            .ToImmutableArray() ?? [];
    }
}
