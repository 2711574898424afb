using System.Security.Claims;
using Sluice.DependencyInjection;

namespace Sluice.AspNetCore.Tests;

public sealed class PrincipalIdentityTests
{
    [Fact]
    public void Of_PrincipalThatIsNotAuthenticated_IsNone()
    {
        PrincipalIdentity.Of(null).ShouldBe(CallerIdentity.None);
        PrincipalIdentity.Of(new ClaimsPrincipal()).ShouldBe(CallerIdentity.None);
        PrincipalIdentity.Of(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "alice")]))).ShouldBe(CallerIdentity.None);
    }

    [Fact]
    public void Of_AToken_IsItsIssuerSubjectTenantAndClient() =>
        Of(new("iss", "https://i"), new("sub", " alice "), new("tid", "acme"), new("azp", "ide"))
            .ShouldBe(new CallerIdentity("https://i", "alice", "acme", "ide"));

    [Fact]
    public void Of_MappedAndOtherClaims_AreReadToo() =>
        Of(new(ClaimTypes.NameIdentifier, "alice", null, "https://i"), new("org_id", "acme"), new("client_id", "ide"))
            .ShouldBe(new CallerIdentity("https://i", "alice", "acme", "ide"));

    [Fact]
    public void Of_AClientWithoutAUser_HasNoUser() =>
        Of(new("iss", "https://i"), new("client_id", "job")).ShouldBe(new CallerIdentity("https://i", null, null, "job"));

    [Fact]
    public void Of_EmptyClaims_AreAbsent() =>
        Of(new("iss", "https://i"), new("sub", " "), new(ClaimTypes.NameIdentifier, "alice")).Subject.ShouldBe("alice");

    [Fact]
    public void Of_TwoSpellingsOfOneName_AreOneCaller() =>
        Of(new("iss", "https://i"), new("sub", "e\u0301va")).ShouldBe(Of(new("iss", "https://i"), new("sub", "\u00E9va")));

    [Fact]
    public void Of_SeveralIdentities_AreNeverMixed()
    {
        ClaimsPrincipal principal = new(
        [
            new ClaimsIdentity([new Claim("iss", "https://one"), new Claim("tid", "acme")], "test"),
            new ClaimsIdentity([new Claim("iss", "https://two"), new Claim("sub", "alice")], "test"),
            new ClaimsIdentity([new Claim("iss", "https://three"), new Claim("sub", "mallory"), new Claim("azp", "x")]),
        ]);

        PrincipalIdentity.Of(principal).ShouldBe(new CallerIdentity("https://two", "alice", null, null));
    }

    [Fact]
    public void Of_TheSamePrincipal_IsTheSameIdentity()
    {
        ClaimsPrincipal principal = new(new ClaimsIdentity([new Claim("sub", "alice")], "test"));

        PrincipalIdentity.Of(principal).ShouldBeSameAs(PrincipalIdentity.Of(principal));
    }

    [Fact]
    public void Of_APolicyWithClaims_HasTheirValuesOfTheVerifiedIdentityOnly()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Limit("by-team", limit => limit.Per("claim:team", "claim:none").Rate("1/1d"))
            .PerUser("1/1d").Override(when => when.Claim("tier", "pro"), numbers => numbers.PerUser("2/1d")));
        ClaimsPrincipal principal = new(
        [
            new ClaimsIdentity([new("iss", "https://one"), new("sub", "alice"), new("team", "b"), new("team", " a "), new("team", "b"), new("other", "x")], "test"),
            new ClaimsIdentity([new Claim("tier", "pro")], "test"),
            new ClaimsIdentity([new Claim("tier", "pro")]),
        ]);

        CallerIdentity caller = PrincipalIdentity.Of(principal, policy);

        caller.Claim("team").ShouldBe(["a", "b"]);
        caller.Claim("tier").ShouldBeEmpty();
        caller.Claim("none").ShouldBeEmpty();
        caller.Claim("other").ShouldBeEmpty("nothing in the policy asks for it");
        PrincipalIdentity.Of(principal, policy).ShouldBeSameAs(caller);
        PrincipalIdentity.Of(null, policy).ShouldBe(CallerIdentity.None);
        PrincipalIdentity.Of(new ClaimsPrincipal(new ClaimsIdentity([new Claim("team", "a")])), policy).Claim("team").ShouldBeEmpty();
    }

    private static CallerIdentity Of(params Claim[] claims) =>
        PrincipalIdentity.Of(new ClaimsPrincipal(new ClaimsIdentity(claims, "test")));
}
