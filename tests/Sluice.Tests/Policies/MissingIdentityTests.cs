namespace Sluice.Tests;

public sealed class MissingIdentityTests
{
    private static readonly CallerIdentity UserOnly = new("issuer", "alice", null, null);

    [Fact]
    public void Select_Pool_KeepsEveryLimit()
    {
        ApplicableLimits limits = Select(MissingIdentity.Pool, CallerIdentity.None);

        limits.Count.ShouldBe(3);
        limits.IdentityRequiredBy.ShouldBeNull();
    }

    [Fact]
    public void Select_Skip_DropsTheLimitsThatCannotCount()
    {
        Select(MissingIdentity.Skip, CallerIdentity.None).Limits.ToArray().Select(l => l.Name).ShouldBe(["shared"]);
        Select(MissingIdentity.Skip, UserOnly).Limits.ToArray().Select(l => l.Name).ShouldBe(["shared", "perUser"]);
    }

    [Fact]
    public void Select_Reject_NamesTheFirstLimitThatCannotCount()
    {
        Select(MissingIdentity.Reject, CallerIdentity.None).IdentityRequiredBy!.Name.ShouldBe("perTenant");
        Select(MissingIdentity.Reject, UserOnly).IdentityRequiredBy!.Name.ShouldBe("perTenant");
        Select(MissingIdentity.Reject, new("issuer", "alice", "acme", null)).IdentityRequiredBy.ShouldBeNull();
    }

    [Fact]
    public void Select_RejectByAPermissiveLimit_RefusesNoCall()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .MissingIdentity(MissingIdentity.Reject).Mode(LimitMode.Permissive).PerUser("1/1m"));

        policy.Select("tools/call", "x", CallerIdentity.None).IdentityRequiredBy.ShouldBeNull();
    }

    [Theory]
    [InlineData(null, null, null, "perTenant")]
    [InlineData("alice", null, "agent", "perTenant")]
    [InlineData(null, "acme", "agent", "perUser")]
    [InlineData("alice", "acme", null, "perClient")]
    [InlineData("alice", "acme", "agent", null)]
    public void Select_RejectWithEveryScope_LooksAtEachPart(string? subject, string? tenant, string? client, string? refusedBy)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .MissingIdentity(MissingIdentity.Reject).PerTenant("1/1m").PerUser("1/1m").PerClient("1/1m"));

        RateLimit? limit = policy.Select("tools/call", "x", new("issuer", subject, tenant, client)).IdentityRequiredBy;

        limit?.Name.ShouldBe(refusedBy);
        (limit is null).ShouldBe(refusedBy is null);
    }

    [Fact]
    public void Select_RejectWithAPermissiveLimitBefore_NamesTheEnforcedOne()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .MissingIdentity(MissingIdentity.Reject)
            .Shared("1/1m")
            .Tool("x", tool => tool.PerTenant("1/1m").PerUser("1/1m").Mode(LimitMode.Permissive))
            .Method("tools/call", method => method.PerClient("1/1m")));

        policy.Select("tools/call", "x", CallerIdentity.None).IdentityRequiredBy!.Name.ShouldBe("method:tools/call/perClient");
        policy.Select("tools/call", "x", new("issuer", null, null, "agent")).IdentityRequiredBy.ShouldBeNull();
    }

    private static ApplicableLimits Select(MissingIdentity handling, CallerIdentity caller) => RateLimitPolicy
        .Build("s", limits => limits.MissingIdentity(handling).Shared("1/1m").PerTenant("1/1m").PerUser("1/1m"))
        .Select("tools/call", "x", caller);
}
