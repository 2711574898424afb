namespace Sluice;

/// <summary>A pattern in which <c>*</c> stands for any run of characters, the empty one included.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class Glob(string pattern, NameComparer comparer)
{
    internal string Pattern => pattern;

    /// <summary>How many characters are fixed: of two globs that match a name, the one with more is the more specific.</summary>
    internal int FixedLength { get; } = pattern.Count(c => c != '*');

    internal static bool IsGlob(string name) => name.Contains('*');

    /// <summary>Whether the whole of <paramref name="name"/> matches, in time linear in pattern times name at worst.</summary>
    internal bool Matches(ReadOnlySpan<char> name)
    {
        int at = 0;
        int position = 0;
        int lastStar = -1;
        int resumeAt = 0;
        while (at < name.Length)
        {
            if (position < pattern.Length && pattern[position] == '*')
            {
                lastStar = position++;
                resumeAt = at;
            }
            else if (position < pattern.Length && comparer.Equals(pattern[position], name[at]))
            {
                position++;
                at++;
            }
            else if (lastStar >= 0)
            {
                position = lastStar + 1;
                at = ++resumeAt; // Let the last star take one character more.
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(position).IndexOfAnyExcept('*') < 0;
    }
}
