using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads <c>servers[].headers</c>: headers that a server gets with each request. No value is repeated in a message.</summary>
internal sealed class HeadersReader(FaultList faults)
{
    private const string Name = "headers";
    private const int MaxHeaders = 64;
    private const int MaxLength = 8_192;

    // Of one connection, of the body, or of the protocol: the gateway or the client writes them.
    private static readonly string[] Reserved =
    [
        "Accept", "Accept-Encoding", "Connection", "Expect", "Host", "Keep-Alive", "Last-Event-ID", "Origin", "Proxy-Authorization",
        "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    ];

    private static readonly string[] ReservedPrefixes = ["Access-Control-", "Content-", "Mcp-"];

    /// <summary>The value of <c>headers</c>.</summary>
    internal static readonly ValueSpec Value = new MapSpec(new TextSpec(MaxLength, @"^\s*[ -~]*[!-~][ -~]*\s*$"), "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$", MaxHeaders);

    /// <summary>The headers that could be read.</summary>
    /// <param name="server">The fields of the server.</param>
    /// <param name="isCommand">Whether the server is a command, which reads no headers.</param>
    internal ImmutableArray<KeyValuePair<string, string>> Read(FieldReader server, bool isCommand)
    {
        Node? node = server.Node(Name);
        if (node is null or ScalarNode { IsUnresolved: true })
        {
            return [];
        }

        if (isCommand || node is not MappingNode headers)
        {
            string what = node is ScalarNode { IsNull: false } ? "a text" : node.Describe();
            faults.Add(node, server.PathOf(Name), isCommand
                ? "a command reads no headers. Give it what it needs in 'upstream.env'."
                : $"{what} is not a group of headers. Write '{{ Authorization: \"Bearer ${{TOKEN}}\" }}'.");
            return [];
        }

        if (headers.Fields.Length is 0 or > MaxHeaders)
        {
            faults.Add(node, server.PathOf(Name), $"has {headers.Fields.Length} headers, and must have 1 to {MaxHeaders}.");
        }

        ImmutableArray<KeyValuePair<string, string>>.Builder read = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        foreach (Field header in headers.Fields.Take(MaxHeaders))
        {
            string path = $"{server.PathOf(Name)}.{Shown.Step(header.Name)}";
            if (WhyNotAName(header.Name) is string wrong)
            {
                faults.Add(header, path, wrong);
            }
            else if (!seen.Add(header.Name))
            {
                faults.Add(header, path, $"{Shown.Quote(header.Name)} is there twice in another case. Remove one of the two.");
            }
            else if (ReadValue(header.Value, path) is string value)
            {
                read.Add(new(header.Name, value));
            }
        }

        return read.ToImmutable();
    }

    /// <summary>Whether a server can be given a header of a name.</summary>
    internal static bool IsName(string name) => WhyNotAName(name) is null;

    // Source: RFC 9110, section 5.6.2.
    private static string? WhyNotAName(string name)
    {
        bool isToken = name.Length is > 0 and <= 256
            && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));
        return !isToken ? $"{Shown.Quote(name)} is not the name of a header. Use letters, digits and -."
            : Reserved.Contains(name, StringComparer.OrdinalIgnoreCase)
                || ReservedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                ? $"{Shown.Quote(name)} is written by the client or the gateway. Remove it."
            : null;
    }

    private string? ReadValue(Node node, string path)
    {
        if (node is ScalarNode { IsUnresolved: true })
        {
            return null;
        }

        string value = node is ScalarNode scalar ? scalar.Value.Trim() : "";
        string? wrong = node is not ScalarNode text ? $"{node.Describe()} is not text. Write a single value."
            : text.IsNull || value.Length == 0 ? "is empty. Write text."
            : FieldReader.IsAnotherType(text) ? "the value is not text. Put it in quotes."
            : value.Length > MaxLength ? $"has {value.Length} characters, and at most {MaxLength} are allowed."
            : value.Any(c => c is < ' ' or > '~') ? "holds a character that a header cannot have. Use printable ASCII."
            : null;
        if (wrong is null)
        {
            return value;
        }

        faults.Add(node, path, wrong);
        return null;
    }
}
