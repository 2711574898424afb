using System.Text.RegularExpressions;

namespace Sluice.Tests;

public sealed class GlobIntersectionTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "*", true)]
    [InlineData("a", "", false)]
    [InlineData("a*", "*b", true)]
    [InlineData("a*c", "ab*d", false)]
    [InlineData("demo://*/7", "demo://dynamic/*", true)]
    [InlineData("demo://x/7", "demo://x/*/y", false)]
    [InlineData("**", "a*b", true)]
    public void Intersect_TwoPatterns_TellsWhetherATextMatchesBoth(string first, string second, bool expected)
    {
        Glob.Intersect(first, second, NameComparer.Exact).ShouldBe(expected);
        Glob.Intersect(second, first, NameComparer.Exact).ShouldBe(expected);
    }

    [Fact]
    public void Intersect_EveryPairOfShortPatterns_AgreesWithTryingEveryText()
    {
        string[] texts = [.. Words("ab", 6)];
        string[] patterns = [.. Words("ab*", 3)];
        Dictionary<string, HashSet<string>> matching = patterns.ToDictionary(pattern => pattern, pattern =>
        {
            Regex regex = new($"^{pattern.Replace("*", ".*", StringComparison.Ordinal)}$");
            return texts.Where(text => regex.IsMatch(text)).ToHashSet();
        });

        // Two patterns of three characters that match one text match one of six characters or fewer.
        foreach (string first in patterns)
        {
            foreach (string second in patterns)
            {
                Glob.Intersect(first, second, NameComparer.Exact).ShouldBe(matching[first].Overlaps(matching[second]), $"{first} {second}");
            }
        }
    }

    private static IEnumerable<string> Words(string alphabet, int maxLength) => maxLength == 0
        ? [""]
        : Words(alphabet, maxLength - 1).SelectMany(word => word.Length == maxLength - 1 ? alphabet.Select(c => word + c).Prepend(word) : [word]);
}
