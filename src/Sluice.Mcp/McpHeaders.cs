using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sluice.Mcp;

/// <summary>The headers in which a client repeats parts of its message, held against the message itself.</summary>
/// <remarks>
/// <para>Nothing is metered by them: the body is the truth.</para>
/// <para>Source: Model Context Protocol, revision 2026-07-28, Transports, Streamable HTTP, request headers.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public static class McpHeaders
{
    /// <summary>The header that repeats the method.</summary>
    public const string Method = "Mcp-Method";

    /// <summary>The header that repeats the tool's or prompt's name, or the resource's URI.</summary>
    public const string Name = "Mcp-Name";

    private const string SentinelStart = "=?base64?";
    private const string SentinelEnd = "?=";
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The error of a request whose headers disagree with its message; null when they agree.</summary>
    /// <param name="message">The message.</param>
    /// <param name="method">The value of <see cref="Method"/>; null when it is absent.</param>
    /// <param name="name">The value of <see cref="Name"/>; null when it is absent.</param>
    /// <param name="version">The value of <see cref="McpVersions.HeaderName"/>; null when it is absent.</param>
    /// <remarks>
    /// A modern request must have the headers, an older one need not. A header that is sent twice is to be given as its values
    /// with a comma between, which agrees with nothing.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="message"/> is null.</exception>
    public static McpReadError? FindMismatch(McpMessage message, string? method, string? name, string? version)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Kind == McpMessageKind.Response)
        {
            return null; // A response has no method to repeat.
        }

        bool isModern = message.EraWith(version) == McpEra.Modern;
        string? wrong =
            method is null ? (isModern ? $"'{Method}' is missing" : null)
            : method.Equals(message.Method, StringComparison.Ordinal) ? null
            : $"'{Method}' is not the body's method";
        wrong ??= WrongName(message.Operation, name, isModern);
        wrong ??= message.ProtocolVersion is string said && isModern && version != said
            ? $"'{McpVersions.HeaderName}' is {(version is null ? "missing" : "not the version in the body")}"
            : null;
        return wrong is null ? null : new McpReadError(400, McpReadError.HeaderMismatch, $"The header {wrong}.", message.Id);
    }

    /// <summary>A text as the value of a header: as it is, or as <c>=?base64?…?=</c> where a header cannot hold it.</summary>
    internal static string Encode(string text)
    {
        bool isPlain = text.All(character => character is >= ' ' and <= '~')
            && !text.StartsWith(' ')
            && !text.EndsWith(' ')
            && !text.StartsWith(SentinelStart, StringComparison.OrdinalIgnoreCase);
        return isPlain && text.Length > 0 ? text : $"{SentinelStart}{Convert.ToBase64String(StrictUtf8.GetBytes(text))}{SentinelEnd}";
    }

    private static string? WrongName(string? operation, string? name, bool isModern) =>
        operation is null ? null
        : name is null ? (isModern ? $"'{Name}' is missing" : null)
        : TryDecode(name, out string? decoded) && decoded.Equals(operation, StringComparison.Ordinal) ? null
        : $"'{Name}' is not what the body names";

    /// <summary>A header's value, decoded where it is written as <c>=?base64?…?=</c>.</summary>
    private static bool TryDecode(string value, [NotNullWhen(true)] out string? decoded)
    {
        decoded = value;
        bool isEncoded = value.Length >= SentinelStart.Length + SentinelEnd.Length
            && value.StartsWith(SentinelStart, StringComparison.OrdinalIgnoreCase)
            && value.EndsWith(SentinelEnd, StringComparison.Ordinal);
        if (!isEncoded)
        {
            return true;
        }

        try
        {
            decoded = StrictUtf8.GetString(Convert.FromBase64String(value[SentinelStart.Length..^SentinelEnd.Length]));
            return true;
        }
        catch (Exception exception) when (exception is FormatException or DecoderFallbackException)
        {
            decoded = null;
            return false;
        }
    }
}
