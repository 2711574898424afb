namespace Sluice.Tests;

public sealed class CallerIdentityTests
{
    [Fact]
    public void ToString_KnownParts_HasNoIdentity() =>
        new CallerIdentity("https://issuer", "alice", "acme", null).ToString()
            .ShouldBe("CallerIdentity(user, tenant, no client)");

    [Fact]
    public void Equals_PartsThatOnlyJoinAlike_AreDifferent()
    {
        new CallerIdentity("a", "bc", null, null).ShouldNotBe(new CallerIdentity("ab", "c", null, null));
        new CallerIdentity("a", "b", null, null).ShouldNotBe(new CallerIdentity("a", null, "b", null));
        new CallerIdentity("a", "b", null, null).ShouldBe(new CallerIdentity("a", "b", null, null));
    }

    [Fact]
    public void Constructor_EmptyPart_Throws() =>
        Should.Throw<ArgumentException>(() => new CallerIdentity("a", "", null, null)).ParamName.ShouldBe("subject");

    [Theory]
    [InlineData(" alice\t", "alice")]
    [InlineData("e\u0301va", "\u00E9va")]
    [InlineData("Alice", "Alice")]
    [InlineData(" \u2000", "")]
    public void Normalize_APart_HasOneSpelling(string part, string expected) => CallerIdentity.Normalize(part).ShouldBe(expected);
}
