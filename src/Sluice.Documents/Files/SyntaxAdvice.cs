namespace Sluice.Documents;

/// <summary>What to do about a document that is not YAML.</summary>
internal static class SyntaxAdvice
{
    /// <summary>The parser's complaint in our words, with the way out where there is a usual one.</summary>
    /// <param name="complaint">The parser's message.</param>
    /// <param name="isAtReference">Whether the parser stopped at the brace of a <c>${</c>.</param>
    internal static string For(string complaint, bool isAtReference)
    {
        // A message that quotes the document could quote a secret.
        string what = complaint.Contains('\'') && !IsAboutIndicator(complaint)
            ? "it cannot be read here"
            : complaint.TrimEnd('.').Replace("  ", " ", StringComparison.Ordinal);
        return $"is not valid YAML: {char.ToLowerInvariant(what[0])}{what[1..]}. {WayOut(complaint, isAtReference)}".TrimEnd();
    }

    private static bool IsAboutIndicator(string complaint) =>
        complaint.Split('\'').Where((_, part) => part % 2 == 1).All(quoted => quoted.Length <= 1 || quoted.StartsWith('<'));

    private static string WayOut(string complaint, bool isAtReference)
    {
        if (isAtReference)
        {
            return "Between braces or brackets, put ${…} in quotes.";
        }

        if (complaint.Contains("invalid mapping", StringComparison.Ordinal)
            || complaint.Contains("Mapping values are not allowed", StringComparison.Ordinal))
        {
            return "Check the indentation, and put a value that holds ': ' in quotes.";
        }

        return complaint.Contains("cannot start any token", StringComparison.Ordinal) ? "Put the value in quotes."
            : complaint.Contains("did not find expected", StringComparison.Ordinal)
                || complaint.Contains("cannot be read here", StringComparison.Ordinal) ? "Check the indentation, brackets and quotes up to here."
            : "";
    }
}
