using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;

namespace Sluice.Mcp;

/// <summary>Reads a body as exactly one well-formed JSON-RPC message, or says why it is not one.</summary>
/// <remarks>
/// <para>
/// One pass over the bytes. Whatever two parsers could read differently is rejected, so that the call that is metered is
/// the call that the server sees: duplicate keys in the envelope and directly in <c>params</c>, and keys there that
/// resemble one of the protocol's. What lies deeper, a tool's arguments above all, passes untouched.
/// </para>
/// <para>Memory: a few hundred bytes a message, whatever its size, beside the bytes themselves.</para>
/// <para>Source: JSON-RPC 2.0; Model Context Protocol, revisions 2025-11-25 and 2026-07-28, Base Protocol.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public static class McpReader
{
    /// <summary>The deepest nesting that is read; the message itself is the first level.</summary>
    public const int MaxDepth = 64;

    /// <summary>The most bytes that the name or URI of a metered call may take, as written in the JSON.</summary>
    public const int MaxOperationBytes = 8_192;

    private const string JsonType = "application/json";

    /// <summary>Reads a body.</summary>
    /// <param name="body">The bytes; the message refers to them.</param>
    /// <param name="message">The message, or null.</param>
    /// <param name="error">Null, or why there is no message, and what to answer.</param>
    /// <returns>Whether there is a message. No bytes make it throw.</returns>
    public static bool TryRead(
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out McpMessage? message,
        [NotNullWhen(false)] out McpReadError? error)
    {
        EnvelopeReader envelope = new(body);
        message = envelope.Read(out error);
        return error is null;
    }

    /// <summary>Whether a media type is the one that a body must have: <c>application/json</c>, in UTF-8.</summary>
    /// <param name="contentType">The header's value, parameters included; or null.</param>
    /// <returns>False also for two values, and for two character sets, of which another parser may take the other.</returns>
    public static bool IsJson(string? contentType)
    {
        if (JsonType.Equals(contentType, StringComparison.OrdinalIgnoreCase))
        {
            return true; // As nearly all clients say it: there is nothing to parse.
        }

        if (!MediaTypeHeaderValue.TryParse(WithoutEmptyParameters(contentType), out MediaTypeHeaderValue? type)
            || !JsonType.Equals(type.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        int charsets = 0;
        bool isUtf8 = true;
        foreach (NameValueHeaderValue parameter in type.Parameters)
        {
            if (parameter.Name.Equals("charset", StringComparison.OrdinalIgnoreCase))
            {
                charsets++;
                isUtf8 = parameter.Value?.Trim('"').ToUpperInvariant() is "UTF-8" or "UTF8";
            }
        }

        return isUtf8 && charsets <= 1;
    }

    /// <summary>The value without parameters that are empty, which the framework does not read.</summary>
    /// <remarks>Source: RFC 9110, section 5.6.6, where both sides of a semicolon may be empty.</remarks>
    private static string? WithoutEmptyParameters(string? value)
    {
        if (value is null || value.Contains('"'))
        {
            return value?.TrimEnd(' ', '\t', ';'); // A semicolon within quotes separates nothing.
        }

        return string.Join(';', value.Split(';').Where((part, index) => index == 0 || part.AsSpan().Trim(" \t").Length > 0));
    }
}
