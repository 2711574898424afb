namespace Sluice.Tests;

public class SlidingWindowCounterTests
{
    private static readonly LimitNumbers Limit = new(
        new Rate(10, TimeSpan.FromTicks(1_000_000), RateLimitAlgorithm.SlidingWindowCounter, burst: null, align: false), 0);

    private static readonly ulong Start = LimitNumbers.OriginTicks + 12_345;

    [Fact]
    public void Admits_NextWindow_FadesThePreviousOneExactly()
    {
        BucketState state = SlidingWindowCounter.Charge(Limit, default, Start, 10);

        Refused(Start + 999_999, 1).ShouldBe(100_001UL); // 10 · (P - e) / P is 9 at a tenth of the next window.
        Refused(Start + 1_000_000, 1).ShouldBe(100_000UL);
        Refused(Start + 1_099_999, 1).ShouldBe(1UL);
        SlidingWindowCounter.Admits(Limit, state, Start + 1_100_000, 1, out _, out _).ShouldBeTrue();
        Refused(Start + 1_100_000, 10).ShouldBe(900_000UL);
        SlidingWindowCounter.Remaining(Limit, state, Start + 1_100_000).ShouldBe(1);
        SlidingWindowCounter.Remaining(Limit, state, Start + 1_099_999).ShouldBe(0);
        SlidingWindowCounter.ResetAt(Limit, state).ShouldBe(Start + 2_000_000);

        ulong Refused(ulong now, ulong cost)
        {
            SlidingWindowCounter.Admits(Limit, state, now, cost, out _, out ulong wait).ShouldBeFalse();
            return wait;
        }
    }

    [Fact]
    public void Refund_MoreThanTheCurrentWindow_TakesFromThePrevious()
    {
        BucketState state = SlidingWindowCounter.Charge(Limit, default, Start, 6);
        state = SlidingWindowCounter.Charge(Limit, state, Start + 1_000_000, 2);

        BucketState refunded = SlidingWindowCounter.Refund(Limit, state, Start + 1_000_000, 5);

        SlidingWindowCounter.Remaining(Limit, refunded, Start + 1_000_000).ShouldBe(7);
        SlidingWindowCounter.ResetAt(Limit, refunded).ShouldBe(Start + 2_000_000);
        SlidingWindowCounter.Refund(Limit, refunded, Start + 1_000_000, 3).ShouldBe(default);
    }

    [Fact]
    public void Charge_AfterTwoWindows_StartsAfresh()
    {
        BucketState state = SlidingWindowCounter.Charge(Limit, default, Start, 10);

        SlidingWindowCounter.Charge(Limit, state, Start + 2_000_000, 1)
            .ShouldBe(SlidingWindowCounter.Charge(Limit, default, Start + 2_000_000, 1));
        SlidingWindowCounter.Charge(Limit, state, Start + 1_999_999, 1)
            .ShouldNotBe(SlidingWindowCounter.Charge(Limit, default, Start + 1_999_999, 1));
    }

    [Fact]
    public void Convert_PartFaded_RoundsWhatWasUsedUp()
    {
        LimitNumbers other = new(
            new Rate(4, TimeSpan.FromTicks(500_000), RateLimitAlgorithm.SlidingWindowCounter, burst: null, align: false), 0);
        BucketState state = SlidingWindowCounter.Charge(Limit, default, Start, 3);
        ulong now = Start + 1_500_000; // 1.5 of 3 are left.

        BucketState converted = SlidingWindowCounter.Convert(Limit, other, state, now);

        SlidingWindowCounter.Remaining(other, converted, now).ShouldBe(2);
        SlidingWindowCounter.ResetAt(other, converted).ShouldBe(now + 500_000);
    }
}
