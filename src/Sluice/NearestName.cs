namespace Sluice;

/// <summary>Guesses which known name a misspelt one means.</summary>
internal static class NearestName
{
    private const int MaxLength = 64;

    /// <summary>The known name that is meant, as far as one can tell; else null.</summary>
    internal static string? Find(string name, IEnumerable<string> known)
    {
        if (name.Length > MaxLength)
        {
            return null;
        }

        (string nearest, int distance) = known
            .Select(candidate => (candidate, Distance(name, candidate)))
            .DefaultIfEmpty(("", int.MaxValue))
            .MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, nearest.Length / 3) ? nearest : null;
    }

    /// <summary>The way out for an unknown name: the nearest known one, or all of them.</summary>
    internal static string Advice(string name, IReadOnlyCollection<string> known) => Find(name, known) switch
    {
        null => $"Known: {string.Join(", ", known)}.",
        string nearest when nearest.Equals(name, StringComparison.OrdinalIgnoreCase) => $"Did you mean '{nearest}'? Case matters.",
        string nearest => $"Did you mean '{nearest}'?",
    };

    /// <summary>How many insertions, deletions, replacements and swaps of neighbours lead from one to the other; case is free.</summary>
    /// <remarks>Source: the optimal string alignment distance, a restriction of Damerau and Levenshtein's.</remarks>
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                cost[i, j] = i == 0 ? j : j == 0 ? i : Math.Min(
                    Math.Min(cost[i - 1, j] + 1, cost[i, j - 1] + 1),
                    cost[i - 1, j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1));
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }

    private static bool Same(char x, char y) => char.ToLowerInvariant(x) == char.ToLowerInvariant(y);
}
