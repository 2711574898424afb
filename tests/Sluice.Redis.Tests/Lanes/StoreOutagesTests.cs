namespace Sluice.Redis.Tests.Lanes;

public sealed class StoreOutagesTests
{
    [Fact]
    public void Begin_OfTwoServersAtATime_IsOneOutageUntilBothAreBack()
    {
        ManualTimeProvider time = new();
        StoreOutages outages = new(time);
        (outages.Count, outages.Since).ShouldBe((0, null));

        outages.Begin();
        DateTimeOffset began = time.GetUtcNow();
        time.Advance(TimeSpan.FromSeconds(1));
        outages.Begin();
        outages.End();
        (outages.Count, outages.Since).ShouldBe((1, began));
        time.Advance(TimeSpan.FromSeconds(1));
        outages.End();

        (outages.Count, outages.Since).ShouldBe((1, began.AddSeconds(2)));
        outages.Begin();
        outages.Count.ShouldBe(2);
    }
}
