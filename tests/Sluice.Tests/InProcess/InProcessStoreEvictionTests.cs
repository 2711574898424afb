namespace Sluice.Tests;

public class InProcessStoreEvictionTests
{
    private const int MaxKeys = 200;

    // The seed draws the calls; who lies where depends on the secret of the process.
    // All callers call whenever they may, ten times as many as the store holds. None may get more than the limit allows.
    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, false)]
    [InlineData(RateLimitAlgorithm.TokenBucket, true)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, true)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, true)]
    [InlineData(RateLimitAlgorithm.FixedWindow, false)]
    [InlineData(RateLimitAlgorithm.FixedWindow, true)]
    public void Acquire_TenTimesTheCap_NoCallerGetsMoreThanTheLimit(RateLimitAlgorithm algorithm, bool isMixed)
    {
        const int Seed = 20_261_123;
        Random random = new(Seed);
        StoreFixture fixture = new(MaxKeys);
        Rate rate = new(5, TimeSpan.FromSeconds(10), algorithm, burst: null, align: false);
        ApplicableLimits[] limits = isMixed
            ? [.. Enumerable.Range(0, 40).Select(i => Named(rate, $"tool-{i}"))]
            : [StoreFixture.PerUser(rate)];
        Dictionary<(int Caller, int Limit), List<long>> admitted = [];
        CallerIdentity[] callers = [.. Enumerable.Range(0, 10 * MaxKeys / limits.Length).Select(StoreFixture.User)];
        for (int round = 0; round < 12; round++)
        {
            for (int call = 0; call < 4_000; call++)
            {
                int caller = random.Next(callers.Length);
                int limit = random.Next(limits.Length);
                if (fixture.Acquire(limits[limit], callers[caller]).IsAllowed)
                {
                    List<long> times = admitted.TryGetValue((caller, limit), out List<long>? known) ? known : [];
                    times.Add(fixture.Ticks);
                    admitted[(caller, limit)] = times;
                }

                fixture.Store.Count.ShouldBeLessThanOrEqualTo(MaxKeys);
            }

            fixture.Ticks += random.NextInt64(TimeSpan.TicksPerSecond * 4);
        }

        fixture.Store.EvictionsWithDebt.ShouldBeGreaterThan(0, $"seed {Seed}");
        if (!isMixed)
        {
            // With many limits it depends on the secret of the process whether a fold still has debt when a caller arrives.
            fixture.Store.BucketsCreatedWithDebt.ShouldBeGreaterThan(0, $"seed {Seed}");
        }

        admitted.Count.ShouldBeGreaterThan(MaxKeys / 2, $"seed {Seed}, {fixture.Store.EvictionsWithDebt} folds");
        foreach (List<long> times in admitted.Values)
        {
            Most(times, rate, algorithm).ShouldBeLessThanOrEqualTo(0, $"seed {Seed}");
        }
    }

    // A bucket has debt for a year; a flood arrives. The debt is as exact as before while the bucket stays, and no smaller if it goes.
    [Fact]
    public void Acquire_DebtorBehindAFlood_IsRefusedUntilTheInstant()
    {
        StoreFixture fixture = new(MaxKeys);
        ApplicableLimits slow = StoreFixture.PerUser(new Rate(1, TimeSpan.FromDays(365)));
        CallerIdentity debtor = StoreFixture.User(-1);
        fixture.Acquire(slow, debtor).IsAllowed.ShouldBeTrue();

        for (int i = 0; i < 20 * MaxKeys; i++)
        {
            _ = fixture.Acquire(slow, StoreFixture.User(i));
            fixture.Ticks++;
        }

        fixture.Ticks = TimeSpan.FromDays(365).Ticks - 1;
        fixture.Acquire(slow, debtor).IsAllowed.ShouldBeFalse();
        fixture.Store.Count.ShouldBe(MaxKeys);
    }

    [Fact]
    public void Acquire_BucketsFullAgain_MakeRoomWithoutATrace()
    {
        StoreFixture fixture = new(MaxKeys);
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(5, TimeSpan.FromSeconds(1)));
        for (int i = 0; i < 20 * MaxKeys; i++)
        {
            RateLimitDecision decision = fixture.Acquire(limits, StoreFixture.User(i), cost: 5);
            decision.IsAllowed.ShouldBeTrue();
            fixture.Ticks += TimeSpan.TicksPerSecond;
        }

        fixture.Store.EvictionsWithDebt.ShouldBe(0);
        fixture.Store.Count.ShouldBe(MaxKeys);
    }

    [Fact]
    public void Acquire_AllowanceOfOne_StillHoldsEveryDebt()
    {
        StoreFixture fixture = new(maxKeys: 1);
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(1, TimeSpan.FromSeconds(1)));
        fixture.Acquire(limits, StoreFixture.User(1)).IsAllowed.ShouldBeTrue();
        _ = fixture.Acquire(limits, StoreFixture.User(2));

        fixture.Acquire(limits, StoreFixture.User(1)).IsAllowed.ShouldBeFalse();
        fixture.Ticks = 2 * TimeSpan.TicksPerSecond;
        fixture.Acquire(limits, StoreFixture.User(1)).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Charge_OverdrawnBucketEvicted_StaysOverdrawn()
    {
        StoreFixture fixture = new(MaxKeys);
        ApplicableLimits[] limits = [.. Enumerable.Range(0, 60).Select(i => Named(new Rate(2, TimeSpan.FromSeconds(2)), $"t{i}"))];
        CallerIdentity debtor = StoreFixture.User(-1);
        fixture.Store.Charge(new RateLimitRequest(limits[0], debtor, 100));
        for (int i = 0; i < 40 * MaxKeys; i++)
        {
            fixture.Store.Charge(new RateLimitRequest(limits[i % limits.Length], StoreFixture.User(i), 101));
        }

        fixture.Ticks = (99 * TimeSpan.TicksPerSecond) - 1;
        fixture.Acquire(limits[0], debtor).IsAllowed.ShouldBeFalse();
    }

    private static ApplicableLimits Named(Rate rate, string tool) =>
        RateLimitPolicy.Build("server", limits => limits.Tool(tool, t => t.PerUser(rate)))
            .Select("tools/call", tool, StoreFixture.User(1));

    /// <summary>By how much the calls admitted exceed what the algorithm promises for any interval between two of them.</summary>
    private static double Most(List<long> times, Rate rate, RateLimitAlgorithm algorithm)
    {
        double most = double.NegativeInfinity;
        for (int first = 0; first < times.Count; first++)
        {
            for (int last = first; last < times.Count; last++)
            {
                double periods = (times[last] - times[first]) / (double)rate.RefillPeriod.Ticks;
                double promised = algorithm switch
                {
                    RateLimitAlgorithm.TokenBucket => rate.MaxTokens * (1 + periods),
                    RateLimitAlgorithm.SlidingWindow => rate.MaxTokens * (Math.Floor(periods) + 1),
                    _ => rate.MaxTokens * (Math.Floor(periods) + 2),
                };
                most = Math.Max(most, last - first + 1 - promised);
            }
        }

        return most;
    }
}
