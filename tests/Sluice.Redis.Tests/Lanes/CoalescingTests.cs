using Sluice.StoreContracts;

namespace Sluice.Redis.Tests;

public sealed class CoalescingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Acquire_ManyAtOnce_AdmitsExactlyTheBucketWhetherTogetherOrNot(bool coalesces)
    {
        await using StoreScene scene = new(options =>
        {
            options.Coalesce = coalesces;
            options.RememberRefusals = TimeSpan.Zero;
        });
        ApplicableLimits limits = StoreScene.Limits(policy => policy.Shared("150/1h").PerUser("1000/1h"));
        ApplicableLimits others = StoreScene.Limits(policy => policy.Shared("150/1h").PerUser(new Rate(60, TimeSpan.FromHours(1), RateLimitAlgorithm.SlidingWindow, null, false)));
        await scene.Store.WarmUpAsync(Eventually.Patience, default);
        int before = scene.Runs;

        RateLimitDecision[] decisions = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i =>
            scene.Acquire(i % 3 == 0 ? others : limits, i % 2 == 0 ? StoreScene.Alice : StoreScene.Bob)));

        decisions.Count(decision => decision.IsAllowed).ShouldBe(150);
        decisions.ShouldAllBe(decision => decision.Source == DecisionSource.Store);
        (scene.Runs - before).ShouldBeInRange(1, coalesces ? 100 : 1_000);
    }

    [Fact]
    public async Task Acquire_OneAfterAnother_RunsEachAlone()
    {
        await using StoreScene scene = new();
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser("100/1h"));
        await scene.Store.WarmUpAsync(Eventually.Patience, default);
        int before = scene.Runs;

        for (int i = 0; i < 20; i++)
        {
            (await scene.Acquire(limits)).Remaining.ShouldBe(99 - i);
        }

        scene.Runs.ShouldBe(before + 20);
    }

    [Fact]
    public async Task Acquire_ManyAtOnceOfEveryAlgorithmAndCost_ChargesWhatItSays()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = TimeSpan.Zero);
        RateLimitAlgorithm[] algorithms = PeriodAlgorithms.All;
        ApplicableLimits[] limits =
            [.. algorithms.Select(algorithm => StoreScene.Limits(policy => policy.Tool("search", tool => tool.PerUser(
                new Rate(1_000, TimeSpan.FromHours(1), algorithm, null, false)))))];
        for (int kind = 0; kind < limits.Length; kind++)
        {
            await scene.Store.ResetAsync(limits[kind].Limits.ToArray(), StoreScene.Alice, default);
            int at = kind;
            RateLimitDecision[] decisions = await Task.WhenAll(
                Enumerable.Range(0, 300).Select(i => scene.Acquire(limits[at], cost: (i % 7) + 1)));
            int charged = decisions.Select((decision, i) => decision.IsAllowed ? (i % 7) + 1 : 0).Sum();

            charged.ShouldBeInRange(994, 1_000, algorithms[kind].ToString());
            RateLimitDecision left = await scene.Store.PeekAsync(new RateLimitRequest(limits[kind], StoreScene.Alice), default, default);
            left.Remaining.ShouldBeInRange(1_000 - charged, 1_000 - charged + 1, algorithms[kind].ToString());
        }
    }
}
