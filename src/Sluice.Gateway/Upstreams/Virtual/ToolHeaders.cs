using System.Text;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The headers that repeat arguments of a call, as the schema of its tool asks for by <c>x-mcp-header</c>.</summary>
/// <remarks>Source: Model Context Protocol, revision 2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters.</remarks>
internal static class ToolHeaders
{
    internal const string Prefix = "Mcp-Param-";
    private const int MaxDepth = 16;

    /// <summary>The headers of a call.</summary>
    /// <param name="tool">The tool, as its server lists it.</param>
    /// <param name="arguments">The value of <c>arguments</c>; empty for none.</param>
    internal static List<KeyValuePair<string, string>> Of(ReadOnlySpan<byte> tool, ReadOnlySpan<byte> arguments)
    {
        List<KeyValuePair<string, string>> headers = [];
        if (tool.IndexOf("x-mcp-header"u8) >= 0 && JsonMembers.Of(tool)?.ValueOf("inputSchema") is Range schema)
        {
            Add(headers, tool[schema], arguments, depth: 0);
        }

        return headers;
    }

    /// <summary>Those that a client sent.</summary>
    internal static List<KeyValuePair<string, string>> Of(IHeaderDictionary headers) =>
    [
        .. headers
            .Where(header => header.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .Select(header => KeyValuePair.Create(header.Key, header.Value.ToString())),
    ];

    private static void Add(List<KeyValuePair<string, string>> headers, ReadOnlySpan<byte> schema, ReadOnlySpan<byte> value, int depth)
    {
        if (depth == MaxDepth
            || JsonMembers.Of(value) is not List<JsonMember> given
            || JsonMembers.Of(schema)?.ValueOf("properties") is not Range part
            || JsonMembers.Of(schema[part]) is not List<JsonMember> properties)
        {
            return;
        }

        foreach (JsonMember property in properties)
        {
            ReadOnlySpan<byte> described = schema[part][property.Value];
            if (given.ValueOf(property.Name) is not Range at || JsonMembers.Of(described) is not List<JsonMember> members)
            {
                continue;
            }

            if (members.ValueOf("x-mcp-header") is Range name
                && JsonMembers.TextOf(described[name]) is string header
                && TextOf(value[at]) is string text)
            {
                headers.Add(KeyValuePair.Create(Prefix + header, McpHeaders.Encode(text)));
            }

            Add(headers, described, value[at], depth + 1);
        }
    }

    /// <summary>The text of a value that a header can repeat; null for null, objects and arrays.</summary>
    private static string? TextOf(ReadOnlySpan<byte> json) => json[0] switch
    {
        (byte)'"' => JsonMembers.TextOf(json),
        (byte)'{' or (byte)'[' or (byte)'n' => null,
        _ => Encoding.ASCII.GetString(json),
    };
}
