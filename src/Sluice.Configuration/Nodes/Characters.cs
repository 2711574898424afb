using System.Buffers;

namespace Sluice.Configuration;

/// <summary>Finds what a file must not hold, because readers of it would disagree about what it says.</summary>
internal static class Characters
{
    /// <summary>Characters that are allowed wherever they stand.</summary>
    private static readonly SearchValues<char> AlwaysAllowed =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c), '\n', '\r']);

    /// <summary>Adds a fault for each character that is not allowed, and for each tab that indents.</summary>
    /// <returns>Whether there was none.</returns>
    internal static bool Check(ReadOnlySpan<char> text, FaultList faults)
    {
        const int Piece = 16 * 1024;
        WorkPace.Step();
        if (!text.ContainsAnyExcept(AlwaysAllowed))
        {
            return true; // Nearly all texts: a search takes a hundredth of the time.
        }

        int before = faults.Count;
        CharacterCheck check = new(faults);
        for (; !text.IsEmpty; text = text[Math.Min(Piece, text.Length)..])
        {
            check.Read(text[..Math.Min(Piece, text.Length)]);
            WorkPace.Step();
        }

        check.End();
        return faults.Count == before;
    }

    /// <summary>Whether a value holds a control character or half of a character, which no name or identity does.</summary>
    internal static bool HasForbidden(string value)
    {
        for (int at = 0; at < value.Length; at++)
        {
            char c = value[at];
            if (char.IsHighSurrogate(c) && at + 1 < value.Length && char.IsLowSurrogate(value[at + 1]))
            {
                at++;
            }
            else if (char.IsHighSurrogate(c) || IsForbidden(c) || c is '\t' or '\n' or '\r')
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a character that is not the first half of another is not allowed.</summary>
    // The first NUL would end the document for the parser, silently. NEL, LS and PS are line ends to it, and to no editor.
    internal static bool IsForbidden(char c) =>
        char.IsControl(c) ? c is not ('\t' or '\n' or '\r')
            : char.IsLowSurrogate(c) || c is '\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF';
}
