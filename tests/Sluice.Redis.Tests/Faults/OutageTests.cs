using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>Redis is away, and comes back.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task Acquire_ServerKilled_GoesOnFromWhatItSawAndReturnsToRedis()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        (await scene.Acquire(40)).ShouldAllBe(decision => decision.IsAllowed && decision.Source == DecisionSource.Store);

        server.Kill();
        RateLimitDecision[] without = [.. await scene.AcquireUntilItIsKnown(), .. await scene.Acquire(100)];

        without.Count(decision => decision.IsAllowed).ShouldBe(FaultScene.Tokens - 40);
        without.ShouldAllBe(decision => decision.Source == DecisionSource.Local);

        // A server without a disk comes back without its buckets, and its state rules.
        server.Restart();
        await scene.UntilRedisDecides();
        RateLimitDecision[] after = await scene.Acquire(FaultScene.Tokens + 10);
        after.Count(decision => decision.IsAllowed).ShouldBe(FaultScene.Tokens);
        after.ShouldAllBe(decision => decision.Source == DecisionSource.Store);
        scene.ShouldHaveLoggedOneOutage();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IsAvailable_NoCallsWhileTheServerIsAway_FollowsTheHeartbeats(bool isFrozen)
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        await Eventually.HoldsAsync(() => scene.Store.IsAvailable);
        int before = scene.Store.Outages.Count;

        if (isFrozen)
        {
            server.Freeze(true);
        }
        else
        {
            server.Kill();
        }

        await Eventually.HoldsAsync(() => !scene.Store.IsAvailable);
        scene.Store.DecidesCalls.ShouldBeTrue();
        scene.Store.Outages.Count.ShouldBe(before + 1);
        if (isFrozen)
        {
            server.Freeze(false);
        }
        else
        {
            server.Restart();
        }

        await Eventually.HoldsAsync(() => scene.Store.IsAvailable);
    }

    [Fact]
    public async Task FallbackDecisions_ServerKilled_CountsCallsOnly()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        server.Kill();
        await scene.AcquireUntilItIsKnown();
        long before = scene.Store.FallbackDecisions;
        RateLimitRequest request = new(scene.Limits, FaultScene.Alice);

        await scene.Store.PeekAsync(request, default, default);
        await scene.Store.ChargeAsync(request, default);
        await scene.Store.RefundAsync(request, default);
        (await scene.ResetAsync(FaultScene.Alice)).ShouldBeFalse();
        scene.Store.FallbackDecisions.ShouldBe(before);

        await scene.Acquire(3);
        scene.Store.FallbackDecisions.ShouldBe(before + 3);
    }

    [Theory]
    [InlineData(StoreFailureMode.Local)]
    [InlineData(StoreFailureMode.Deny)]
    public async Task Reset_ServerFrozen_ThrowsAndSucceedsOnceItAnswers(StoreFailureMode onStoreFailure)
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration, onStoreFailure);
        await scene.Acquire(FaultScene.Tokens);

        server.Freeze(true);
        for (int i = 0; i <= Breaker.Threshold; i++)
        {
            // At first for the lack of an answer, then because no call is sent.
            IOException failure = await Should.ThrowAsync<IOException>(
                async () => await scene.Store.ResetAsync(scene.Limits.Limits.ToArray(), FaultScene.Alice, default));
            failure.Message.ShouldContain("Redis did not confirm the reset of buckets of 'files'");
        }

        server.Freeze(false);
        await scene.UntilRedisDecides();
        await Eventually.HoldsAsync(() => scene.ResetAsync(FaultScene.Alice));
        (await scene.Acquire()).Remaining.ShouldBe(FaultScene.Tokens - 1);
    }

    [Fact]
    public async Task Acquire_ServerKilledUnderLoad_AdmitsNothingBeyondThePolicy()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        await scene.Acquire(1);
        int admitted = 1;
        Task[] callers = [.. Enumerable.Range(0, 32).Select(async _ =>
        {
            for (int i = 0; i < 200; i++)
            {
                if ((await scene.Acquire()).IsAllowed)
                {
                    Interlocked.Increment(ref admitted);
                }
            }
        })];

        server.Kill();
        await Task.WhenAll(callers);

        // What was charged in a run whose answer was lost is not known here, and so may be admitted again: at most two runs.
        admitted.ShouldBeInRange(FaultScene.Tokens, FaultScene.Tokens + (2 * 32));
        await Eventually.HoldsAsync(() => !scene.Store.IsAvailable); // The heartbeats notice it, if no call did.
    }

    [Fact]
    public async Task Acquire_ServerFrozen_DoesNotWaitOnceItIsKnown()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        await scene.Acquire(40);

        server.Freeze(true);
        List<RateLimitDecision> late = await scene.AcquireUntilItIsKnown();
        RateLimitDecision[] without = [.. late, .. await scene.Acquire(100)];

        without.Count(decision => decision.IsAllowed).ShouldBe(FaultScene.Tokens - 40);
        without.ShouldAllBe(decision => decision.Source == DecisionSource.Local);

        // What had been sent is charged when the server goes on, once; what this process counted during the outage is not.
        server.Freeze(false);
        await scene.UntilRedisDecides();
        RateLimitDecision back = await scene.Acquire();
        back.Remaining.ShouldBeInRange(FaultScene.Tokens - 41 - late.Count, FaultScene.Tokens - 41);
        scene.ShouldHaveLoggedOneOutage();
    }

    [Fact]
    public async Task Acquire_ServerNeverThereAtStart_DecidesLocallyUntilItComes()
    {
        int port;
        using (RedisServer probe = RedisServer.Start())
        {
            port = probe.Port;
        }

        await using FaultScene scene = new($"127.0.0.1:{port}");
        RateLimitDecision[] without = [.. await scene.AcquireUntilItIsKnown(), .. await scene.Acquire(120)];
        without.Count(decision => decision.IsAllowed).ShouldBe(FaultScene.Tokens);

        using RedisServer server = RedisServer.StartAt(port);
        await scene.UntilRedisDecides();

        (await scene.Acquire()).Source.ShouldBe(DecisionSource.Store);
        scene.ShouldHaveLoggedOneOutage();
    }

    [Theory]
    [InlineData(StoreFailureMode.Allow, RateLimitOutcome.Allowed, 0)]
    [InlineData(StoreFailureMode.Deny, RateLimitOutcome.Denied, 1)]
    public async Task Acquire_ServerKilled_DoesAsThePolicySays(StoreFailureMode mode, RateLimitOutcome outcome, int retrySeconds)
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration, mode);
        await scene.Acquire(FaultScene.Tokens);

        server.Kill();
        await scene.AcquireUntilItIsKnown();
        RateLimitDecision decision = await scene.Acquire();

        decision.Outcome.ShouldBe(outcome);
        decision.Source.ShouldBe(DecisionSource.OnStoreFailure);
        decision.Limit.ShouldBeNull();
        decision.RetryAfter.ShouldBe(TimeSpan.FromSeconds(retrySeconds));
    }

    [Fact]
    public async Task Acquire_LimitsThatDifferInWhatTheyAskFor_AreEachDecidedTheirWay()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        ApplicableLimits limits = RateLimitPolicy.Build("files", policy => policy
                .PerUser("3/1d")
                .Tool("search", tool => tool.PerUser("1/1d").OnStoreFailure(StoreFailureMode.Allow)))
            .Select("tools/call", "search", FaultScene.Alice);
        server.Kill();
        await scene.AcquireUntilItIsKnown();
        LimitState[] states = new LimitState[2];

        List<RateLimitDecision> decisions = [];
        for (int i = 0; i < 4; i++)
        {
            decisions.Add(await scene.Store.AcquireAsync(new RateLimitRequest(limits, FaultScene.Bob), states, default));
        }

        decisions.Select(decision => decision.IsAllowed).ShouldBe([true, true, true, false]);
        decisions[3].Limit!.Name.ShouldBe("perUser");
        states[1].Outcome.ShouldBe(RateLimitOutcome.Allowed);
    }

    [Fact]
    public async Task Acquire_ConnectionSwallowsWhatIsSent_IsMadeAgainAndRecovers()
    {
        using RedisServer server = RedisServer.Start();
        using SwallowingProxy proxy = new(server.Port);
        await using FaultScene scene = await FaultScene.Open($"127.0.0.1:{proxy.Port}");
        await scene.Acquire(40);

        proxy.SwallowEstablished();
        RateLimitDecision[] without = [.. await scene.AcquireUntilItIsKnown(), .. await scene.Acquire(100)];
        without.Count(decision => decision.IsAllowed).ShouldBe(FaultScene.Tokens - 40);

        // The old connection stays dumb for ever; only a new one can help.
        await scene.UntilRedisDecides();
        (await scene.Acquire()).Remaining.ShouldBe(FaultScene.Tokens - 41);
        scene.ShouldHaveLoggedOneOutage();
    }

    [Fact]
    public async Task Acquire_ServerSleeps_IsDecidedLocally()
    {
        using RedisServer server = RedisServer.Start();

        // Short enough that the breaker opens within the first sleep.
        await using FaultScene scene = await FaultScene.Open(server.Configuration, timeout: TimeSpan.FromMilliseconds(500));
        List<DecisionSource> sources = [];

        // The server wakes by itself. A machine short of CPU may not notice that it was away: then it was no outage, and sleeps longer.
        for (int seconds = 2; !IsDown(); seconds *= 2)
        {
            seconds.ShouldBeLessThan(20);
            Task<string> sleep = Task.Run(() => server.Send("DEBUG", "SLEEP", seconds.ToString(CultureInfo.InvariantCulture)));
            while (!sleep.IsCompleted && !IsDown())
            {
                sources.Add((await scene.Store.AcquireAsync(new RateLimitRequest(scene.Limits, FaultScene.Bob), default, default)).Source);
            }

            await sleep;
        }

        await scene.UntilRedisDecides();
        sources.ShouldContain(DecisionSource.Local);
        scene.ShouldHaveLoggedOneOutage();

        bool IsDown() => scene.Log.Of("StoreDown").Length > 0;
    }
}
