using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Text.Json;
using Sluice.Mcp.Reading;

namespace Sluice.Mcp;

/// <summary>Reads a body as exactly one well-formed JSON-RPC message, or says why it is none.</summary>
/// <remarks>
/// <para>
/// One pass over the bytes. Whatever two parsers could read differently is refused, so that the call that is metered is
/// the call that the server sees: duplicate keys in the envelope and directly in <c>params</c>, and keys there that
/// resemble one of the protocol's. What lies deeper, a tool's arguments above all, passes untouched.
/// </para>
/// <para>Source: JSON-RPC 2.0; Model Context Protocol, revisions 2025-11-25 and 2026-07-28, Base Protocol.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public static class McpReader
{
    /// <summary>The deepest nesting that is read.</summary>
    public const int MaxDepth = 64;

    /// <summary>Reads a body.</summary>
    /// <param name="body">The bytes; the message refers to them.</param>
    /// <param name="message">The message, or null.</param>
    /// <param name="error">Null, or why there is no message, and what to answer.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out McpMessage? message,
        [NotNullWhen(false)] out McpReadError? error)
    {
        EnvelopeReader envelope = new(body);
        message = null;
        error = envelope.CheckBytes();
        if (error is not null)
        {
            return false;
        }

        try
        {
            message = envelope.Read(out error);
        }
        catch (JsonException)
        {
            error = envelope.NotJson($"The body is not one complete JSON value of at most {MaxDepth} levels.");
        }

        return error is null;
    }

    /// <summary>Whether a media type is the one that a body must have: <c>application/json</c>, in UTF-8.</summary>
    /// <param name="contentType">The header's value, parameters included; or null.</param>
    public static bool IsJson(string? contentType)
    {
        return MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
            && "application/json".Equals(type.MediaType, StringComparison.OrdinalIgnoreCase)
            && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }
}
