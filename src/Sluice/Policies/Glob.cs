namespace Sluice;

/// <summary>A pattern in which <c>*</c> matches any characters, or none.</summary>
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

    /// <summary>Whether some name matches both patterns, in time linear in one pattern times the other.</summary>
    internal static bool Intersect(string left, string right, NameComparer comparer)
    {
        // reached[j]: some text is matched by the first i characters of the one pattern and the first j of the other.
        bool[] reached = new bool[right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
        {
            bool diagonal = reached[0];
            reached[0] = i == 0 || (reached[0] && left[i - 1] == '*');
            for (int j = 1; j <= right.Length; j++)
            {
                bool above = i > 0 && reached[j];
                bool isStar = i > 0 && left[i - 1] == '*';
                bool isOtherStar = right[j - 1] == '*';
                bool here = (isStar && above)
                    || (isOtherStar && reached[j - 1])
                    || (isStar && reached[j - 1])
                    || (isOtherStar && above)
                    || (i > 0 && !isStar && !isOtherStar && diagonal && comparer.Equals(left[i - 1], right[j - 1]));
                diagonal = above;
                reached[j] = here;
            }
        }

        return reached[right.Length];
    }
}
