namespace Sluice.Tests;

public class FixedWindowTests
{
    private const ulong Origin = LimitNumbers.OriginTicks;

    [Fact]
    public void Admits_FromTheFirstCall_UntilAPeriodLater()
    {
        LimitNumbers limit = Numbers(5, 1_000_000, align: false, 0);
        FixedWindow.Admits(limit, default, Origin + 7, 5, out BucketState state, out _).ShouldBeTrue();

        FixedWindow.Admits(limit, state, Origin + 1_000_006, 1, out _, out ulong wait).ShouldBeFalse();
        wait.ShouldBe(1UL);
        FixedWindow.Admits(limit, state, Origin + 1_000_007, 5, out BucketState next, out _).ShouldBeTrue();
        next.ShouldBe(new BucketState(Origin + 1_000_007, 5));
        FixedWindow.ResetAt(limit, state).ShouldBe(Origin + 1_000_007);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(999_999, 999_999)]
    [InlineData(1_000_000, 0)]
    [InlineData(-1, 999_999)]
    public void Admits_Aligned_StartsAtAMultipleSinceTheEpoch(long epochTicks, ulong phase)
    {
        LimitNumbers limit = Numbers(5, 1_000_000, align: true, epochTicks);

        FixedWindow.Admits(limit, default, Origin, 1, out BucketState state, out _).ShouldBeTrue();

        state.Time.ShouldBe(Origin - phase);
    }

    [Fact]
    public void Charge_BeyondTheMaximum_EndsWithTheWindow()
    {
        LimitNumbers limit = Numbers(5, 1_000_000, align: false, 0);
        BucketState state = FixedWindow.Charge(limit, default, Origin, 100);

        FixedWindow.Remaining(limit, state, Origin + 999_999).ShouldBe(0);
        FixedWindow.Remaining(limit, state, Origin + 1_000_000).ShouldBe(5);
    }

    [Fact]
    public void Convert_SmallerMaximum_KeepsTheStart()
    {
        LimitNumbers old = Numbers(50, 1_000_000, align: false, 0);
        LimitNumbers limit = Numbers(20, 3_000_000, align: false, 0);
        LimitNumbers aligned = Numbers(20, 300_000, align: true, 0);
        BucketState state = FixedWindow.Charge(old, default, Origin + 5, 30);

        FixedWindow.Convert(old, limit, state, Origin + 700_000).ShouldBe(new BucketState(Origin + 5, 20));
        FixedWindow.Convert(old, aligned, state, Origin + 700_000).ShouldBe(new BucketState(Origin + 600_000, 20));
        FixedWindow.Convert(old, limit, state, Origin + 1_000_005).ShouldBe(default);
    }

    private static LimitNumbers Numbers(int maxTokens, long periodTicks, bool align, long epochTicks) => new(
        new Rate(maxTokens, TimeSpan.FromTicks(periodTicks), RateLimitAlgorithm.FixedWindow, burst: null, align), epochTicks);
}
