namespace Sluice.Tests;

public class FingerprintTests
{
    [Fact]
    public void Of_PartsThatWouldRunTogether_Differ()
    {
        CallerIdentity[] callers =
        [
            new("ab", "c", null, null),
            new("a", "bc", null, null),
            new("", "abc", null, null),
            new("a", "b\0c", null, null),
            new("a\0b", "c", null, null),
            CallerIdentity.None,
        ];

        callers.Select(caller => caller.Fingerprint(RateLimitScope.PerUser)).Distinct().Count().ShouldBe(callers.Length);
    }

    [Fact]
    public void Of_OnePartInThreeScopes_Differs()
    {
        CallerIdentity caller = new("issuer", "same", "same", "same");

        Fingerprint[] fingerprints =
        [
            caller.Fingerprint(RateLimitScope.PerUser),
            caller.Fingerprint(RateLimitScope.PerTenant),
            caller.Fingerprint(RateLimitScope.PerClient),
        ];

        fingerprints.Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void Of_AbsentPart_IsOfNoIssuer()
    {
        CallerIdentity one = new("one", null, null, null);
        CallerIdentity other = new("other", null, "tenant", null);

        one.Fingerprint(RateLimitScope.PerUser).ShouldBe(other.Fingerprint(RateLimitScope.PerUser));
        one.Fingerprint(RateLimitScope.PerUser).ShouldNotBe(one.Fingerprint(RateLimitScope.PerClient));
    }

    [Fact]
    public void Of_LongTexts_AreHashedWhole()
    {
        string prefix = new('x', 2_000);

        Fingerprint.Of(RateLimitScope.PerUser, prefix, prefix + "1")
            .ShouldNotBe(Fingerprint.Of(RateLimitScope.PerUser, prefix, prefix + "2"));
    }

    [Fact]
    public void Fingerprint_EqualIdentities_AreEqual()
    {
        Fingerprint first = StoreFixture.User(1).Fingerprint(RateLimitScope.PerUser);

        StoreFixture.User(1).Fingerprint(RateLimitScope.PerUser).ShouldBe(first);
        StoreFixture.User(2).Fingerprint(RateLimitScope.PerUser).ShouldNotBe(first);
    }
}
