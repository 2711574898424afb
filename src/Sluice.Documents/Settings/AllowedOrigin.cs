namespace Sluice.Documents;

/// <summary>A value of the header <c>Origin</c> that may call a gateway on loopback, or a pattern of such values.</summary>
/// <param name="Scheme">The scheme, in lower case.</param>
/// <param name="Host">The host in lower case; null for every host of the scheme.</param>
/// <param name="IsSuffix">Whether it is every name below <paramref name="Host"/> that is meant, and not the host itself.</param>
/// <param name="Port">The port; null for none in the origin.</param>
/// <remarks>
/// <para>Source: RFC 6454, section 6.1, and the Fetch standard: an origin is a scheme, a host and a port that is not the default.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed record AllowedOrigin(string Scheme, string? Host, bool IsSuffix, int? Port)
{
    /// <summary>Reads a pattern: <c>SCHEME://HOST[:PORT]</c>, <c>SCHEME://*</c>, or <c>SCHEME://*.HOST[:PORT]</c>.</summary>
    /// <returns>The pattern, or null when the text is not one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public static AllowedOrigin? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        const string Separator = "://";
        int at = text.IndexOf(Separator, StringComparison.Ordinal);
        if (at < 1 || !Uri.CheckSchemeName(text[..at]))
        {
            return null;
        }

        string scheme = text[..at].ToLowerInvariant();
        string rest = text[(at + Separator.Length)..].ToLowerInvariant();
        if (rest == "*")
        {
            return new AllowedOrigin(scheme, Host: null, IsSuffix: false, Port: null);
        }

        bool isSuffix = rest.StartsWith("*.", StringComparison.Ordinal);
        rest = isSuffix ? rest[2..] : rest;
        int colon = rest.StartsWith('[') ? rest.IndexOf(':', Math.Max(0, rest.IndexOf(']'))) : rest.IndexOf(':');
        string host = colon < 0 ? rest : rest[..colon];
        int? port = null;
        if (colon >= 0)
        {
            if (!ushort.TryParse(rest.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out ushort number))
            {
                return null;
            }

            port = number;
        }

        bool isHost = host.Length > 0 && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '[' or ']' or ':');
        return isHost ? new AllowedOrigin(scheme, host, isSuffix, port) : null;
    }

    /// <summary>Whether an origin that a client sent is one of these.</summary>
    /// <param name="origin">The value of the header.</param>
    /// <exception cref="ArgumentNullException"><paramref name="origin"/> is null.</exception>
    public bool Matches(string origin)
    {
        if (Parse(origin) is not { Host: string host, IsSuffix: false } sent || sent.Scheme != Scheme)
        {
            return false;
        }

        return Host is null
            || (sent.Port == Port
                && (IsSuffix ? host.EndsWith("." + Host, StringComparison.Ordinal) : host == Host));
    }
}
