namespace Sluice.Tests;

/// <summary>Buckets taken over from a store whose clock counts microseconds from another origin.</summary>
public class InProcessStoreObserveTests
{
    private const ulong Now = 1_700_000_000_000_000;
    private const ulong SecondMicros = 1_000_000;
    private static readonly CallerIdentity Alice = StoreFixture.User(1);
    private readonly StoreFixture _fixture = new();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(3_000_000, 3)]
    [InlineData(3_000_001, 4)] // A part of a token that is owed is not there.
    [InlineData(10_000_000, 10)]
    [InlineData(25_000_000, 10)]
    public void Observe_TokenBucket_OwesAsMuchAsItDid(ulong leadMicros, int owed)
    {
        Rate rate = new(1, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst: 10, align: false);

        LimitState state = Observe(rate, new BucketState(Now + leadMicros, 0));

        state.Remaining.ShouldBe(10 - owed);
        state.ResetAfter.ShouldBe(TimeSpan.FromMicroseconds(Math.Min(leadMicros, 10 * SecondMicros)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 4)] // A third of a microsecond is three ticks and a third.
    [InlineData(2, 7)]
    public void Observe_TokenBucketWithARest_RoundsItUp(ulong rest, long resetTicks)
    {
        Rate rate = new(3, TimeSpan.FromMicroseconds(1_000), RateLimitAlgorithm.TokenBucket, burst: 3, align: false);

        LimitState state = Observe(rate, new BucketState(Now, rest));

        state.ResetAfter.Ticks.ShouldBe(resetTicks);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000_000)]
    [InlineData(Now - 1)]
    public void Observe_TokenBucketFullBeforeThatInstant_IsFull(ulong ago)
    {
        Rate rate = new(1, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst: 10, align: false);

        LimitState state = Observe(rate, new BucketState(Now - ago, 0));

        (state.Remaining, state.ResetAfter).ShouldBe((10, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.FixedWindow, 0, 7, 10)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 4, 7, 6)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 10, 10, 0)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 25, 10, 0)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 1_600_000_000, 10, 0)] // Longer ago than this store's clock has told.
    [InlineData(RateLimitAlgorithm.SlidingWindow, 4, 7, 6)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 10, 10, 0)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 1_600_000_000, 10, 0)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 4, 7, 16)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 15, 8, 5)] // Half of the three have faded.
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 20, 10, 0)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 21, 10, 0)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 1_600_000_000, 10, 0)]
    public void Observe_Window_IsAsOldAsItWas(RateLimitAlgorithm algorithm, ulong agoSeconds, int remaining, int resetSeconds)
    {
        Rate rate = new(10, TimeSpan.FromSeconds(10), algorithm, burst: null, align: false);

        LimitState state = Observe(rate, new BucketState(Now - (agoSeconds * SecondMicros), 3));

        (state.Remaining, state.ResetAfter).ShouldBe((remaining, TimeSpan.FromSeconds(resetSeconds)));
    }

    [Fact]
    public void Observe_NewBucket_ForgetsWhatWasThere()
    {
        Rate rate = UseLog();

        _fixture.Store.LogChunksInUse.ShouldBe(1);

        Observe(rate, default).Remaining.ShouldBe(10);

        _fixture.Store.LogChunksInUse.ShouldBe(0);
        _fixture.Store.Count.ShouldBe(0);
    }

    [Fact]
    public void Observe_BucketThere_TakesItsPlace()
    {
        Rate rate = UseLog();

        Observe(rate, new BucketState(Now, 8)).Remaining.ShouldBe(2);

        _fixture.Store.LogChunksInUse.ShouldBe(0);
        _fixture.Store.Count.ShouldBe(1);
    }

    [Fact]
    public void Observe_OtherAlgorithm_StartsWithNewBuckets()
    {
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(10, TimeSpan.FromSeconds(10)));
        LimitNumbers window = Micros(new Rate(10, TimeSpan.FromSeconds(10), RateLimitAlgorithm.FixedWindow, burst: null, align: false));

        _fixture.Store.Observe(limits, Alice, [new ObservedBucket(window, new BucketState(Now, 7), Now, 10)]);

        _fixture.PeekStates(limits, Alice)[0].Remaining.ShouldBe(10);
    }

    [Fact]
    public void Observe_OtherNumbers_OwesAsManyTokens()
    {
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(50, TimeSpan.FromSeconds(100)));
        LimitNumbers observed = Micros(new Rate(10, TimeSpan.FromSeconds(10)));

        _fixture.Store.Observe(limits, Alice, [new ObservedBucket(observed, new BucketState(Now + (7 * SecondMicros), 0), Now, 10)]);

        LimitState state = _fixture.PeekStates(limits, Alice)[0];
        (state.Remaining, state.ResetAfter).ShouldBe((43, TimeSpan.FromSeconds(14)));
    }

    [Fact]
    public void Observe_SeveralLimits_TakesEachOver()
    {
        Rate rate = new(10, TimeSpan.FromSeconds(10), RateLimitAlgorithm.FixedWindow, burst: null, align: false);
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared(rate).PerTenant(rate).PerUser(rate));
        LimitNumbers numbers = Micros(rate);

        _fixture.Store.Observe(
            limits,
            Alice,
            [
                new ObservedBucket(numbers, new BucketState(Now, 1), Now, 10),
                new ObservedBucket(numbers, new BucketState(Now, 2), Now, 10),
                new ObservedBucket(numbers, new BucketState(Now, 3), Now, 10),
            ]);

        _fixture.PeekStates(limits, Alice).Select(state => state.Remaining).ShouldBe([9, 8, 7]);
    }

    [Fact]
    public void Observe_NoLimits_DoesNothing()
    {
        _fixture.Store.Observe(ApplicableLimits.None, Alice, []);

        _fixture.Store.Count.ShouldBe(0);
    }

    [Fact]
    public void Observe_DuringALook_IsSeen()
    {
        ManualTimeProvider time = new();
        InProcessEngine<RecordedSteps> engine = new(10, time);
        Rate rate = new(10, TimeSpan.FromSeconds(10), RateLimitAlgorithm.FixedWindow, burst: null, align: false);
        ApplicableLimits limits = StoreFixture.PerUser(rate);
        _ = engine.Acquire(new RateLimitRequest(limits, Alice), []);
        ObservedBucket[] observed = [new ObservedBucket(Micros(rate), new BucketState(Now, 7), Now, 10)];
        int remaining = engine.Peek(new RateLimitRequest(limits, Alice), []).Remaining; // The next look takes no lock.

        _ = RecordedSteps.Of(
            () => remaining = engine.Peek(new RateLimitRequest(limits, Alice), []).Remaining,
            CommitStep.Validating,
            1,
            () => engine.Observe(limits, Alice, observed));

        remaining.ShouldBe(3);
    }

    [Fact]
    public void Observe_ClockGoesOn_IsAsOfNow()
    {
        Rate rate = new(1, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst: 10, align: false);
        _ = Observe(rate, default);
        _fixture.Ticks += TimeSpan.TicksPerHour;

        Observe(rate, new BucketState(Now + SecondMicros, 0)).ResetAfter.ShouldBe(TimeSpan.FromSeconds(1));
        _fixture.Ticks += TimeSpan.TicksPerHour;
        _fixture.PeekStates(StoreFixture.PerUser(rate), Alice)[0].Remaining.ShouldBe(10);
    }

    private static LimitNumbers Micros(Rate rate)
    {
        ulong period = (ulong)(rate.RefillPeriod.Ticks / TimeSpan.TicksPerMicrosecond);
        ulong divisor = LimitNumbers.GreatestCommonDivisor((ulong)rate.MaxTokens, period);
        return new LimitNumbers(rate, period, ((ulong)rate.MaxTokens / divisor, period / divisor), epochTicks: 0);
    }

    /// <summary>Uses three tokens of a sliding window one by one, so that it has a log; gives its rate.</summary>
    private Rate UseLog()
    {
        Rate rate = new(10, TimeSpan.FromSeconds(10), RateLimitAlgorithm.SlidingWindow, burst: null, align: false);
        for (int i = 0; i < 3; i++)
        {
            _ = _fixture.Acquire(StoreFixture.PerUser(rate), Alice);
            _fixture.Ticks++;
        }

        return rate;
    }

    private LimitState Observe(Rate rate, BucketState state)
    {
        ApplicableLimits limits = StoreFixture.PerUser(rate);
        _fixture.Store.Observe(limits, Alice, [new ObservedBucket(Micros(rate), state, Now, 10)]);
        return _fixture.PeekStates(limits, Alice)[0];
    }
}
