namespace Sluice.Configuration;

/// <summary>Finds what a file must not hold, because readers of it would disagree about what it says.</summary>
internal static class Characters
{
    /// <summary>Adds a fault for each character that is not allowed, and for each tab that indents.</summary>
    /// <returns>Whether there was none.</returns>
    internal static bool Check(string text, FaultList faults)
    {
        int before = faults.Count;
        int line = 1;
        int lineStart = 0;
        bool isIndentation = true;
        for (int at = 0; at < text.Length; at++)
        {
            char c = text[at];
            if (c is '\n' or '\r')
            {
                at += c == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 1 : 0;
                line++;
                lineStart = at + 1;
                isIndentation = true;
            }
            else if (c == '\t' && isIndentation)
            {
                at += text.AsSpan(at).IndexOfAnyExcept('\t', ' ') is int length and > 0 ? length - 1 : 0;
                if (at + 1 < text.Length && text[at + 1] is not ('\n' or '\r'))
                {
                    faults.Add(line, text.IndexOf('\t', lineStart) - lineStart + 1, "", "a tab indents this line. Indent with spaces.");
                }
            }
            else if (IsForbidden(text, at))
            {
                string escape = $"\"\\u{(int)c:x4}\"";
                faults.Add(line, at - lineStart + 1, "", $"the character U+{(int)c:X4} is not allowed. Remove it, or write {escape}.");
            }
            else
            {
                at += char.IsHighSurrogate(c) ? 1 : 0;
                isIndentation &= c == ' ';
            }
        }

        return faults.Count == before;
    }

    /// <summary>Whether a value holds a control character or half of a character, which no name or identity does.</summary>
    internal static bool HasForbidden(string value)
    {
        for (int at = 0; at < value.Length; at++)
        {
            if (IsForbidden(value, at) || value[at] is '\t' or '\n' or '\r')
            {
                return true;
            }

            at += char.IsHighSurrogate(value[at]) ? 1 : 0;
        }

        return false;
    }

    // The first NUL would end the document for the parser, silently. NEL, LS and PS are line ends to it, and to no editor.
    private static bool IsForbidden(string text, int at)
    {
        char c = text[at];
        return char.IsControl(c) ? c is not ('\t' or '\n' or '\r')
            : char.IsHighSurrogate(c) ? at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1])
            : char.IsLowSurrogate(c) || c is '\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF';
    }
}
