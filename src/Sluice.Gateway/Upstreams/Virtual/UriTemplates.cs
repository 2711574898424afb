namespace Sluice.Gateway;

/// <summary>Tells whether a URI can come from a template.</summary>
/// <remarks>
/// An expression matches any characters, as far as the text after it allows. Which backend has a template is what is asked; the
/// backend itself reads the URI. Source: RFC 6570.
/// </remarks>
internal static class UriTemplates
{
    /// <summary>Whether a template can give a URI.</summary>
    internal static bool Matches(ReadOnlySpan<char> template, ReadOnlySpan<char> uri)
    {
        int open = template.IndexOf('{');
        if (open < 0)
        {
            return template.SequenceEqual(uri);
        }

        if (!uri.StartsWith(template[..open], StringComparison.Ordinal))
        {
            return false;
        }

        uri = uri[open..];
        while (true)
        {
            int close = template.IndexOf('}');
            if (close < 0)
            {
                return false;
            }

            template = template[(close + 1)..];
            open = template.IndexOf('{');
            ReadOnlySpan<char> text = open < 0 ? template : template[..open];
            if (open < 0)
            {
                return uri.EndsWith(text, StringComparison.Ordinal);
            }

            int at = uri.IndexOf(text, StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            uri = uri[(at + text.Length)..];
            template = template[open..];
        }
    }
}
