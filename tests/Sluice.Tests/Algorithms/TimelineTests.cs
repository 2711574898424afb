namespace Sluice.Tests;

/// <summary>When a reservation is charged to a bucket whose state is newer than the reservation's instant.</summary>
public sealed class TimelineTests
{
    private const ulong Reserved = LimitNumbers.OriginTicks + 100;
    private const ulong Newer = Reserved + 50;

    [Theory]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public void ChargedAt_StateHasANewerCallOrWindow_IsNotBeforeIt(RateLimitAlgorithm algorithm) =>
        ChargedAt(algorithm).ShouldBe(Newer);

    [Fact]
    public void ChargedAt_TokenBucketIsFullLater_IsTheInstantOfTheReservation() =>
        ChargedAt(RateLimitAlgorithm.TokenBucket).ShouldBe(Reserved);

    private static ulong ChargedAt(RateLimitAlgorithm algorithm)
    {
        LimitNumbers limit = new(new Rate(5, TimeSpan.FromSeconds(1), algorithm, burst: null, align: false), 0);
        return Timeline.ChargedAt(limit, new BucketState(Newer, 1), new ReservedCall(Reserved, Cost: 1, Id: 1, IsDecider: true));
    }
}
