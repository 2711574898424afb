namespace Sluice.Tests;

public sealed class NameComparerTests
{
    [Theory]
    [InlineData("search", "SEARCH", true)]
    [InlineData("über", "ÜBER", false)]
    [InlineData("@", "`", false)]
    [InlineData("a", "ab", false)]
    [InlineData(null, null, true)]
    [InlineData(null, "a", false)]
    [InlineData("a", null, false)]
    [InlineData(null, "", false)]
    [InlineData("", null, false)]
    public void Equals_IgnoringCase_FoldsAsciiLettersOnly(string? left, string? right, bool expected) =>
        NameComparer.IgnoreAsciiCase.Equals(left, right).ShouldBe(expected);

    [Fact]
    public void GetHashCode_NamesThatAreEqual_AreEqual()
    {
        NameComparer comparer = NameComparer.IgnoreAsciiCase;

        comparer.GetHashCode("sEARCH_1").ShouldBe(comparer.GetHashCode("Search_1"));
        comparer.GetHashCode("search_1".AsSpan()).ShouldBe(comparer.GetHashCode("SEARCH_1"));
        comparer.Canonical("SEARCH_ü").ShouldBe("search_ü");
    }

    [Fact]
    public void Exact_NamesOfOtherCase_DifferInEveryWay()
    {
        NameComparer comparer = NameComparer.Exact;

        comparer.Equals("search", "Search").ShouldBeFalse();
        comparer.GetHashCode("search").ShouldNotBe(comparer.GetHashCode("Search"));
        comparer.Canonical("Search").ShouldBe("Search");
    }
}
