using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Sluice.Documents;

/// <summary>Reads ToolHive's <c>MCPServer</c> and <c>VirtualMCPServer</c>, and rejects what ToolHive's admission rejects.</summary>
/// <remarks>
/// Source: the types and CEL rules in <c>cmd/thv-operator/api</c> of github.com/stacklok/toolhive, read in November 2026. What is neither a
/// limit nor needed for one is checked by the cluster alone.
/// </remarks>
internal static partial class ToolHiveReader
{
    private const string GroupField = "groupRef";
    private const string LimitsField = "rateLimiting";
    private const string ConfigField = "config";
    private const string IncomingField = "incomingAuth";
    private const string OidcField = "oidcConfigRef";
    private const string InlineOidcField = "oidcConfig";
    private const string ExternalField = "externalAuthConfigRef";

    private static readonly FieldSpec NameField = new FieldSpec("name", new TextSpec()).Required();
    private static readonly FieldTable ReferenceTable = new(NameField);
    private static readonly ValueSpec Anything = new AnyTextSpec();
    private static readonly Dictionary<string, bool> IncomingTypes = new(StringComparer.Ordinal) { ["anonymous"] = false, ["oidc"] = true };
    private static readonly FieldSpec Replicas = new("replicas", new IntegerSpec(0, int.MaxValue));
    private static readonly FieldSpec Affinity = new("sessionAffinity", Words("ClientIP", "None"));
    private static readonly FieldSpec Storage = new(ToolHiveStorage.Field, Anything);
    private static readonly FieldSpec Port = new("proxyPort", new IntegerSpec(1, ushort.MaxValue));

    private static readonly FieldTable ServerTable = new(
        new FieldSpec("image", new TextSpec()).Required(),
        new("transport", Words("stdio", "streamable-http", "sse")),
        Port,
        Port with { Name = "mcpPort" },
        Replicas,
        Replicas with { Name = "backendReplicas" },
        Affinity,
        Storage,
        new(OidcField, Anything),
        new(GroupField, Anything),
        new(LimitsField, Anything));

    private static readonly FieldTable VirtualTable = new(
        new FieldSpec(IncomingField, Anything).Required(),
        new(GroupField, Anything),
        new("serviceType", Words("ClusterIP", "NodePort", "LoadBalancer")),
        Replicas,
        Affinity,
        Storage,
        new(ConfigField, Anything));

    private static readonly FieldTable IncomingTable =
        new(new FieldSpec("type", new ChoiceSpec<bool>(IncomingTypes)).Required(), new(OidcField, Anything));

    /// <summary>Reads a manifest; null when it is wrong.</summary>
    internal static ToolHiveServer? Read(KubernetesObject manifest)
    {
        FaultList faults = manifest.Document.Faults;
        int before = faults.Count;
        ToolHiveServer? server = ReadName(manifest);
        string path = manifest.PathOf("spec");
        if (manifest.Root.Find("spec")?.Value is not MappingNode spec)
        {
            faults.Add(manifest.Root, manifest.Path, "lacks the field 'spec' with its fields. Add it.");
            return null;
        }

        bool isVirtual = manifest.Kind == ToolHiveKinds.VirtualServer;
        FieldTable table = isVirtual ? VirtualTable : ServerTable;
        ToolHiveFields.Check(spec, path, isVirtual, table.Names, manifest.Document);
        FieldReader reader = Part(spec, path, table, faults);
        CheckCommon(reader);
        server = isVirtual ? ReadVirtual(server, reader, manifest) : ReadServer(server, reader, spec, manifest);
        return faults.Count == before ? server : null;
    }

    /// <summary>Reads what every manifest of a server has: its name. Null when it is wrong.</summary>
    internal static ToolHiveServer? ReadName(KubernetesObject manifest)
    {
        FaultList faults = manifest.Document.Faults;
        string path = manifest.PathOf("metadata");
        if (manifest.Root.Find("metadata")?.Value is not MappingNode metadata || metadata.Find("name") is not Field nameField)
        {
            faults.Add(manifest.Root, manifest.Path, "lacks 'metadata.name'. Add it.");
            return null;
        }

        FieldReader reader = Part(metadata, path, new(NameField, new FieldSpec("namespace", new TextSpec())), faults);
        string? name = reader.Text("name");
        string? space = reader.Text("namespace");
        if (name is null || (reader.Has("namespace") && space is null))
        {
            return null;
        }

        string full = space is null ? name : $"{space}.{name}";
        string? wrong = !KubernetesName().IsMatch(name)
            ? $"{Shown.Quote(name)} is not a name. Use lower-case letters, digits, '-' and '.', with a letter or digit at both ends."
            : full.Length > ServerReader.MaxNameLength
            ? $"{Shown.Quote(full)} is the name of the server, and has {full.Length} characters, where Sluice allows "
                + $"{ServerReader.MaxNameLength}. Shorten it."
            : null;
        return reader.Accept(name, wrong, nameField.Value, "name") is null
            ? null
            : new ToolHiveServer(manifest, full, nameField) { ShortName = name, LimitsPath = [], Proxy = ProxyOf(manifest) };
    }

    private static ToolHiveServer? ReadServer(ToolHiveServer? server, FieldReader reader, MappingNode spec, KubernetesObject manifest)
    {
        reader.Text("image");
        CheckWord(reader, "transport");
        reader.Integer("proxyPort");
        reader.Integer("mcpPort");
        reader.Integer("backendReplicas");
        CheckTimeout(spec, reader, manifest.Document.Faults);
        CheckAuthorization(spec, reader, manifest.Document.Faults);
        CheckReference(reader, OidcField, manifest.Document.Faults);
        bool isFirst = manifest.Version == ToolHiveKinds.FirstVersion;
        string[] tokens = isFirst ? [OidcField, InlineOidcField] : [OidcField];
        if (!isFirst && spec.Find(InlineOidcField) is Field inline)
        {
            manifest.Document.Faults.Add(
                inline, reader.PathOf(InlineOidcField), $"is a field of {ToolHiveKinds.FirstVersion}. Use {OidcField}.");
        }

        string? group = GroupOf(reader, manifest);
        string wayOut = $"needs to know who calls. Add {OidcField} or {ExternalField}.";
        bool knowsCallers = ((string[])[OidcField, InlineOidcField, ExternalField]).Any(field => spec.Find(field) is not null);
        return WithLimits(
            server, reader, [LimitsField], reader.Node(LimitsField), manifest, knowsCallers ? null : wayOut) is ToolHiveServer read
            ? read with { Authentication = PathsOf(spec, reader, [.. tokens, "authServerRef"]), Group = group }
            : null;
    }

    private static ToolHiveServer? ReadVirtual(ToolHiveServer? server, FieldReader reader, KubernetesObject manifest)
    {
        FaultList faults = manifest.Document.Faults;
        CheckWord(reader, "serviceType");
        if (manifest.Version != ToolHiveKinds.FirstVersion)
        {
            reader.Required(GroupField);
        }

        string? group = GroupOf(reader, manifest);
        bool asksForTokens = ReadIncoming(reader, faults);
        MappingNode? config = reader.Node(ConfigField) as MappingNode;
        if (config is null && reader.Node(ConfigField) is Node other)
        {
            faults.Add(
                other, reader.PathOf(ConfigField),
                $"{other.Describe()} is not a group of fields. Write fields, such as '{LimitsField}: …'.");
        }

        CheckSpelling(config, reader.PathOf(ConfigField), faults);
        ToolHiveVirtual said = new ToolHiveVirtualReader(faults).Read(config, reader.PathOf(ConfigField), group);
        string wayOut = $"needs to know who calls. Set {IncomingField}.type to oidc.";
        return WithLimits(
            server, reader, [ConfigField, LimitsField], config?.Find(LimitsField)?.Value, manifest, asksForTokens ? null : wayOut)
            is ToolHiveServer read
            ? read with { Authentication = asksForTokens ? PathsOf(reader.Mapping, reader, [IncomingField]) : [], Virtual = said }
            : null;
    }

    private static ToolHiveServer? WithLimits(
        ToolHiveServer? server, FieldReader spec, string[] fields, Node? limits, KubernetesObject manifest, string? whyNoUsers)
    {
        FaultList faults = manifest.Document.Faults;
        ToolHiveStorage? storage = spec.Node(ToolHiveStorage.Field) is Node node
            ? ToolHiveStorage.Read(node, spec.PathOf(ToolHiveStorage.Field), faults)
            : null;
        ToolHiveLimitsReader reader = new(manifest.Document);
        string path = spec.PathOf(string.Join('.', fields));
        RateLimitPolicy? policy = limits is null ? null : reader.Read(limits, path, server?.Name ?? "server");
        if (limits is not null && storage is not { IsRedis: true } && (storage is not null || !spec.Has(ToolHiveStorage.Field)))
        {
            faults.Add(
                limits, path,
                "needs 'spec.sessionStorage' with 'provider: redis', where its buckets are. Add it, with the address of Redis.");
        }

        if (whyNoUsers is not null)
        {
            reader.PerUser.ForEach(found => faults.Add(found.Field, found.Path, whyNoUsers));
        }

        return server is null ? null : server with
        {
            Policy = policy,
            LimitsPath = ["spec", .. fields],
            PerUser = [.. reader.PerUser],
            Storage = storage,
        };
    }

    private static bool ReadIncoming(FieldReader spec, FaultList faults)
    {
        if (spec.Required(IncomingField) is not Node node)
        {
            return false;
        }

        if (node is not MappingNode incoming)
        {
            faults.Add(
                node, spec.PathOf(IncomingField), $"{node.Describe()} is not a group of fields. Write fields, such as 'type: oidc'.");
            return false;
        }

        FieldReader reader = Part(incoming, spec.PathOf(IncomingField), IncomingTable, faults);
        reader.Required("type");
        bool isOidc = reader.Choice<bool>("type") ?? false;
        CheckReference(reader, OidcField, faults);
        CheckAuthorization(incoming, reader, faults);
        if (isOidc && !reader.Has(OidcField))
        {
            faults.Add(node, spec.PathOf(IncomingField), $"lacks the field '{OidcField}', which the type 'oidc' needs. Add it.");
        }

        return isOidc;
    }

    private static void CheckTimeout(MappingNode spec, FieldReader reader, FaultList faults)
    {
        const string Field = "proxyReadTimeout";
        if (spec.Find(Field)?.Value is ScalarNode timeout && timeout.Value.StartsWith('-'))
        {
            faults.Add(timeout, reader.PathOf(Field), $"{timeout.Describe()} is negative. Write 0s or more.");
        }
    }

    private static void CheckAuthorization(MappingNode group, FieldReader reader, FaultList faults)
    {
        const string Inline = "authzConfig";
        const string Reference = "authzConfigRef";
        if (group.Find(Inline) is not null && group.Find(Reference) is Field reference)
        {
            faults.Add(reference, reader.PathOf(Reference), $"does not go with '{Inline}'. Remove one of the two.");
        }
    }

    private static void CheckCommon(FieldReader reader)
    {
        reader.Integer("replicas");
        CheckWord(reader, "sessionAffinity");
    }

    private static void CheckWord(FieldReader reader, string field) => reader.Choice<bool>(field);

    /// <summary>The name of the group of a server; null for none. The first version had it as a text.</summary>
    internal static string? GroupOf(FieldReader reader, KubernetesObject manifest)
    {
        Node? node = reader.Node(GroupField);
        if (node is ScalarNode && manifest.Version == ToolHiveKinds.FirstVersion)
        {
            return ToolHiveVirtualReader.TextOf(node);
        }

        CheckReference(reader, GroupField, manifest.Document.Faults);
        return ToolHiveVirtualReader.TextOf((node as MappingNode)?.Find("name")?.Value);
    }

    private static void CheckReference(FieldReader owner, string field, FaultList faults)
    {
        if (owner.Node(field) is not Node node)
        {
            return;
        }

        if (node is MappingNode reference)
        {
            Part(reference, owner.PathOf(field), ReferenceTable, faults).Text("name");
        }
        else
        {
            faults.Add(node, owner.PathOf(field), $"{node.Describe()} is not a group of fields. Write fields, such as 'name: …'.");
        }
    }

    // Of `config` not all fields are read; a field that means one that is read must not be lost.
    private static void CheckSpelling(MappingNode? config, string path, FaultList faults)
    {
        string[] known = [LimitsField, ToolHiveVirtualReader.AggregationField];
        foreach (Field field in config?.Fields ?? [])
        {
            if (!known.Contains(field.Name) && NearestName.Find(field.Name, known) is string near)
            {
                faults.Add(field, $"{path}.{Shown.Step(field.Name)}", $"{Shown.Quote(field.Name)} is not a field. Did you mean '{near}'?");
            }
        }
    }

    /// <summary>A reader of those fields of a group that a table has.</summary>
    internal static FieldReader Part(MappingNode group, string path, FieldTable table, FaultList faults) => FieldReader.Open(
        new MappingNode(
            group.Line, group.Column, [.. group.Fields.Where(field => table.Names.Contains(field.Name))]), path, table, faults)!;

    private static ImmutableArray<(Field Field, string Path)> PathsOf(MappingNode group, FieldReader reader, string[] fields) =>
        [.. fields.Select(group.Find).OfType<Field>().Select(field => (field, reader.PathOf(field.Name)))];

    private static Uri? ProxyOf(KubernetesObject manifest) =>
        (manifest.Root.Find("status")?.Value as MappingNode)?.Find("url")?.Value is ScalarNode url
        && Uri.TryCreate(url.Value, UriKind.Absolute, out Uri? address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address is { UserInfo.Length: 0, Fragment.Length: 0 }
        && address.AbsolutePath.EndsWith("/mcp", StringComparison.Ordinal)
            ? address
            : null;

    private static ChoiceSpec<bool> Words(params string[] words) =>
        new(words.ToDictionary(word => word, _ => true, StringComparer.Ordinal));

    /// <summary>What Kubernetes allows as the name of an object.</summary>
    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    internal static partial Regex KubernetesName();
}
