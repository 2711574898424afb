namespace Sluice.Gateway;

/// <summary>Whether some text matches two patterns, in which <c>*</c> stands for any run of characters.</summary>
internal static class PatternOverlap
{
    /// <summary>Whether there is such a text.</summary>
    /// <remarks>Time: the product of the lengths.</remarks>
    internal static bool Exists(string first, string second)
    {
        // reachable[j]: the part of the first up to i and of the second up to j can match one text.
        bool[] reachable = new bool[second.Length + 1];
        reachable[0] = true;
        for (int j = 1; j <= second.Length; j++)
        {
            reachable[j] = reachable[j - 1] && second[j - 1] == '*';
        }

        bool[] next = new bool[second.Length + 1];
        foreach (char c in first)
        {
            next[0] = reachable[0] && c == '*';
            for (int j = 1; j <= second.Length; j++)
            {
                char d = second[j - 1];
                next[j] = c == '*' || d == '*'
                    ? (c == '*' && (reachable[j] || next[j - 1])) || (d == '*' && (next[j - 1] || reachable[j]))
                    : c == d && reachable[j - 1];
            }

            (reachable, next) = (next, reachable);
        }

        return reachable[second.Length];
    }
}
