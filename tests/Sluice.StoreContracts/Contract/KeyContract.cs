namespace Sluice.StoreContracts;

/// <summary>Limits by any key: callers that agree in all parts share a bucket, and no others do.</summary>
public abstract class KeyContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private static readonly LimitKeyPart Team = LimitKeyPart.OfClaim("team");

    [Fact]
    public async Task Acquire_SameClaim_SharesABucket()
    {
        ApplicableLimits limits = Per(Team);

        await Acquire(limits, Alice.WithClaim("team", "search"), cost: 3);

        (await Peek(limits, Bob.WithClaim("team", "search"))).Remaining.ShouldBe([2]);
        (await Peek(limits, Bob.WithClaim("team", "Search"))).Remaining.ShouldBe([5]);
        (await Peek(limits, Bob.WithClaim("group", "search"))).Remaining.ShouldBe([5]);
    }

    [Fact]
    public async Task Acquire_SameClaimOfAnotherIssuer_IsAnotherBucket()
    {
        ApplicableLimits limits = Per(Team);

        await Acquire(limits, Alice.WithClaim("team", "search"), cost: 3);

        CallerIdentity other = new CallerIdentity("https://other.example", "alice", "acme", "desktop").WithClaim("team", "search");
        (await Peek(limits, other)).Remaining.ShouldBe([5]);
    }

    [Fact]
    public async Task Acquire_ClaimWithSeveralValues_IsASet()
    {
        ApplicableLimits limits = Per(Team);

        await Acquire(limits, Alice.WithClaim("team", "a", "b"), cost: 3);

        (await Peek(limits, Bob.WithClaim("team", "b", "a", "b"))).Remaining.ShouldBe([2]);
        foreach (string[] values in (string[][])[["a"], ["b"], ["ab"], ["a,b"], ["a", "b", "c"], ["1:a1:b"]])
        {
            (await Peek(limits, Bob.WithClaim("team", values))).Remaining.ShouldBe([5], string.Join(' ', values));
        }
    }

    [Fact]
    public async Task Acquire_CallersWithoutTheClaim_ShareABucketApartFromAllOthers()
    {
        ApplicableLimits limits = Per(Team);

        await Acquire(limits, Alice, cost: 3);

        (await Peek(limits, Bob.WithClaim("team", ""))).Remaining.ShouldBe([2]);
        (await Peek(limits, Bob.WithClaim("team", "-"))).Remaining.ShouldBe([5]);
        (await Peek(limits, Alice.WithClaim("team", "anonymous"))).Remaining.ShouldBe([5]);
    }

    [Fact]
    public async Task Acquire_KeyOfSeveralParts_NeedsAllOfThemToAgree()
    {
        ApplicableLimits limits = Per(Team, LimitKeyPart.Tenant);

        await Acquire(limits, Alice.WithClaim("team", "a"), cost: 3);

        (await Peek(limits, Bob.WithClaim("team", "a"))).Remaining.ShouldBe([2]);
        (await Peek(limits, Bob.WithClaim("team", "b"))).Remaining.ShouldBe([5]);
        (await Peek(limits, Bob)).Remaining.ShouldBe([5]);
        CallerIdentity elsewhere = new("https://issuer.example", "bob", "zeta", "desktop");
        (await Peek(limits, elsewhere.WithClaim("team", "a"))).Remaining.ShouldBe([5]);
        CallerIdentity nowhere = new("https://issuer.example", "bob", null, null);
        (await Peek(limits, nowhere.WithClaim("team", "a"))).Remaining.ShouldBe([5]);
    }

    [Fact]
    public async Task Acquire_ScopeAndItsKey_AreTwoLimitsWithTheirOwnBuckets()
    {
        ApplicableLimits limits = Limits(all => all.PerUser("5/1m").Limit("also", limit => limit.Per("user").Rate("7/1m")));

        await Acquire(limits, Alice, cost: 2);

        Answer answer = await Peek(limits, Alice);
        answer.Remaining.ShouldBe([3, 5]);
        (await Peek(limits, Bob)).Remaining.ShouldBe([5, 7]);
    }

    [Fact]
    public async Task Acquire_TwoNamedLimitsOfOneKey_DoNotShareABucket()
    {
        ApplicableLimits limits = Limits(all => all
            .Limit("one", limit => limit.Per("claim:team").Rate("5/1m"))
            .Limit("two", limit => limit.Per("claim:team").Rate("5/1m")));
        ApplicableLimits one = Limits(all => all.Limit("ONE", limit => limit.Per("claim:team").Rate("5/1m")));
        CallerIdentity caller = Alice.WithClaim("team", "a");

        await Acquire(one, caller, cost: 2);

        (await Peek(limits, caller)).Remaining.ShouldBe([3, 5]); // A name is the same in upper case.
    }

    [Fact]
    public async Task Acquire_SharedLimitBehindOthers_IsAllOrNothing()
    {
        ApplicableLimits limits = Limits(all => all
            .Shared("9/1m").PerUser("5/1m")
            .Limit("team", limit => limit.Per("claim:team").Rate("3/1m"))
            .Limit("everybody", limit => limit.Rate("2/1m")));

        (await Drain(limits, Alice.WithClaim("team", "a"))).ShouldBe(2);
        Answer answer = await Acquire(limits, Bob.WithClaim("team", "a"));

        answer.Limit.ShouldBe("everybody");
        answer.Remaining.ShouldBe([7, 5, 1, 0]);
    }

    [Fact]
    public async Task Reset_NamedLimit_ForgetsTheCallersBucket()
    {
        ApplicableLimits limits = Per(Team);
        await Acquire(limits, Alice.WithClaim("team", "a"), cost: 3);
        await Acquire(limits, Alice.WithClaim("team", "b"), cost: 3);

        await Reset(limits, Bob.WithClaim("team", "a"));

        (await Peek(limits, Alice.WithClaim("team", "a"))).Remaining.ShouldBe([5]);
        (await Peek(limits, Alice.WithClaim("team", "b"))).Remaining.ShouldBe([2]);
    }

    private static ApplicableLimits Per(params LimitKeyPart[] parts) =>
        Limits(limits => limits.Limit("by-key", limit => limit.Per([.. parts.Select(part => part.ToString())]).Rate("5/1m")));
}
