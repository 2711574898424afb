namespace Sluice.Tests;

public class InProcessStoreAllocationTests
{
    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    [InlineData(RateLimitAlgorithm.CalendarWindow)]
    public void EveryMember_OnceWarm_AllocatesNothing(RateLimitAlgorithm algorithm)
    {
        StoreFixture fixture = new();
        Rate rate = algorithm == RateLimitAlgorithm.CalendarWindow
            ? Rate.Calendar(30, CalendarUnit.Month, "Asia/Tokyo")
            : new(30, TimeSpan.FromMinutes(1), algorithm, burst: null, align: false);
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared(rate).PerUser(rate).Tool("search", t => t.PerUser(rate)));
        CallerIdentity[] callers = [.. Enumerable.Range(0, 8).Select(StoreFixture.User)];
        LimitState[] states = new LimitState[limits.Count];
        bool[] outcomes = new bool[2];
        Round(0);

        Allocations.Least(() =>
        {
            for (int i = 1; i < 40; i++)
            {
                Round(i);
            }
        }).ShouldBe(0);
        outcomes.ShouldBe([true, true]); // Both allowed and refused calls were among them.

        void Round(int number)
        {
            fixture.Ticks += TimeSpan.TicksPerMillisecond;
            foreach (CallerIdentity caller in callers)
            {
                RateLimitRequest request = new(limits, caller);
                outcomes[fixture.Store.Acquire(request, states).IsAllowed ? 1 : 0] = true;
                _ = fixture.Store.Peek(request, states);
                if (number % 4 == 0)
                {
                    fixture.Store.Charge(request);
                    fixture.Store.Refund(request);
                }

                if (number % 16 == 0)
                {
                    fixture.Store.Reset(limits.Limits, caller);
                }
            }
        }
    }

    [Fact]
    public void Acquire_CallerSeenForTheFirstTime_AllocatesNothing()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(of => of.PerUser("30/1m"));
        Queue<CallerIdentity[]> callers = new(Enumerable.Range(0, 100 * Allocations.Attempts).Select(StoreFixture.User).Chunk(100));

        Allocations.Least(() =>
        {
            foreach (CallerIdentity caller in callers.Dequeue())
            {
                _ = fixture.Acquire(limits, caller);
            }
        }).ShouldBe(0);
    }
}
