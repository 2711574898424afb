namespace Sluice.Tests;

/// <summary>Clocks that stand still, jump, go back, end, or fail.</summary>
public class InProcessStoreClockTests
{
    private static readonly CallerIdentity Alice = StoreFixture.User(1);
    private readonly StoreFixture _fixture = new();

    [Fact]
    public void Acquire_ClockStuck_AdmitsTheBurstAndTellsTheSameWait()
    {
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(2, TimeSpan.FromSeconds(1)));
        _ = _fixture.Acquire(limits, Alice, cost: 2);

        for (int i = 0; i < 100; i++)
        {
            _fixture.Acquire(limits, Alice).RetryAfter.ShouldBe(TimeSpan.FromMilliseconds(500));
        }
    }

    [Fact]
    public void Acquire_ClockStepsBack_CountsAsTheLastReading()
    {
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(1, TimeSpan.FromSeconds(1)));
        _fixture.Ticks = TimeSpan.TicksPerHour;
        _ = _fixture.Acquire(limits, Alice);
        _fixture.Ticks = TimeSpan.TicksPerHour + 4_000_000;
        _fixture.PeekStates(limits, Alice)[0].RetryAfter.ShouldBe(TimeSpan.FromTicks(6_000_000));

        _fixture.Ticks = 0;
        _fixture.Acquire(limits, Alice).RetryAfter.ShouldBe(TimeSpan.FromTicks(6_000_000));
        _fixture.Ticks = long.MinValue;
        _fixture.Acquire(limits, Alice).RetryAfter.ShouldBe(TimeSpan.FromTicks(6_000_000));
        _fixture.Ticks = TimeSpan.TicksPerHour + 9_999_999;
        _fixture.Acquire(limits, Alice).RetryAfter.ShouldBe(TimeSpan.FromTicks(1));
        _fixture.Ticks = TimeSpan.TicksPerHour + 10_000_000;
        _fixture.Acquire(limits, Alice).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Acquire_ClockJumpsBackAndForth_NeverCreditsASecondTwice()
    {
        const int Seed = 5;
        Random random = new(Seed);
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(1, TimeSpan.FromSeconds(1)));
        long highest = 0;
        int admitted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            _fixture.Ticks = Math.Max(0, highest + random.NextInt64(-50_000_000, 3_000_000));
            highest = Math.Max(highest, _fixture.Ticks);
            admitted += _fixture.Acquire(limits, Alice).IsAllowed ? 1 : 0;
        }

        admitted.ShouldBeLessThanOrEqualTo((int)(highest / TimeSpan.TicksPerSecond) + 1, $"seed {Seed}");
        admitted.ShouldBeGreaterThan(10);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public void EveryMember_AtTheEndOfTime_StaysExact(RateLimitAlgorithm algorithm)
    {
        ApplicableLimits limits = StoreFixture.PerUser(
            new Rate(3, Rate.MaxRefillPeriod, algorithm, burst: null, algorithm == RateLimitAlgorithm.FixedWindow));
        long[] instants = [long.MaxValue - Rate.MaxRefillPeriod.Ticks - 1, long.MaxValue - 1, long.MaxValue];
        foreach (long instant in instants)
        {
            _fixture.Ticks = instant;
            _fixture.Store.Reset(limits.Limits, Alice);
            _fixture.Acquire(limits, Alice, cost: 3).IsAllowed.ShouldBeTrue();
            RateLimitDecision denied = _fixture.Acquire(limits, Alice);
            denied.Outcome.ShouldBe(RateLimitOutcome.Denied);
            denied.RetryAfter.ShouldBeInRange(TimeSpan.FromTicks(1), 2 * Rate.MaxRefillPeriod);
            _fixture.Store.Charge(new RateLimitRequest(limits, Alice, int.MaxValue));
            _fixture.Acquire(limits, Alice).IsAllowed.ShouldBeFalse();
        }
    }

    [Fact]
    public void Charge_ForLongerThanTimeLasts_WaitsTheLongestTime()
    {
        ApplicableLimits limits = StoreFixture.PerUser(new Rate(1, Rate.MaxRefillPeriod));

        _fixture.Store.Charge(new RateLimitRequest(limits, Alice, int.MaxValue));

        LimitState state = _fixture.PeekStates(limits, Alice)[0];
        state.RetryAfter.ShouldBe(TimeSpan.MaxValue);
        state.ResetAfter.ShouldBe(TimeSpan.MaxValue);
    }

    [Fact]
    public void Acquire_ClockThrows_HoldsNoLock()
    {
        FailingTime time = new();
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 10 }, time);
        RateLimitRequest request = new(StoreFixture.PerUser(new Rate(1, TimeSpan.FromSeconds(1))), Alice);
        store.Acquire(request, []).IsAllowed.ShouldBeTrue();
        time.Fails = true;

        Should.Throw<InvalidTimeZoneException>(() => store.Acquire(request, []));
        Should.Throw<InvalidTimeZoneException>(() => store.Peek(request, []));
        Should.Throw<InvalidTimeZoneException>(() => store.Charge(request));

        time.Fails = false;
        store.Acquire(request, []).IsAllowed.ShouldBeFalse();
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(10_000_000)]
    [InlineData(24_000_000)]
    [InlineData(1_000_000_000)]
    [InlineData(long.MaxValue)]
    public void NowTicks_AnyFrequency_IsWholeTicksOf100Nanoseconds(long frequency)
    {
        FrequencyTime time = new(frequency);
        StoreClock clock = new(time);
        long[] timestamps = [1, 7, 12_345_678_901, long.MaxValue / 3, long.MaxValue];
        foreach (long timestamp in timestamps)
        {
            time.Timestamp = timestamp;
            clock.UpdateFromProvider();
            Int128 ticks = (Int128)timestamp * TimeSpan.TicksPerSecond / frequency;
            clock.NowTicks().ShouldBe(LimitNumbers.OriginTicks + (ulong)Int128.Min(ticks, long.MaxValue));
        }
    }

    [Fact]
    public void NowTicks_OfTheSystem_GoesOn()
    {
        StoreClock clock = new(TimeProvider.System);
        ulong first = clock.NowTicks();
        ulong second = first;
        while (second == first)
        {
            second = clock.NowTicks();
        }

        second.ShouldBeGreaterThan(first);
        first.ShouldBeInRange(LimitNumbers.OriginTicks, LimitNumbers.OriginTicks + TimeSpan.TicksPerMinute);
    }

    [Fact]
    public void NowTicks_OfTheSystem_CountsInTicks()
    {
        long before = TimeProvider.System.GetTimestamp();
        StoreClock clock = new(TimeProvider.System);
        long after = TimeProvider.System.GetTimestamp();
        long now;
        do
        {
            now = TimeProvider.System.GetTimestamp();
        }
        while (TimeProvider.System.GetElapsedTime(after, now) < TimeSpan.FromMilliseconds(1));

        ulong ticks = clock.NowTicks() - LimitNumbers.OriginTicks;

        long most = TimeProvider.System.GetElapsedTime(before).Ticks + 1; // It rounds by a factor in floating point.
        ((long)ticks).ShouldBeInRange(TimeProvider.System.GetElapsedTime(after, now).Ticks, most);
    }

    private sealed class FailingTime : TimeProvider
    {
        internal bool Fails { get; set; }

        public override long GetTimestamp() => Fails ? throw new InvalidTimeZoneException() : 0;
    }

    private sealed class FrequencyTime(long frequency) : TimeProvider
    {
        internal long Timestamp { get; set; }

        public override long TimestampFrequency => frequency;

        public override long GetTimestamp() => Timestamp;
    }
}
