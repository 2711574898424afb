namespace Sluice.Redis.Tests;

public sealed class RejectionMemoryTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Acquire_FloodOfRejections_AsksRedisOnce()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = Minute);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.Shared("1000/1m").PerUser("1/1h"));
        await scene.Acquire(limits);
        (await scene.Acquire(limits)).IsAllowed.ShouldBeFalse();
        int before = scene.Runs;

        for (int i = 0; i < 1_000; i++)
        {
            RateLimitDecision decision = await scene.Acquire(limits);
            decision.Limit!.Name.ShouldBe("perUser");
            decision.RetryAfter.ShouldBeInRange(TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
        }

        scene.Runs.ShouldBe(before);
        (await scene.Acquire(limits, StoreScene.Bob)).IsAllowed.ShouldBeTrue();
        scene.Runs.ShouldBe(before + 1);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_TokensThereAgain_IsAskedAgainAndAllowed(RateLimitAlgorithm algorithm)
    {
        await using StoreScene scene = new(options => options.RememberRefusals = Minute, hasClockOfItsOwn: true);
        ApplicableLimits limits =
            StoreScene.Limits(policy => policy.PerUser(new Rate(2, TimeSpan.FromSeconds(30), algorithm, burst: null, align: false)));
        await scene.Acquire(limits, cost: 2);
        TimeSpan wait = (await scene.Acquire(limits)).RetryAfter;
        int before = scene.Runs;

        // Before the promised moment it is remembered. The process's own clock keeps running, on a busy machine for seconds.
        TimeSpan rest = TimeSpan.FromSeconds(10);
        TimeSpan almost = wait - rest;
        scene.Time.Advance(almost);
        scene.ServerTime.Elapsed += almost;
        (await scene.Acquire(limits)).RetryAfter.ShouldBeInRange(TimeSpan.FromTicks(1), rest);
        scene.Runs.ShouldBe(before);

        scene.Time.Advance(rest);
        scene.ServerTime.Elapsed += rest;
        (await scene.Acquire(limits)).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Acquire_LongerThanRejectionsAreRemembered_AsksAgain()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = TimeSpan.FromSeconds(10));
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser("1/1h"));
        await scene.Acquire(limits);
        await scene.Acquire(limits);
        await using RedisStore other = scene.Another();
        await other.ResetAsync(limits.Limits.ToArray(), StoreScene.Alice, default);
        (await scene.Acquire(limits)).IsAllowed.ShouldBeFalse(); // Another process's reset is heard of late.

        scene.Time.Advance(TimeSpan.FromSeconds(10));

        (await scene.Acquire(limits)).IsAllowed.ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Acquire_ResetOrRefundHere_IsHeardOfAtOnce(bool isReset)
    {
        await using StoreScene scene = new(options => options.RememberRefusals = Minute);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser("1/1h"));
        await scene.Acquire(limits);
        (await scene.Acquire(limits)).IsAllowed.ShouldBeFalse();

        if (isReset)
        {
            await scene.Store.ResetAsync(limits.Limits.ToArray(), StoreScene.Alice, default);
        }
        else
        {
            await scene.Store.RefundAsync(new RateLimitRequest(limits, StoreScene.Alice), default);
        }

        (await scene.Acquire(limits)).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Acquire_OtherNumbers_AsksAgain()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = Minute);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser("1/1h"));
        await scene.Acquire(limits);
        await scene.Acquire(limits);

        (await scene.Acquire(StoreScene.Limits(policy => policy.PerUser("2/1h")))).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Acquire_CheaperCall_AsksWhetherItFits()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = Minute);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser("10/1h"));
        await scene.Acquire(limits, cost: 7);
        (await scene.Acquire(limits, cost: 5)).IsAllowed.ShouldBeFalse();

        (await scene.Acquire(limits, cost: 3)).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Acquire_LimitsThatEverybodyShares_AreRememberedForEverybody()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = Minute);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.Shared("1/1h"));
        await scene.Acquire(limits);
        await scene.Acquire(limits);
        int before = scene.Runs;

        (await scene.Acquire(limits, StoreScene.Bob)).IsAllowed.ShouldBeFalse();
        scene.Runs.ShouldBe(before);
    }

    [Fact]
    public async Task Acquire_Remembered_AllocatesNothing()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = Minute);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.Shared("1000/1m").PerUser("1/1h"));
        await scene.Acquire(limits);
        await scene.Acquire(limits);
        LimitState[] states = new LimitState[2];
        RateLimitRequest request = new(limits, StoreScene.Alice);

        Allocations.Least(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await scene.Store.AcquireAsync(request, states, default); // Completes at once when it is remembered.
            }
        }).ShouldBe(0);
        states[1].Outcome.ShouldBe(RateLimitOutcome.Denied);
    }
}
