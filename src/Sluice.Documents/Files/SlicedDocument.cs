using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>
/// A document whose entries of <c>servers</c> can be read one at a time: each is a part of the text, and the rest is a document too.
/// </summary>
/// <remarks>
/// <para>
/// The text is cut at its lines alone, so a cut may be wrong: a line that looks like the beginning of an entry may be a part of a value in
/// quotes. Then the part before the cut ends within that value, and is no document. If every part is a document, each of them ended where
/// an entry may end, so the cuts were right.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
/// <param name="Rest">The document without the entries: its <c>servers</c> is empty.</param>
/// <param name="Line">The line of <c>servers</c> in <paramref name="Rest"/>, from 1.</param>
/// <param name="Entries">The entries, each a list of one.</param>
internal sealed record SlicedDocument(string Rest, int Line, ImmutableArray<ReadOnlyMemory<char>> Entries)
{
    private const string Key = "servers:";

    /// <summary>Cuts a document; null when <c>servers</c> is not a list with a line for the beginning of each entry.</summary>
    /// <param name="text">The document.</param>
    internal static SlicedDocument? Of(ReadOnlyMemory<char> text)
    {
        ReadOnlySpan<char> span = text.Span;
        int line = 1;
        int start = 0;
        while (!IsKey(LineAt(span, start)))
        {
            start = NextLine(span, start);
            line++;
            if (start == span.Length)
            {
                return null;
            }
        }

        int first = NextLine(span, start);
        while (first < span.Length && IsSkipped(LineAt(span, first)))
        {
            first = NextLine(span, first);
        }

        int indentation = IndentationOf(LineAt(span, first));
        if (first == span.Length || !BeginsEntry(LineAt(span, first), indentation))
        {
            return null;
        }

        ImmutableArray<ReadOnlyMemory<char>>.Builder entries = ImmutableArray.CreateBuilder<ReadOnlyMemory<char>>();
        int begin = first;
        int at = NextLine(span, first);
        for (; at < span.Length && !EndsList(LineAt(span, at), indentation); at = NextLine(span, at))
        {
            WorkPace.Step();
            if (BeginsEntry(LineAt(span, at), indentation))
            {
                entries.Add(text[begin..at]);
                begin = at;
            }
        }

        entries.Add(text[begin..at]);
        return new SlicedDocument(string.Concat(span[..first], span[at..]), line, entries.ToImmutable());
    }

    private static bool IsKey(ReadOnlySpan<char> line) =>
        line.StartsWith(Key, StringComparison.Ordinal)
        && (line.Length == Key.Length || (line[Key.Length] == ' ' && IsSkipped(line[Key.Length..])));

    /// <summary>Whether a line holds nothing, or a comment.</summary>
    private static bool IsSkipped(ReadOnlySpan<char> line) => line.TrimStart(' ') is [] or ['#', ..];

    private static int IndentationOf(ReadOnlySpan<char> line) => line.Length - line.TrimStart(' ').Length;

    private static bool BeginsEntry(ReadOnlySpan<char> line, int indentation) =>
        IndentationOf(line) == indentation && line[indentation..] is ['-'] or ['-', ' ', ..];

    /// <summary>Whether a line begins what follows the list: another field, or the end of the document.</summary>
    private static bool EndsList(ReadOnlySpan<char> line, int indentation) =>
        line is not [] and not [' ' or '#', ..] && !BeginsEntry(line, indentation);

    private static ReadOnlySpan<char> LineAt(ReadOnlySpan<char> text, int start)
    {
        ReadOnlySpan<char> rest = text[start..];
        int end = rest.IndexOfAny('\r', '\n');
        return end < 0 ? rest : rest[..end];
    }

    private static int NextLine(ReadOnlySpan<char> text, int start)
    {
        int end = text[start..].IndexOfAny('\r', '\n');
        return end < 0 ? text.Length
            : start + end + (text[(start + end)..].StartsWith("\r\n", StringComparison.Ordinal) ? 2 : 1);
    }
}
