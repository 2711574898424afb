using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads <c>servers</c>.</summary>
/// <param name="faults">Takes what is wrong.</param>
/// <param name="identities">The identities that limits can count by.</param>
/// <param name="index">The servers of the whole configuration.</param>
internal sealed partial class ServerReader(FaultList faults, KnownIdentities identities, ServerIndex index)
{
    /// <summary>The longest name of a server.</summary>
    internal const int MaxNameLength = 64;

    private const string LimitsField = "rateLimiting";
    private const string ExposeField = "expose";
    private const string ForwardAuthorizationField = "forwardAuthorization";
    private static readonly FieldSpec NameField =
        new FieldSpec("name", new TextSpec(Pattern: $@"^\s*[A-Za-z0-9_-][A-Za-z0-9._-]{{0,{MaxNameLength - 1}}}\s*$")).Required();

    private static readonly FieldSpec[] BoundFields =
    [
        new("path", new TextSpec(Pattern: @"^\s*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\s*$")),
        new("timeout", new DurationSpec(ServerConfiguration.MinTimeout, ServerConfiguration.MaxTimeout, "1s to 1d", "30s, 10m or 1h")),
        new(
            "maxRequestBytes",
            new IntegerSpec(ServerConfiguration.MaxRequestBytesLowerBound, ServerConfiguration.MaxRequestBytesUpperBound)),
        new("strictHeaders", new BooleanSpec()),
    ];

    private static readonly FieldSpec[] CallerFields =
    [
        new("scopes", new TextsSpec(new TextSpec(Pattern: @"^\s*[!#-\[\]-~]+\s*$"))),
        new("allow", AllowReader.Value),
        new("usage", new BooleanSpec()),
    ];

    private static readonly FieldTable Table = new([
        NameField,
        new FieldSpec("upstream", UpstreamReader.Value).Required(),
        .. BoundFields,
        new("headers", HeadersReader.Value),
        .. CallerFields,
        new(LimitsField, RateLimitingReader.Value),
        new(ExposeField, new BooleanSpec()),
        new(ForwardAuthorizationField, new BooleanSpec())]);

    /// <summary>The value of <c>servers</c>.</summary>
    internal static readonly ValueSpec Value = new ListSpec(new GroupSpec(() => Table));

    /// <summary>The servers that could be read.</summary>
    internal ImmutableArray<ServerConfiguration> ReadAll(FieldReader root) =>
    [
        .. root.List("servers").Select(entry => Read(entry.Item, entry.Path)).OfType<ServerConfiguration>(),
    ];

    /// <summary>Takes the name and the paths of a server that was read before.</summary>
    internal void Take(ServerConfiguration server, string itemPath)
    {
        string?[] taken =
        [
            index.TakeName(server.Name, MappingNode.Nowhere, itemPath, faults.File),
            index.TakePath(server.Path, MappingNode.Nowhere, itemPath, faults.File),
            server.Usage ? index.TakePath(ServerConfiguration.UsagePathOf(server.Name), MappingNode.Nowhere, itemPath, faults.File) : null,
        ];
        foreach (string fault in taken.OfType<string>())
        {
            faults.Add(MappingNode.Nowhere, itemPath, fault);
        }

        index.Add(new ServerPlace(faults.File, MappingNode.Nowhere, itemPath, [LimitsField]));
    }

    /// <summary>Reads a server; null when it has faults that leave no server.</summary>
    /// <param name="item">The entry of the list.</param>
    /// <param name="itemPath">The entry's path.</param>
    internal ServerConfiguration? Read(Node item, string itemPath)
    {
        FieldReader? reader = FieldReader.Open(item, itemPath, Table, faults);
        if (reader is null)
        {
            return null;
        }

        ServerConfiguration? read = Read(reader, itemPath, new UpstreamReader(faults).Read, isVirtual: false);
        return read is null ? null : read with
        {
            IsExposed = !reader.Has(ExposeField) || reader.Boolean(ExposeField),
            ForwardAuthorization = reader.Boolean(ForwardAuthorizationField),
        };
    }

    private ServerConfiguration? Read(
        FieldReader reader, string itemPath, Func<FieldReader, UpstreamConfiguration?> readUpstream, bool isVirtual)
    {
        string? name = ReadName(reader);
        UpstreamConfiguration? upstream = readUpstream(reader);
        string? path = ReadPath(reader, name);
        TimeSpan? timeout = reader.Duration("timeout");
        int? maxRequestBytes = reader.Integer("maxRequestBytes");
        bool strictHeaders = reader.Boolean("strictHeaders");
        bool usage = ReadUsage(reader, name);
        ImmutableArray<string>? backends =
            isVirtual ? [.. (upstream as VirtualUpstreamConfiguration)?.Backends.Select(backend => backend.Server) ?? []] : null;
        RateLimitPolicy? policy = reader.Node(LimitsField) is Node limits
            ? new RateLimitingReader(faults, identities) { Backends = backends }.Read(limits, reader.PathOf(LimitsField), name ?? itemPath)
            : null;
        ImmutableArray<KeyValuePair<string, string>> headers =
            new HeadersReader(faults).Read(reader, isCommand: upstream is CommandUpstreamConfiguration);
        ImmutableArray<string> scopes = ReadScopes(reader);
        ImmutableArray<AllowRule>? allow = new AllowReader(faults, identities).Read(reader, policy?.Settings.CaseSensitive ?? false);
        if (name is null || upstream is null || path is null)
        {
            return null;
        }

        index.Add(new ServerPlace(faults.File, reader.Mapping, itemPath, [LimitsField]));
        return new ServerConfiguration
        {
            Name = name,
            Upstream = upstream,
            Path = path,
            Timeout = timeout ?? ServerConfiguration.DefaultTimeout,
            MaxRequestBytes = maxRequestBytes ?? ServerConfiguration.DefaultMaxRequestBytes,
            StrictHeaders = strictHeaders,
            Usage = usage,
            Headers = headers,
            Scopes = scopes,
            Policy = policy,
            Allow = allow,
        };
    }

    private ImmutableArray<string> ReadScopes(FieldReader reader)
    {
        const string Field = "scopes";
        if (reader.Has(Field) && !identities.HasTokens)
        {
            faults.Add(
                reader.Node(Field)!, reader.PathOf(Field),
                "tells clients which scopes to ask for, and no token is accepted. Add auth.jwt, or remove it.");
        }

        return reader.Texts(Field, ApiKeyReader.WhyNotAScope);
    }

    private string? ReadName(FieldReader reader)
    {
        const string Field = "name";
        if (reader.Text(Field) is not string name)
        {
            return null;
        }

        Node node = reader.Node(Field)!;
        bool isName = name.Length <= MaxNameLength
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            && name[0] != '.'; // It is a segment of the default path, where a leading dot means something else.
        string? wrong = isName
            ? index.TakeName(name, node, reader.PathOf(Field), faults.File)
            : $"{node.Describe()} is not a server's name. Use 1 to {MaxNameLength} letters, digits and . _ -, without a dot in front.";
        return reader.Accept(name, wrong, node, Field);
    }

    private string? ReadPath(FieldReader reader, string? name)
    {
        const string Field = "path";
        if (!reader.HasAttempt(Field))
        {
            return name is null ? null : Unique(reader, $"/{name}/mcp", "name");
        }

        if (reader.Text(Field) is not string path)
        {
            return null;
        }

        Node node = reader.Node(Field)!;
        return IsPath(path)
            ? Unique(reader, path, Field)
            : reader.Accept(
                path,
                $"{node.Describe()} is not a path. Write one such as /weather/mcp: letters, digits and - . _ ~ after each slash, no "
                    + "dot first.",
                node,
                Field);
    }

    private bool ReadUsage(FieldReader reader, string? name)
    {
        const string Field = "usage";
        bool usage = reader.Boolean(Field);
        if (usage && name is not null)
        {
            string path = ServerConfiguration.UsagePathOf(name);
            reader.Accept(path, index.TakePath(path, reader.Node(Field)!, reader.PathOf(Field), faults.File), reader.Node(Field)!, Field);
        }

        return usage;
    }

    private string? Unique(FieldReader reader, string path, string field)
    {
        Node node = reader.Node(field)!;
        return reader.Accept(path, index.TakePath(path, node, reader.PathOf(field), faults.File), node, field);
    }

    /// <summary>Whether a text is a path whose parts mean the same to every server and proxy.</summary>
    /// <remarks>
    /// No segment begins with a dot: '.' and '..' lead elsewhere, and '/.well-known' is where clients look for how to sign in.
    /// </remarks>
    internal static bool IsPath(string path) =>
        path[0] == '/'
        && path.Split('/').Skip(1).All(segment =>
            segment.Length > 0
            && segment[0] != '.'
            && segment.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~'));
}
