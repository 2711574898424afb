using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Redis.Tests;

public sealed class ShareNumbersTests
{
    [Theory]
    [InlineData(100, 100, 1_000_000, 40_960_000)]
    [InlineData(50, 100, 500_000, 40_960_000)]
    [InlineData(100, 7, 14_285_714, 585_142_858)]
    [InlineData(1_000_000, 1_000_000, 1_000_000, 4_096)]
    public void Of_TokensASecond_RoundsTheCapacityDownAndATokenUp(long capacity, long rate, long fill, long token) =>
        ShareNumbers.Of(capacity, rate, TimeSpan.FromSeconds(1)).ShouldBe(new ShareNumbers(fill, token));

    [Theory]
    [InlineData(1_000_000, 1_001_000, 1)] // It is filled faster than by a token a microsecond.
    [InlineData(1_000_000_000, 1_000_000_000, 1)] // A token would be 5 units and not 4.096, so a fifth of the limit would be missing.
    [InlineData(2_000_000, 1, 1)] // It fills in 23 days.
    public void Of_NumbersThatDoNotFit_CannotBeDivided(long capacity, long tokens, int seconds) =>
        ShareNumbers.Of(capacity, tokens, TimeSpan.FromSeconds(seconds)).ShouldBeNull();

    // The script counts with doubles.
    [Fact]
    public void Of_AnyNumbers_EveryLevelIsBelowTwoToThe53() => Prop.ForAll(
        (from capacity in Gen.Choose(1, int.MaxValue)
         from tokens in Gen.Choose(1, int.MaxValue)
         from millis in Gen.Choose(1, int.MaxValue)
         select ShareNumbers.Of(capacity, tokens, TimeSpan.FromMilliseconds(millis))).ToArbitrary(),
        numbers => (numbers?.Whole ?? 0).ShouldBeLessThan(1L << 53)).QuickCheckThrowOnFailure();

    [Fact]
    public void Convert_ThereAndBack_AddsNoLevel() => Prop.ForAll(
        (from one in Limits
         from other in Limits
         from parts in Gen.Choose(1, ShareNumbers.Parts)
         from used in Gen.Choose(0, 1000)
         select (one, other, parts, used)).ToArbitrary(),
        given =>
        {
            long level = given.one.Capacity(given.parts) / 1000 * given.used;
            (long there, long over) = given.other.Convert(level, 0, given.parts, given.one);
            (long back, long rest) = given.one.Convert(there, over, given.parts, given.other);
            (back - rest).ShouldBeLessThanOrEqualTo(level);
        }).QuickCheckThrowOnFailure();

    private static Gen<ShareNumbers> Limits =>
        from capacity in Gen.Choose(50, 100_000)
        from rate in Gen.Choose(20, 100_000)
        select ShareNumbers.Of(capacity, rate, TimeSpan.FromSeconds(1))!.Value;
}
