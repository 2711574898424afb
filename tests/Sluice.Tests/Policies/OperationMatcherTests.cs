namespace Sluice.Tests;

public sealed class OperationMatcherTests
{
    [Theory]
    [InlineData(OperationKind.Tool, "search", "search", true)]
    [InlineData(OperationKind.Tool, "search", " Search ", true)]
    [InlineData(OperationKind.Tool, "read_*", "READ_file", true)]
    [InlineData(OperationKind.Tool, "read_*", "write_file", false)]
    [InlineData(OperationKind.Tool, "search", "searching", false)]
    [InlineData(OperationKind.Tool, "*", "", true)]
    [InlineData(OperationKind.Prompt, "*", "anything", true)]
    [InlineData(OperationKind.Resource, "file:///notes/*", "FILE:///notes/x", true)]
    [InlineData(OperationKind.Resource, "file:///notes/*", "file:///notes/%2e%2e/secret", false)]
    [InlineData(OperationKind.Resource, "file:///Notes", "file:///notes", false)]
    public void Matches_AName_IsComparedAsLimitsCompareIt(OperationKind kind, string pattern, string name, bool expected)
    {
        OperationMatcher matcher = new(kind, ["another", pattern, pattern], caseSensitive: false);

        matcher.Kind.ShouldBe(kind);
        matcher.Matches(name).ShouldBe(expected);
        matcher.Matches("another").ShouldBeTrue();
    }

    [Fact]
    public void Matches_CaseSensitive_TellsCaseApart() =>
        new OperationMatcher(OperationKind.Tool, ["search"], caseSensitive: true).Matches("Search").ShouldBeFalse();

    [Fact]
    public void Matches_NoNames_MatchesNothing() =>
        new OperationMatcher(OperationKind.Tool, [], caseSensitive: false).Matches("search").ShouldBeFalse();

    [Fact]
    public void Matcher_OfAServer_Throws() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new OperationMatcher(OperationKind.Server, ["x"], caseSensitive: false));
}
