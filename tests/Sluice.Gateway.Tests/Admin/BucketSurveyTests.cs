namespace Sluice.Gateway.Tests.Admin;

public sealed class BucketSurveyTests
{
    // A survey of a million buckets takes 20 to 40 ms; more is time in which another program had the processor, or Redis did not answer.
    [Theory]
    [InlineData(0, 1_000_000, 1_000)]
    [InlineData(20, 1_000_000, 1_000)]
    [InlineData(40, 1_000_000, 2_000)]
    [InlineData(5_000, 1_000_000, 6_000)]
    [InlineData(5_000, 0, 1_000)]
    [InlineData(5_000, 100_000_000, 250_000)]
    public void Age_OfASurvey_IsFiftyTimesItsCost(int tookMs, long maxKeys, int expectedMs) =>
        BucketSurvey.AgeOf(TimeSpan.FromMilliseconds(tookMs), maxKeys).ShouldBe(TimeSpan.FromMilliseconds(expectedMs));
}
