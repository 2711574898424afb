namespace Sluice.Redis.Tests;

/// <summary>Limits of the servers behind a virtual server, over Redis.</summary>
public sealed class BackendLimitTests
{
    [Fact]
    public async Task Acquire_BeyondTheLimitOfOneBackend_ChargesNothingAnywhere()
    {
        await using StoreScene scene = new();
        RateList two = RateList.Create(new Rate(2, TimeSpan.FromHours(1)));
        RateLimitPolicy policy = RateLimitPolicy.Compile(
            "toolkit",
            new()
            {
                PerUser = RateList.Create(new Rate(3, TimeSpan.FromHours(1))),
                Backends = [new OperationSettings { Name = "a", PerUser = two }, new OperationSettings { Name = "b", PerUser = two }],
            },
            out _)!;
        ApplicableLimits ofA = policy.SelectFor("tools/call", "a_search", "a", StoreScene.Alice);
        ApplicableLimits ofB = policy.SelectFor("tools/call", "b_search", "b", StoreScene.Alice);

        (await scene.Acquire(ofA)).IsAllowed.ShouldBeTrue();
        (await scene.Acquire(ofA)).IsAllowed.ShouldBeTrue();
        for (int call = 0; call < 3; call++)
        {
            RateLimitDecision rejected = await scene.Acquire(ofA);
            (rejected.Source, rejected.Limit?.Name).ShouldBe((DecisionSource.Store, "backend:a/perUser"));
        }

        (await scene.Acquire(ofB)).IsAllowed.ShouldBeTrue(); // The third of the user's: none was charged for the rejections.
        (await scene.Acquire(ofB)).Limit?.Name.ShouldBe("perUser");
        (await scene.Acquire(ofB, StoreScene.Bob)).IsAllowed.ShouldBeTrue();
    }
}
