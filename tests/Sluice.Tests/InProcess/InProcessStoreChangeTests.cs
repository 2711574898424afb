namespace Sluice.Tests;

/// <summary>Limits whose numbers change while they are in use.</summary>
public class InProcessStoreChangeTests
{
    private static readonly CallerIdentity Alice = StoreFixture.User(1);

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public void Acquire_OtherNumbers_KeepsWhatWasUsed(RateLimitAlgorithm algorithm)
    {
        StoreFixture fixture = new();
        ApplicableLimits hundred = StoreFixture.Limits(of => of.Shared(Of(100, algorithm)).PerUser(Of(100, algorithm)));
        ApplicableLimits fifty = StoreFixture.Limits(of => of.Shared(Of(50, algorithm)).PerUser(Of(50, algorithm)));
        ApplicableLimits ten = StoreFixture.Limits(of => of.Shared(Of(10, algorithm)).PerUser(Of(10, algorithm)));
        _ = fixture.Acquire(hundred, Alice, cost: 30);

        Remaining(fifty).ShouldBe([20, 20]);
        Remaining(ten).ShouldBe([0, 0]);
        Remaining(hundred).ShouldBe([70, 70]); // A look and a rejection converted nothing.
        fixture.Acquire(ten, Alice).IsAllowed.ShouldBeFalse();
        Remaining(hundred).ShouldBe([70, 70]);
        fixture.Acquire(fifty, Alice).Remaining.ShouldBe(19);
        Remaining(hundred).ShouldBe([69, 69]);
        fixture.Store.Refund(new RateLimitRequest(ten, Alice, 1));
        Remaining(hundred).ShouldBe([91, 91]);
        fixture.Store.Count.ShouldBe(1);

        int[] Remaining(ApplicableLimits limits) => [.. fixture.PeekStates(limits, Alice).Select(state => state.Remaining)];
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, RateLimitAlgorithm.FixedWindow)]
    [InlineData(RateLimitAlgorithm.FixedWindow, RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, RateLimitAlgorithm.TokenBucket)]
    public void Acquire_OtherAlgorithm_StartsWithNewBuckets(RateLimitAlgorithm before, RateLimitAlgorithm after)
    {
        StoreFixture fixture = new(maxKeys: 10);
        ApplicableLimits old = StoreFixture.PerUser(Of(100, before));
        ApplicableLimits changed = StoreFixture.PerUser(Of(100, after));
        for (int round = 0; round < 50; round++)
        {
            for (int i = 0; i < 20; i++)
            {
                fixture.Acquire(old, Alice).Remaining.ShouldBe(99 - i);
                fixture.Ticks++;
            }

            fixture.Acquire(changed, Alice).Remaining.ShouldBe(99);
        }
    }

    [Fact]
    public void Acquire_SameNumbersWrittenOtherwise_IsTheSameBucket()
    {
        StoreFixture fixture = new();
        TimeSpan minute = TimeSpan.FromMinutes(1);
        _ = fixture.Acquire(StoreFixture.PerUser(new Rate(10, minute)), Alice, cost: 4);

        fixture.Acquire(StoreFixture.PerUser(new Rate(10, minute, RateLimitAlgorithm.TokenBucket, burst: 10, align: false)), Alice)
            .Remaining.ShouldBe(5);
    }

    [Fact]
    public void Acquire_OtherTargetOrServer_IsAnotherBucket()
    {
        StoreFixture fixture = new();
        Rate rate = new(10, TimeSpan.FromMinutes(1));
        ApplicableLimits server = StoreFixture.PerUser(rate);
        ApplicableLimits tool = StoreFixture.Limits(of => of.Tool("search", t => t.PerUser(rate)));
        ApplicableLimits spelledOtherwise = StoreFixture.Limits(of => of.Tool(" SEARCH ", t => t.PerUser(rate)));
        ApplicableLimits elsewhere = RateLimitPolicy.Build("other", of => of.PerUser(rate)).Select("tools/call", "search", Alice);

        fixture.Acquire(server, Alice).Remaining.ShouldBe(9);
        fixture.Acquire(tool, Alice).Remaining.ShouldBe(9);
        fixture.Acquire(elsewhere, Alice).Remaining.ShouldBe(9);
        fixture.Acquire(spelledOtherwise, Alice).Remaining.ShouldBe(8);
    }

    private static Rate Of(int tokens, RateLimitAlgorithm algorithm) =>
        new(tokens, TimeSpan.FromMinutes(1), algorithm, burst: null, align: false);
}
