namespace Sluice.Redis.Tests;

/// <summary>Calls under several limits, some divided and some decided in Redis: all or nothing.</summary>
public sealed class ShareCallTests : IAsyncDisposable
{
    private readonly ShareStoreScene _scene = new();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task Acquire_WindowRejects_ChargesNoShare()
    {
        ApplicableLimits limits = Limits(policy => policy
            .Shared("1000/1s")
            .PerUser("1000/1s")
            .Tool("search", tool => tool.PerUser(new Rate(300, TimeSpan.FromDays(1), RateLimitAlgorithm.FixedWindow, burst: null, align: false))));
        await HoldSharesAsync(limits);
        await FillAsync();
        await UseUpAsync(limits);
        long[] before = Levels();

        RateLimitDecision decision = await _scene.AcquireAsync(limits, cost: 2);

        decision.ShouldSatisfyAllConditions(
            one => one.Outcome.ShouldBe(RateLimitOutcome.Denied),
            one => one.Limit!.Name.ShouldBe("search/perUser"),
            one => one.RetryAfter.ShouldBeGreaterThan(TimeSpan.FromHours(20)));
        Levels().ShouldBe(before);
    }

    [Fact]
    public async Task Acquire_ShareRejects_ChargesNoWindow()
    {
        ApplicableLimits limits = Limits(policy => policy
            .Shared("1000/1s")
            .Tool("search", tool => tool.PerUser(new Rate(1_000_000, TimeSpan.FromDays(1), RateLimitAlgorithm.FixedWindow, burst: null, align: false))));
        await HoldSharesAsync(limits);
        while ((await _scene.AcquireAsync(limits)).IsAllowed)
        {
        }

        LimitState[] before = new LimitState[2];
        await PeekAsync(limits, before);
        RateLimitDecision decision = await _scene.AcquireAsync(limits);
        LimitState[] after = new LimitState[2];
        await PeekAsync(limits, after);

        decision.Limit!.Name.ShouldBe("shared");
        after[1].Remaining.ShouldBe(before[1].Remaining);
    }

    [Fact]
    public async Task Acquire_RemainderRejects_ChargesNoShareAndNoWindow()
    {
        ApplicableLimits limits = Limits(policy => policy
            .Shared("1000/1s")
            .PerUser("60/1s")
            .Tool("search", tool => tool.PerUser(new Rate(100_000, TimeSpan.FromDays(1), RateLimitAlgorithm.FixedWindow, burst: null, align: false))));
        await _scene.OpenAsync(limits);
        await _scene.Store.ChargeAsync(new RateLimitRequest(Only(limits, "perUser"), StoreScene.Bob, 60), default);
        LimitState[] before = new LimitState[3];
        await PeekAsync(limits, before, StoreScene.Bob);

        RateLimitDecision decision = await _scene.AcquireAsync(limits, caller: StoreScene.Bob);

        LimitState[] after = new LimitState[3];
        await PeekAsync(limits, after, StoreScene.Bob);
        decision.Limit!.Name.ShouldBe("perUser");
        decision.RetryAfter.ShouldBeInRange(TimeSpan.FromMilliseconds(16), TimeSpan.FromMilliseconds(18)); // A token of 60/1s.
        after.Select(state => state.Remaining).ShouldBe(before.Select(state => state.Remaining));
    }

    [Fact]
    public async Task Acquire_PermissiveLimitLacksTokens_IsAdmittedAndChargesTheOthers()
    {
        ApplicableLimits limits = Limits(policy => policy
            .Shared("1000/1s")
            .Tool("search", tool => tool.Shared("100/1s").Mode(LimitMode.Permissive)));
        await _scene.OpenAsync(limits);
        await _scene.Store.ChargeAsync(new RateLimitRequest(Only(limits, "search/shared"), StoreScene.Alice, 100), default);
        LimitState[] states = new LimitState[2];

        RateLimitDecision decision = await _scene.AcquireAsync(limits, cost: 10, states: states);

        decision.IsAllowed.ShouldBeTrue();
        states[1].Outcome.ShouldBe(RateLimitOutcome.Denied);
        states[0].Remaining.ShouldBe(990);
    }

    [Fact]
    public async Task Acquire_SlotsAreUsedUp_ChargesNoTokens()
    {
        ApplicableLimits limits = Limits(policy => policy.Shared("1000/1s").Concurrency(new ConcurrencySettings { Shared = 1 }));
        await _scene.OpenAsync(Only(limits, "shared"));
        HeldSlots first = new();
        (await AcquireAsync(first)).IsAllowed.ShouldBeTrue();
        LimitState[] before = new LimitState[2];
        await PeekAsync(limits, before);

        RateLimitDecision decision = await AcquireAsync(new HeldSlots());

        LimitState[] after = new LimitState[2];
        await PeekAsync(limits, after);
        decision.Limit!.Concurrency.ShouldBe(1);
        after[0].Remaining.ShouldBe(before[0].Remaining);
        await _scene.Store.ReleaseAsync(new RateLimitRequest(limits, StoreScene.Alice) { Slots = first }, default);
        (await AcquireAsync(new HeldSlots())).IsAllowed.ShouldBeTrue();

        async Task<RateLimitDecision> AcquireAsync(HeldSlots slots) =>
            await _scene.Store.AcquireAsync(new RateLimitRequest(limits, StoreScene.Alice) { Slots = slots }, default, default);
    }

    [Theory]
    [InlineData("20/1m")] // Too slow.
    [InlineData("49/1s")] // Too small.
    [InlineData("1000/1s", "slidingWindowCounter")]
    public async Task Acquire_LimitIsNotWorthDividing_IsDecidedInRedisAndExact(string rate, string algorithm = "tokenBucket")
    {
        RateLimitAlgorithm with = Enum.Parse<RateLimitAlgorithm>(algorithm, ignoreCase: true);
        Rate parsed = Rate.Parse(rate);
        ApplicableLimits limits = Limits(policy => policy.Shared(new Rate(parsed.MaxTokens, parsed.RefillPeriod, with, burst: null, align: false)));
        await _scene.Store.Layout.CheckAsync();
        RateLimitDecision decision = await _scene.AcquireAsync(limits);
        decision.ShouldSatisfyAllConditions(
            one => one.Source.ShouldBe(DecisionSource.Store),
            one => one.IsEstimate.ShouldBeFalse());
        _scene.Store.ShareClients.ShouldBeEmpty();
    }

    [Fact]
    public async Task Acquire_SharesAreOffForTheLimitOrItsCallsMayWait_IsDecidedInRedis()
    {
        await _scene.Store.Layout.CheckAsync();
        foreach (ApplicableLimits limits in (ApplicableLimits[])
        [
            Limits(policy => policy.Shared("1000/1s").Shares(false)),
            Limits(policy => policy.Shared("1000/1s").Wait(TimeSpan.FromSeconds(1))),
            Limits(policy => policy.Shared("1000/1s").Tool("other", tool => tool.Cost(100))), // 1000 is less than 50 times 100.
        ])
        {
            (await _scene.AcquireAsync(limits)).IsEstimate.ShouldBeFalse();
        }

        _scene.Store.ShareClients.ShouldBeEmpty();
    }

    private static ApplicableLimits Limits(Action<RateLimitsBuilder> configure) => StoreScene.Limits(configure);

    private static ApplicableLimits Only(ApplicableLimits limits, string name) =>
        new([limits.Limits.ToArray().Single(limit => limit.Name == name)], cost: 1);

    private async Task PeekAsync(ApplicableLimits limits, LimitState[] states, CallerIdentity? caller = null) =>
        await _scene.Store.PeekAsync(new RateLimitRequest(limits, caller ?? StoreScene.Alice), states, default);

    // Until this process has a share of each divided bucket.
    private async Task HoldSharesAsync(ApplicableLimits limits)
    {
        await _scene.Store.Layout.CheckAsync();
        int divided = limits.Limits.ToArray().Count(limit => new ShareRules(50, 20).NumbersOf(limit) is not null);
        await _scene.UntilAsync(() => _scene.Client.Buckets.Count(bucket => bucket.Share.Parts > 0) == divided, limits, cost: 1, calls: 3);
    }

    private async Task FillAsync()
    {
        for (int i = 0; i < 20; i++)
        {
            _scene.Pass(ShareStoreScene.Step);
            await _scene.SettleAsync();
        }
    }

    private async Task UseUpAsync(ApplicableLimits limits)
    {
        while ((await _scene.AcquireAsync(limits)).IsAllowed)
        {
            _scene.Pass(10_000);
            await _scene.SettleAsync();
        }
    }

    private long[] Levels() => [.. _scene.Client.Buckets.OrderBy(bucket => bucket.Name, StringComparer.Ordinal).Select(bucket => bucket.Share.LevelAt(_scene.Client.Now))];
}
