namespace Sluice.Tests;

public sealed class CallerIdentityTests
{
    [Fact]
    public void ToString_KnownParts_NamesNobody() =>
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
}
