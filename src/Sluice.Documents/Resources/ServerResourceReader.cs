using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads a <c>Server</c> or <c>VirtualServer</c> of <c>sluice.dev</c>.</summary>
internal static class ServerResourceReader
{
    /// <summary>The longest URL.</summary>
    internal const int MaxUrlLength = 2048;

    private const string Spec = "spec";
    private const string UpstreamField = "upstream";
    private const string UrlField = "url";
    private const string ServiceField = "serviceRef";
    private const string PathField = "path";
    private const string DefaultServicePath = "/mcp";
    private const string PathPattern = @"^\s*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\s*$";

    private static readonly FieldTable ServiceTable = new(
        new FieldSpec("name", new TextSpec(MaxLength: 63, Pattern: "^[a-z]([-a-z0-9]*[a-z0-9])?$")).Required(),
        new FieldSpec("port", new IntegerSpec(1, ushort.MaxValue)).Required(),
        new(PathField, new TextSpec(Pattern: PathPattern)));

    private static readonly FieldTable UpstreamTable = new(
        new FieldSpec(UrlField, new TextSpec(MaxUrlLength, @"^\s*[hH][tT][tT][pP][sS]?://[^\s/?#@]+([/?][^\s#]*)?\s*$", Not: @"^[^?]*/[sS][sS][eE]/*\s*(\?|$)")),
        new(ServiceField, new GroupSpec(() => ServiceTable)))
    {
        OneOf = [[UrlField], [ServiceField]],
        Apart = [(UrlField, ServiceField)],
    };

    private static readonly FieldSpec[] CommonFields =
    [
        new(PathField, new TextSpec(Pattern: PathPattern)),
        new("timeout", new DurationSpec(ServerConfiguration.MinTimeout, ServerConfiguration.MaxTimeout, "1s to 1d", "30s, 10m or 1h")),
        new(
            "maxRequestBytes",
            new IntegerSpec(ServerConfiguration.MaxRequestBytesLowerBound, ServerConfiguration.MaxRequestBytesUpperBound)),
        new("strictHeaders", new BooleanSpec()),
        new("allow", AllowReader.Value),
    ];

    /// <summary>The fields of <c>spec</c> of a <c>Server</c>.</summary>
    internal static readonly FieldTable Table = new(
        [new FieldSpec(UpstreamField, new GroupSpec(() => UpstreamTable)).Required(), .. CommonFields]);

    /// <summary>The fields of <c>spec</c> of a <c>VirtualServer</c>.</summary>
    internal static readonly FieldTable VirtualTable = new(
        [ServerReader.BackendReferences, .. CommonFields, .. ServerReader.VirtualFields]);

    /// <summary>The server; null when it is wrong.</summary>
    /// <param name="manifest">The object.</param>
    /// <param name="identities">The identities that <c>allow</c> can ask for.</param>
    internal static ServerResource? Read(KubernetesObject manifest, KnownIdentities identities) =>
        manifest.Kind == ResourceKinds.VirtualServer
        ? Read(manifest, identities, VirtualTable, (reader, identity) => new ServerReader(manifest.Document.Faults, identities, new ServerIndex())
            .ReadReferences(reader, name => identity?.NameOf(name) ?? name))
        : Read(manifest, identities, Table, (reader, identity) =>
            ReadUpstream(reader, identity?.Namespace, manifest.Document.Faults) is Uri address
                ? new HttpUpstreamConfiguration(address)
                : null);

    private static ServerResource? Read(
        KubernetesObject manifest, KnownIdentities identities, FieldTable table, Func<FieldReader, ResourceIdentity?, UpstreamConfiguration?> readUpstream)
    {
        FaultList faults = manifest.Document.Faults;
        int before = faults.Count;
        ResourceIdentity? identity = ResourceIdentity.Read(manifest, isServer: true);
        if (manifest.Root.Find(Spec)?.Value is not Node spec)
        {
            faults.Add(manifest.Root, manifest.Path, "lacks the field 'spec' with its fields. Add it.");
            return null;
        }

        if (FieldReader.Open(spec, manifest.PathOf(Spec), table, faults) is not FieldReader reader)
        {
            return null;
        }

        UpstreamConfiguration? upstream = readUpstream(reader, identity);
        string? path = ReadPath(reader, faults);
        TimeSpan timeout = reader.Duration("timeout") ?? ServerConfiguration.DefaultTimeout;
        int maxRequestBytes = reader.Integer("maxRequestBytes") ?? ServerConfiguration.DefaultMaxRequestBytes;
        bool strictHeaders = reader.Boolean("strictHeaders");
        ImmutableArray<AllowRule>? allow = new AllowReader(faults, identities).Read(reader, caseSensitive: false);
        if (faults.Count > before || identity is null || upstream is null)
        {
            return null;
        }

        ServerConfiguration configuration = new()
        {
            Name = identity.ServerName,
            Upstream = upstream,
            Path = path ?? $"/{identity.ServerName}/mcp",
            Timeout = timeout,
            MaxRequestBytes = maxRequestBytes,
            StrictHeaders = strictHeaders,
            Allow = allow,
        };
        return new ServerResource(manifest, identity, configuration, allow is null ? null : AllowWithCase(spec, table, identities))
        {
            PathPlace = reader.Node(PathField) is Node written
                ? (written, reader.PathOf(PathField))
                : (identity.NameField.Value, manifest.PathOf("metadata.name")),
        };
    }

    private static ImmutableArray<AllowRule>? AllowWithCase(Node spec, FieldTable table, KnownIdentities identities)
    {
        FaultList known = new(""); // The faults of the same fields were added when they were read without case.
        return new AllowReader(known, identities).Read(FieldReader.Open(spec, "", table, known)!, caseSensitive: true);
    }

    private static Uri? ReadUpstream(FieldReader spec, string? ownNamespace, FaultList faults)
    {
        if (spec.Required(UpstreamField) is not Node node
            || FieldReader.Open(node, spec.PathOf(UpstreamField), UpstreamTable, faults) is not FieldReader reader)
        {
            return null;
        }

        if (reader.Has(UrlField) && reader.Has(ServiceField))
        {
            faults.Add(reader.Mapping.Find(ServiceField)!, reader.PathOf(ServiceField), "does not go with 'url'. Remove one of the two.");
        }
        else if (!reader.HasAttempt(UrlField) && !reader.HasAttempt(ServiceField))
        {
            faults.Add(node, spec.PathOf(UpstreamField), "does not say where the server is. Add 'url' or 'serviceRef'.");
        }

        Uri? url = ReadUrl(reader);
        Uri? service = reader.Node(ServiceField) is Node group
            ? ReadService(group, reader.PathOf(ServiceField), ownNamespace, faults)
            : null;
        return url ?? service;
    }

    private static Uri? ReadUrl(FieldReader reader)
    {
        if (reader.Scalar(UrlField, "a URL, such as http://weather.tools.svc:8080/mcp") is not ScalarNode scalar)
        {
            return null;
        }

        Uri? address = null;
        string? wrong = scalar.Value.Length > MaxUrlLength
            ? $"has {scalar.Value.Length} characters, and must have 1 to {MaxUrlLength}."
            : UpstreamReader.WhyNotAnAddress(scalar, out address);
        return reader.Accept(address, wrong, scalar, UrlField);
    }

    private static Uri? ReadService(Node group, string path, string? ownNamespace, FaultList faults)
    {
        if (FieldReader.Open(group, path, ServiceTable, faults) is not FieldReader reader)
        {
            return null;
        }

        string? name = reader.Text("name");
        if (name is not null && !IsServiceName(name))
        {
            faults.Add(
                reader.Node("name")!,
                reader.PathOf("name"),
                $"{Shown.Quote(name)} is not the name of a Service. "
                    + "Use at most 63 lower-case letters, digits and '-', with a letter first and no '-' last.");
            name = null;
        }

        int? port = reader.Integer("port");
        string? served = reader.Has(PathField) ? ReadPath(reader, faults) : DefaultServicePath;
        string host = ownNamespace is null ? $"{name}" : $"{name}.{ownNamespace}.svc";
        return name is null || port is null || served is null ? null : new Uri($"http://{host}:{port}{served}");
    }

    private static string? ReadPath(FieldReader reader, FaultList faults)
    {
        string? path = reader.Text(PathField);
        if (path is null || ServerReader.IsPath(path))
        {
            return path;
        }

        faults.Add(
            reader.Node(PathField)!,
            reader.PathOf(PathField),
            $"{reader.Node(PathField)!.Describe()} is not a path. "
                + "Write one such as /weather/mcp: letters, digits and - . _ ~ after each slash, no dot first.");
        return null;
    }

    private static bool IsServiceName(string name) =>
        name.Length <= 63
        && char.IsAsciiLetterLower(name[0])
        && name[^1] != '-'
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
