using System.Globalization;
using System.Text;

namespace Sluice.Configuration;

/// <summary>Puts text from a file into a message: on one line, of bounded length, nothing that moves a terminal's cursor.</summary>
internal static class Shown
{
    private const int MaxQuoted = 64;
    private const int MaxMessage = 1_000;

    /// <summary>A value, in single quotes.</summary>
    internal static string Quote(string text) => $"'{OneLine(text, MaxQuoted)}'";

    /// <summary>A key as one step of a path.</summary>
    internal static string Step(string key) => OneLine(key, MaxQuoted);

    /// <summary>A whole message.</summary>
    internal static string Message(string text) => OneLine(text, MaxMessage);

    private static string OneLine(string text, int maxLength)
    {
        bool isCut = text.Length > maxLength;
        ReadOnlySpan<char> kept = isCut ? text.AsSpan(0, maxLength) : text;
        if (!isCut && !kept.ContainsAnyInRange('\0', '\u001F') && !kept.ContainsAnyInRange('\u007F', '\u009F') && !HasInvisible(kept))
        {
            return text;
        }

        StringBuilder line = new(maxLength + 16);
        foreach (Rune rune in kept.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || IsInvisible(Rune.GetUnicodeCategory(rune)))
            {
                line.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            }
            else
            {
                line.Append(rune.ToString());
            }
        }

        return isCut ? line.Append('…').ToString() : line.ToString();
    }

    private static bool HasInvisible(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAscii(c) && IsInvisible(char.GetUnicodeCategory(c)))
            {
                return true;
            }
        }

        return false;
    }

    // Line separators end a line; format characters reorder the text around them.
    private static bool IsInvisible(UnicodeCategory category) =>
        category is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Format;
}
