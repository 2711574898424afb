using System.Collections.Immutable;
using System.Net;

namespace Sluice.Documents;

/// <summary>Reads <c>auth.trustedProxy</c>: whose headers are believed.</summary>
internal sealed class TrustedProxyReader(FaultList faults)
{
    private const string FromField = "from";
    private const string UserField = "userHeader";
    private const string NetworkAdvice = "Write one such as 10.0.0.0/8, or a single address.";
    private static readonly string[] HeaderFields = [UserField, "tenantHeader", "clientHeader"];
    private const string ClaimsField = "claimHeaders";
    private const string HeaderPattern = "^\\s*[A-Za-z0-9-]+\\s*$";
    internal static readonly FieldTable Table = new(
    [
        new FieldSpec(FromField, new TextsSpec(new TextSpec())).Required(),
        .. HeaderFields.Select(field => new FieldSpec(field, new TextSpec(Pattern: HeaderPattern))),
        new(ClaimsField, new MapSpec(new TextSpec(Pattern: HeaderPattern), ClaimsReader.NamePattern, MaxCount: null)),
    ])
    {
        Together = [.. HeaderFields.Append(ClaimsField).Where(field => field != UserField).Select(field => (field, UserField))],
    };

    // Headers that have another meaning for the gateway, for HTTP or for every server.
    private static readonly string[] Reserved =
        ["authorization", "x-api-key", "host", "content-length", "content-type", "connection", "transfer-encoding", "accept", "cookie",
            "origin", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-prefix",
            "mcp-session-id", "mcp-protocol-version"];

    private readonly Dictionary<string, string> _fieldsByHeader = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The proxies; valid only when no fault was added.</summary>
    internal TrustedProxy? Read(Node node, string path)
    {
        if (FieldReader.Open(node, path, Table, faults) is not FieldReader reader)
        {
            return null;
        }

        ImmutableArray<IPNetwork> from =
            [.. reader.Texts(FromField, WhyNotANetwork).Select(text => ParseNetwork(text)!.Value)];
        string?[] headers = [.. HeaderFields.Select(field => ReadHeader(reader, field))];
        ImmutableArray<KeyValuePair<string, string>> claims = ReadClaims(reader);
        foreach (string field in HeaderFields.Append(ClaimsField).Where(field => field != UserField && reader.Has(field) && !reader.HasAttempt(UserField)))
        {
            faults.Add(reader.Mapping.Find(field)!, reader.PathOf(field), "belongs to a user, and no header names one. Add 'userHeader'.");
        }

        return new TrustedProxy
        {
            From = from,
            UserHeader = headers[0],
            TenantHeader = headers[1],
            ClientHeader = headers[2],
            ClaimHeaders = claims,
        };
    }

    private ImmutableArray<KeyValuePair<string, string>> ReadClaims(FieldReader parent)
    {
        if (parent.Node(ClaimsField) is not Node node)
        {
            return [];
        }

        string path = parent.PathOf(ClaimsField);
        string[] names = node is MappingNode { Fields.IsEmpty: false } mapping ? [.. mapping.Fields.Select(field => field.Name)] : [];
        if (names.Length == 0)
        {
            faults.Add(
                node, path, "names no claim. Write a claim and the header that has it, such as 'team: X-Team', or remove the field.");
            return [];
        }

        FieldReader reader = FieldReader.Open(node, path, names, [], faults)!;
        foreach (string name in names.Where(name => ClaimsReader.WhyNotAName(name) is not null))
        {
            faults.Add(reader.Mapping.Find(name)!, reader.PathOf(name), ClaimsReader.WhyNotAName(name)!);
        }

        return
        [
            .. names
                .Select(name => (Name: name, Header: ReadHeader(reader, name)))
                .Where(claim => claim.Header is not null)
                .Select(claim => KeyValuePair.Create(claim.Name, claim.Header!)),
        ];
    }

    private string? ReadHeader(FieldReader reader, string field)
    {
        if (reader.Text(field, required: false) is not string header)
        {
            return null;
        }

        Node node = reader.Node(field)!;
        // Source: RFC 9110, section 5.1; without the underscore, since many servers cannot tell it from a hyphen.
        bool isName = header.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
        string? wrong = !isName ? $"{node.Describe()} is not the name of a header. Use letters, digits and hyphens."
            : Reserved.Contains(header.ToLowerInvariant()) ? $"{node.Describe()} has another meaning already. "
                + "Let the proxy use another header."
            : !_fieldsByHeader.TryAdd(header, reader.PathOf(field)) ? $"is the header of {_fieldsByHeader[header]} too. Use another."
            : null;
        return reader.Accept(header, wrong, node, field);
    }

    private static string? WhyNotANetwork(string text) =>
        ParseNetwork(text) is not IPNetwork network ? $"{Shown.Quote(text)} is not a network. {NetworkAdvice}"
        : network.PrefixLength == 0 ? $"trusts every address, so that any caller could name itself as any user. {NetworkAdvice}"
        : HasMoreThan(network, text) ? $"{Shown.Quote(text)} names an address within {network}. Write the one that is meant."
        : null;

    private static IPNetwork? ParseNetwork(string text)
    {
        if (IPNetwork.TryParse(text, out IPNetwork network))
        {
            return network;
        }

        bool isAddress = IPAddress.TryParse(text, out IPAddress? address)
            && (text.Contains(':') || text.Count(c => c == '.') == 3); // '10' would be 0.0.0.10.
        return isAddress ? new IPNetwork(address!, address!.GetAddressBytes().Length * 8) : null;
    }

    // 10.1.2.3/8 is most often a slip in the length, and would trust sixteen million addresses.
    private static bool HasMoreThan(IPNetwork network, string text) =>
        text.Split('/') is [string address, _] && !network.BaseAddress.Equals(IPAddress.Parse(address));
}
