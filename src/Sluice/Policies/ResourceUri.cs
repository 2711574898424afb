namespace Sluice;

/// <summary>Brings a resource's URI into the form in which it is compared.</summary>
/// <remarks>
/// Source: RFC 3986, section 6.2.2, syntax-based normalisation: scheme and host in lower case, percent-encodings of
/// unreserved characters undone and the others in upper case, dot segments removed. The path keeps its case. Text that is
/// not a URI is treated by the same rules as far as they apply, so that every text has exactly one form.
/// </remarks>
internal static class ResourceUri
{
    /// <summary>Writes the normal form, which is never longer than the text.</summary>
    /// <param name="uri">The text.</param>
    /// <param name="destination">At least as long as <paramref name="uri"/>.</param>
    /// <returns>How many characters were written.</returns>
    internal static int Normalize(ReadOnlySpan<char> uri, Span<char> destination)
    {
        int length = DecodeUnreserved(uri, destination);
        Span<char> text = destination[..length];
        int scheme = SchemeLength(text);
        if (scheme == 0)
        {
            return length;
        }

        Lower(text[..scheme]);
        int path = scheme + 1;
        if (text[path..].StartsWith("//"))
        {
            path += 2;
            int authority = text[path..].IndexOfAny('/', '?', '#');
            authority = authority < 0 ? length - path : authority;
            Span<char> host = text.Slice(path, authority);
            Lower(host[(host.LastIndexOf('@') + 1)..]);
            path += authority;
        }

        int pathLength = text[path..].IndexOfAny('?', '#');
        pathLength = pathLength < 0 ? length - path : pathLength;
        int kept = RemoveDotSegments(text.Slice(path, pathLength));
        text[(path + pathLength)..].CopyTo(text[(path + kept)..]);
        return length - pathLength + kept;
    }

    private static int DecodeUnreserved(ReadOnlySpan<char> uri, Span<char> destination)
    {
        int written = 0;
        for (int i = 0; i < uri.Length; i++)
        {
            if (uri[i] != '%' || i + 2 >= uri.Length || !char.IsAsciiHexDigit(uri[i + 1]) || !char.IsAsciiHexDigit(uri[i + 2]))
            {
                destination[written++] = uri[i];
                continue;
            }

            char decoded = (char)((HexValue(uri[i + 1]) << 4) | HexValue(uri[i + 2]));
            if (char.IsAsciiLetterOrDigit(decoded) || decoded is '-' or '.' or '_' or '~')
            {
                destination[written++] = decoded;
            }
            else
            {
                destination[written++] = '%';
                destination[written++] = char.ToUpperInvariant(uri[i + 1]);
                destination[written++] = char.ToUpperInvariant(uri[i + 2]);
            }

            i += 2;
        }

        return written;
    }

    private static int HexValue(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

    /// <summary>The length of the scheme, or 0 when the text has none.</summary>
    private static int SchemeLength(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(':');
        if (colon < 1 || !char.IsAsciiLetter(text[0]))
        {
            return 0;
        }

        foreach (char c in text[..colon])
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
            {
                return 0;
            }
        }

        return colon;
    }

    private static void Lower(Span<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = char.IsAsciiLetterUpper(text[i]) ? (char)(text[i] | 0x20) : text[i];
        }
    }

    /// <summary>Section 5.2.4, in place; a path that does not begin with a slash has no root to climb to and is left alone.</summary>
    private static int RemoveDotSegments(Span<char> path)
    {
        if (path.IsEmpty || path[0] != '/')
        {
            return path.Length;
        }

        int written = 0;
        int read = 0;
        while (read < path.Length)
        {
            int end = path[(read + 1)..].IndexOf('/');
            end = end < 0 ? path.Length : read + 1 + end;
            ReadOnlySpan<char> segment = path[(read + 1)..end];
            bool last = end == path.Length;
            bool up = segment is "..";
            if (up)
            {
                written = Math.Max(0, path[..written].LastIndexOf('/'));
            }

            if (up || segment is ".")
            {
                if (last)
                {
                    path[written++] = '/';
                }
            }
            else
            {
                path[read..end].CopyTo(path[written..]);
                written += end - read;
            }

            read = end;
        }

        return written;
    }
}
