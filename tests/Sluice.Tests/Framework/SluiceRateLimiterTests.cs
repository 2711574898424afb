using System.Threading.RateLimiting;

namespace Sluice.Tests;

public sealed class SluiceRateLimiterTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void AttemptAcquire_BucketSpent_RefusesWithTheExactWait()
    {
        using SluiceRateLimiter limiter = new(Rate.Parse("2/1s"), _time);
        limiter.AttemptAcquire(2).IsAcquired.ShouldBeTrue();

        using RateLimitLease refused = limiter.AttemptAcquire();

        refused.IsAcquired.ShouldBeFalse();
        refused.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait).ShouldBeTrue();
        wait.ShouldBe(TimeSpan.FromMilliseconds(500));
        refused.TryGetMetadata(RateLimitMetadata.LimitName, out string? limit).ShouldBeTrue();
        limit.ShouldBe("shared");
        refused.TryGetMetadata(RateLimitMetadata.Remaining, out int remaining).ShouldBeTrue();
        remaining.ShouldBe(0);
        refused.MetadataNames.ShouldBe(["RETRY_AFTER", "LIMIT_NAME", "REMAINING"]);
        _time.Advance(TimeSpan.FromMilliseconds(500) - TimeSpan.FromTicks(1));
        limiter.AttemptAcquire().IsAcquired.ShouldBeFalse();
        _time.Advance(TimeSpan.FromTicks(1));
        limiter.AttemptAcquire().IsAcquired.ShouldBeTrue();
    }

    [Fact]
    public void AttemptAcquire_WindowOfACalendar_FollowsTheWallClockAndNeverOpensTwice()
    {
        _time.Wall = new DateTimeOffset(2026, 11, 30, 14, 0, 0, TimeSpan.Zero);
        using SluiceRateLimiter limiter = new(Rate.Calendar(1, CalendarUnit.Month, "Asia/Tokyo"), _time);
        limiter.AttemptAcquire().IsAcquired.ShouldBeTrue();

        using RateLimitLease refused = limiter.AttemptAcquire();
        refused.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait).ShouldBeTrue();
        wait.ShouldBe(TimeSpan.FromHours(1));
        limiter.IdleDuration.ShouldBeNull();
        _time.Wall += TimeSpan.FromHours(1);
        limiter.IdleDuration.ShouldNotBeNull();
        limiter.AttemptAcquire().IsAcquired.ShouldBeTrue();
        _time.Wall -= TimeSpan.FromHours(1);

        using RateLimitLease behind = limiter.AttemptAcquire();
        behind.IsAcquired.ShouldBeFalse();
        behind.TryGetMetadata(MetadataName.RetryAfter, out wait).ShouldBeTrue();
        wait.ShouldBe(TimeSpan.FromDays(31) + TimeSpan.FromHours(1)); // Until the end of December on the wall.
        limiter.GetStatistics()!.CurrentAvailablePermits.ShouldBe(0);
    }

    [Fact]
    public void AttemptAcquire_Granted_TellsWhatIsLeft()
    {
        using SluiceRateLimiter limiter = new(Rate.Parse("5/1s"), _time);

        using RateLimitLease lease = limiter.AttemptAcquire(2);

        lease.MetadataNames.ShouldBe(["REMAINING"]);
        lease.TryGetMetadata(RateLimitMetadata.Remaining, out int remaining).ShouldBeTrue();
        remaining.ShouldBe(3);
        lease.TryGetMetadata(MetadataName.RetryAfter, out _).ShouldBeFalse();
    }

    [Fact]
    public void AttemptAcquire_ZeroPermits_AsksAndChargesNothing()
    {
        using SluiceRateLimiter limiter = new(Rate.Parse("1/1s"), _time);

        limiter.AttemptAcquire(0).IsAcquired.ShouldBeTrue();
        limiter.AttemptAcquire(0).IsAcquired.ShouldBeTrue();
        limiter.AttemptAcquire(1).IsAcquired.ShouldBeTrue();
        limiter.AttemptAcquire(0).IsAcquired.ShouldBeFalse();
    }

    [Fact]
    public void AttemptAcquire_MoreThanABucketHolds_Throws()
    {
        using SluiceRateLimiter limiter = new(Rate.Parse("5/1s"), _time);

        ArgumentOutOfRangeException exception = Should.Throw<ArgumentOutOfRangeException>(() => limiter.AttemptAcquire(6));

        exception.ParamName.ShouldBe("permitCount");
        exception.Message.ShouldStartWith("The limit 'shared' never holds more than 5 permits.");
    }

    [Fact]
    public async Task AcquireAsync_BucketSpent_RefusesAtOnce()
    {
        using SluiceRateLimiter limiter = new(Rate.Parse("1/1d"), _time);
        (await limiter.AcquireAsync()).IsAcquired.ShouldBeTrue();

        ValueTask<RateLimitLease> refused = limiter.AcquireAsync();

        refused.IsCompletedSuccessfully.ShouldBeTrue();
        (await refused).IsAcquired.ShouldBeFalse();
    }

    [Fact]
    public async Task AcquireAsync_Cancelled_ChargesNothing()
    {
        using SluiceRateLimiter limiter = new(Rate.Parse("1/1d"), _time);

        await Should.ThrowAsync<OperationCanceledException>(async () => await limiter.AcquireAsync(1, new CancellationToken(true)));

        limiter.AttemptAcquire().IsAcquired.ShouldBeTrue();
    }

    // A reader of the framework's metadata would take an infinite wait, -1 ms, for no wait at all.
    [Fact]
    public async Task Acquire_OverrideAdmitsNothing_IsRejectedWithoutRetryAfter()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .PerUser("10/1m").Override(when => when.Users("alice"), numbers => numbers.PerUser("0")));
        CallerIdentity alice = new("issuer", "alice", null, null);
        InProcessStore store = new(new InProcessStoreOptions(), _time);
        ApplicableLimits none = policy.Select("tools/call", "x", alice);
        using SluiceRateLimiter limiter = new(store, none, alice);
        await using SluiceRateLimiter waiting = new(store, none, alice, new SluiceRateLimiterOptions { QueueLimit = 9, MaxWait = TimeSpan.FromHours(1) }, _time);

        foreach (RateLimitLease lease in new[]
        {
            limiter.AttemptAcquire(), limiter.AttemptAcquire(0), await limiter.AcquireAsync(), waiting.AttemptAcquire(), await waiting.AcquireAsync(11),
        })
        {
            lease.IsAcquired.ShouldBeFalse();
            lease.MetadataNames.ShouldBe([RateLimitMetadata.LimitName.Name, RateLimitMetadata.Remaining.Name]);
            lease.TryGetMetadata(MetadataName.RetryAfter, out _).ShouldBeFalse();
            lease.TryGetMetadata(RateLimitMetadata.LimitName, out string? name).ShouldBeTrue();
            name.ShouldBe("perUser");
        }
    }

    [Fact]
    public void GetStatistics_SomeCalls_CountsLeasesAndPermits()
    {
        using SluiceRateLimiter limiter = new(Rate.Parse("3/1d"), _time);
        limiter.AttemptAcquire(2);
        limiter.AttemptAcquire(2);

        RateLimiterStatistics statistics = limiter.GetStatistics()!;

        statistics.CurrentAvailablePermits.ShouldBe(1);
        statistics.TotalSuccessfulLeases.ShouldBe(1);
        statistics.TotalFailedLeases.ShouldBe(1);
        statistics.CurrentQueuedCount.ShouldBe(0);
    }

    [Fact]
    public void IdleDuration_BucketOfItsOwn_IsNoneUntilTheBucketIsFull()
    {
        using SluiceRateLimiter limiter = new(Rate.Parse("2/1s"), _time);
        limiter.IdleDuration.ShouldBe(TimeSpan.MaxValue);

        limiter.AttemptAcquire();

        limiter.IdleDuration.ShouldBeNull();
        _time.Advance(TimeSpan.FromMilliseconds(500) - TimeSpan.FromTicks(1));
        limiter.IdleDuration.ShouldBeNull();
        _time.Advance(TimeSpan.FromTicks(1));
        limiter.IdleDuration.ShouldBe(TimeSpan.MaxValue);
    }

    [Fact]
    public void IdleDuration_BucketOfAStore_IsAnyTimeSinceTheDebtStays()
    {
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 10 }, _time);
        ApplicableLimits limits = StoreFixture.PerUser(Rate.Parse("1/1d"));
        using SluiceRateLimiter first = new(store, limits, StoreFixture.User(1));
        first.AttemptAcquire().IsAcquired.ShouldBeTrue();

        first.IdleDuration.ShouldBe(TimeSpan.MaxValue);

        using SluiceRateLimiter second = new(store, limits, StoreFixture.User(1));
        second.AttemptAcquire().IsAcquired.ShouldBeFalse();
    }

    [Fact]
    public void Constructor_RateAlone_Allocates300BytesAtMost()
    {
        const int Limiters = 1_000;
        SluiceRateLimiter[] limiters = new SluiceRateLimiter[Limiters];
        new SluiceRateLimiter(Rate.Parse("100/1h")).AttemptAcquire().IsAcquired.ShouldBeTrue();
        Rate[] rates = [.. Enumerable.Range(0, Limiters).Select(_ => Rate.Parse("100/1h"))];

        long all = Allocations.Least(() =>
        {
            for (int i = 0; i < Limiters; i++)
            {
                limiters[i] = new SluiceRateLimiter(rates[i]);
            }
        });

        (all / Limiters).ShouldBeLessThanOrEqualTo(300);
        limiters.ShouldAllBe(limiter => limiter.AttemptAcquire(100).IsAcquired && !limiter.AttemptAcquire(1).IsAcquired);
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, false)]
    [InlineData(RateLimitAlgorithm.FixedWindow, false)]
    [InlineData(RateLimitAlgorithm.FixedWindow, true)]
    public void AttemptAcquire_RateAlone_AnswersLikeAStore(RateLimitAlgorithm algorithm, bool align)
    {
        const int Seed = 7;
        Random random = new(Seed);
        Rate rate = new(20, TimeSpan.FromSeconds(1), algorithm, burst: null, align);
        using SluiceRateLimiter own = new(rate, _time);
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 100 }, _time);
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared(rate));
        using SluiceRateLimiter over = new(store, limits, CallerIdentity.None);
        int rejections = 0;
        for (int i = 0; i < 2_000; i++)
        {
            _time.Advance(TimeSpan.FromTicks(random.Next(0, 2_000_000)));
            int permits = random.Next(0, 8);

            Answer answer = Ask(own, permits);

            answer.ShouldBe(Ask(over, permits), $"seed {Seed}, call {i}");
            (own.IdleDuration is not null).ShouldBe(own.GetStatistics()!.CurrentAvailablePermits == 20, $"seed {Seed}, call {i}");
            rejections += answer.IsAcquired ? 0 : 1;
        }

        rejections.ShouldBeInRange(100, 1_900);
    }

    [Fact]
    public void Constructor_SlidingWindowOfTooManyTokens_Throws() => Should.Throw<ArgumentException>(() => new SluiceRateLimiter(
        new Rate(10_001, TimeSpan.FromSeconds(1), RateLimitAlgorithm.SlidingWindow, burst: null, align: false)))
        .Message.ShouldContain("slidingWindowCounter");

    [Fact]
    public void Partitions_OfOnePolicy_CountEachCallerAndChargeAllOrNothing()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Shared("3/1d").PerUser("2/1d").Tool("double", tool => tool.Cost(2)));
        InProcessStore store = new(new InProcessStoreOptions(), _time);
        using SluicePartitionedRateLimiter<(string User, string Tool)> limiter = new(store, call =>
        {
            CallerIdentity caller = new("issuer", call.User, null, null);
            return new RateLimitRequest(policy.Select("tools/call", call.Tool, caller), caller);
        });

        limiter.AttemptAcquire(("alice", "double")).IsAcquired.ShouldBeTrue();
        using RateLimitLease alice = limiter.AttemptAcquire(("alice", "x"));
        limiter.AttemptAcquire(("bob", "double")).IsAcquired.ShouldBeFalse();
        limiter.AttemptAcquire(("bob", "x")).IsAcquired.ShouldBeTrue();

        alice.TryGetMetadata(RateLimitMetadata.LimitName, out string? limit).ShouldBeTrue();
        limit.ShouldBe("perUser");
        limiter.GetStatistics(("bob", "x"))!.CurrentAvailablePermits.ShouldBe(0);
        limiter.GetStatistics(("carol", "x"))!.TotalFailedLeases.ShouldBe(2);
    }

    private static Answer Ask(SluiceRateLimiter limiter, int permits)
    {
        using RateLimitLease lease = limiter.AttemptAcquire(permits);
        _ = lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait);
        _ = lease.TryGetMetadata(RateLimitMetadata.Remaining, out int remaining);
        return new Answer(lease.IsAcquired, wait, remaining, limiter.GetStatistics()!.CurrentAvailablePermits);
    }

    private sealed record Answer(bool IsAcquired, TimeSpan Wait, int Remaining, long Available);
}
