using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads <c>auth.jwt</c>: one issuer, or a list of them.</summary>
internal sealed class JwtReader(FaultList faults, DocumentContent content)
{
    private const string ListField = "jwt";
    private const string IssuerField = "issuer";
    private const string AudienceField = "audience";
    private const string KeyField = "key";
    private static readonly FieldTable Table = new(
        new FieldSpec(IssuerField, new TextSpec()).Required(),
        new(AudienceField, new TextsSpec(new TextSpec())),
        new(KeyField, new TextSpec()),
        new("userClaim", new TextSpec()),
        new("tenantClaim", new TextSpec()),
        new("clientClaim", new TextSpec()));

    /// <summary>The fields of an issuer in a resource, which names no files.</summary>
    internal static readonly FieldTable TableOfResources = new([.. Table.Fields.Where(field => field.Name != KeyField)]);

    /// <summary>The value of <c>jwt</c>.</summary>
    internal static readonly ValueSpec Value = new AnyOfSpec(new GroupSpec(() => Table), new ListSpec(new GroupSpec(() => Table)));
    private readonly Dictionary<string, string> _pathsByIssuer = new(StringComparer.Ordinal);

    /// <summary>The entries without <c>audience</c>, whose tokens are for the address of a server.</summary>
    internal List<(Node Item, string Path)> WithoutAudience { get; } = [];

    /// <summary>The issuers that could be read.</summary>
    internal ImmutableArray<JwtIssuer> ReadAll(FieldReader auth)
    {
        IEnumerable<(Node Item, string Path)> entries = auth.Node(ListField) is MappingNode or ScalarNode
            ? [(auth.Node(ListField)!, auth.PathOf(ListField))]
            : auth.List(ListField);
        return [.. entries.Select(entry => Read(entry.Item, entry.Path)).OfType<JwtIssuer>()];
    }

    private JwtIssuer? Read(Node item, string path)
    {
        if (FieldReader.Open(item, path, Table, faults) is not FieldReader reader)
        {
            return null;
        }

        string? issuer = ReadIssuer(reader, path);
        ImmutableArray<string> audiences = reader.Texts(AudienceField);
        if (!reader.HasAttempt(AudienceField))
        {
            WithoutAudience.Add((item, path));
        }

        string? key = reader.Text(KeyField);
        if (key is not null)
        {
            content.AddFile(key);
        }

        string? user = reader.Text("userClaim");
        string? tenant = reader.Text("tenantClaim");
        string? client = reader.Text("clientClaim");
        return issuer is null ? null : new JwtIssuer
        {
            Issuer = issuer,
            Audiences = audiences,
            KeyFile = key,
            UserClaim = user ?? "sub",
            TenantClaims = tenant is null ? JwtIssuer.DefaultTenantClaims : [tenant],
            ClientClaims = client is null ? JwtIssuer.DefaultClientClaims : [client],
        };
    }

    private string? ReadIssuer(FieldReader reader, string path)
    {
        if (reader.Text(IssuerField) is not string issuer)
        {
            return null;
        }

        Node node = reader.Node(IssuerField)!;
        string? wrong = !reader.HasAttempt(KeyField) && WhyNotReachable(issuer) is string why ? $"{node.Describe()} {why}"
            : !_pathsByIssuer.TryAdd(issuer, path) ? $"is the issuer of {_pathsByIssuer[issuer]} too. Make one entry of the two."
            : null;
        return reader.Accept(issuer, wrong, node, IssuerField);
    }

    // Source: OpenID Connect Discovery 1.0, section 3: https, without query and fragment.
    private static string? WhyNotReachable(string issuer)
    {
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out Uri? url)
            || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp)
            || url.Host.Length == 0
            || url.Query.Length > 0
            || url.Fragment.Length > 0
            || url.UserInfo.Length > 0)
        {
            return "is not the URL of an issuer. Write one such as https://login.example.com, or name its keys by 'key'.";
        }

        return url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback
            ? "has no TLS, so that an attacker on the network could replace the keys. Use https, or name its keys by 'key'."
            : null;
    }
}
