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
    internal static SlicedDocument? Of(string text)
    {
        int line = 1;
        int start = 0;
        while (!IsKey(LineAt(text, start)))
        {
            start = NextLine(text, start);
            line++;
            if (start == text.Length)
            {
                return null;
            }
        }

        int first = NextLine(text, start);
        while (first < text.Length && IsSkipped(LineAt(text, first)))
        {
            first = NextLine(text, first);
        }

        int indentation = IndentationOf(LineAt(text, first));
        if (first == text.Length || !BeginsEntry(LineAt(text, first), indentation))
        {
            return null;
        }

        ImmutableArray<ReadOnlyMemory<char>>.Builder entries = ImmutableArray.CreateBuilder<ReadOnlyMemory<char>>();
        int begin = first;
        int at = NextLine(text, first);
        for (; at < text.Length && !EndsList(LineAt(text, at), indentation); at = NextLine(text, at))
        {
            if (BeginsEntry(LineAt(text, at), indentation))
            {
                entries.Add(text.AsMemory(begin..at));
                begin = at;
            }
        }

        entries.Add(text.AsMemory(begin..at));
        return new SlicedDocument(string.Concat(text.AsSpan(0, first), text.AsSpan(at)), line, entries.ToImmutable());
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

    private static ReadOnlySpan<char> LineAt(string text, int start)
    {
        ReadOnlySpan<char> rest = text.AsSpan(start);
        int end = rest.IndexOfAny('\r', '\n');
        return end < 0 ? rest : rest[..end];
    }

    private static int NextLine(string text, int start)
    {
        int end = text.AsSpan(start).IndexOfAny('\r', '\n');
        return end < 0 ? text.Length
            : start + end + (text.AsSpan(start + end).StartsWith("\r\n", StringComparison.Ordinal) ? 2 : 1);
    }
}
