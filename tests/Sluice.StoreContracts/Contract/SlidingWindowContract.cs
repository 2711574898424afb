namespace Sluice.StoreContracts;

/// <summary>At most so many tokens in any window of one period.</summary>
public abstract class SlidingWindowContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Fact]
    public Task Acquire_WindowFull_ComesBackAsTheCallsLeaveIt() => Run(
        Of(RateLimitAlgorithm.SlidingWindow, 3, 1_000),
        new(AtMs: 0, Cost: 1, Allowed: true, Remaining: 2, ResetMs: 1_000),
        new(AtMs: 400, Cost: 1, Allowed: true, Remaining: 1, ResetMs: 1_000),
        new(AtMs: 900, Cost: 1, Allowed: true, Remaining: 0, ResetMs: 1_000),
        new(AtMs: 999, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1, ResetMs: 901),
        new(AtMs: 1_000, Cost: 1, Allowed: true, Remaining: 0), // one period old: it no longer counts
        new(AtMs: 1_000, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 400, ResetMs: 1_000),
        new(AtMs: 1_400, Cost: 1, Allowed: true, Remaining: 0),
        new(AtMs: 9_000, Cost: 3, Allowed: true, Remaining: 0, ResetMs: 1_000));

    [Fact]
    public Task Acquire_CostOfSeveral_WaitsUntilEnoughHaveLeft() => Run(
        Of(RateLimitAlgorithm.SlidingWindow, 10, 1_000),
        new(AtMs: 0, Cost: 4, Allowed: true, Remaining: 6),
        new(AtMs: 100, Cost: 3, Allowed: true, Remaining: 3),
        new(AtMs: 200, Cost: 2, Allowed: true, Remaining: 1),
        new(AtMs: 300, Cost: 2, Allowed: false, Remaining: 1, RetryMs: 700),
        new(AtMs: 300, Cost: 5, Allowed: false, Remaining: 1, RetryMs: 700),
        new(AtMs: 300, Cost: 6, Allowed: false, Remaining: 1, RetryMs: 800),
        new(AtMs: 300, Cost: 8, Allowed: false, Remaining: 1, RetryMs: 800),
        new(AtMs: 300, Cost: 9, Allowed: false, Remaining: 1, RetryMs: 900),
        new(AtMs: 300, Cost: 10, Allowed: false, Remaining: 1, RetryMs: 900, ResetMs: 900),
        new(AtMs: 1_100, Cost: 8, Allowed: true, Remaining: 0));

    [Fact]
    public Task Acquire_AroundTheEdgeOfAFixedWindow_StillAdmitsNoMore() => Run(
        Of(RateLimitAlgorithm.SlidingWindow, 2, 1_000),
        new(AtMs: 990, Cost: 2, Allowed: true, Remaining: 0),
        new(AtMs: 1_010, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 980),
        new(AtMs: 1_989.999m, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 0.001m),
        new(AtMs: 1_990, Cost: 2, Allowed: true, Remaining: 0));

    [Fact]
    public Task Acquire_Refused_IsNotRecorded() => Run(
        Of(RateLimitAlgorithm.SlidingWindow, 1, 1_000),
        new(AtMs: 0, Cost: 1, Allowed: true, Remaining: 0),
        new(AtMs: 500, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 500),
        new(AtMs: 999, Cost: 1, Allowed: false, Remaining: 0, RetryMs: 1),
        new(AtMs: 1_000, Cost: 1, Allowed: true, Remaining: 0));

    [Fact]
    public async Task Acquire_ManyCallsInOneWindow_ThatLeaveOneByOne()
    {
        const int Calls = 500; // more than any one piece of memory for logs is likely to hold
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.SlidingWindow, Calls, 10_000));
        for (int i = 0; i < Calls; i++)
        {
            Time.Elapsed = Ms(i);
            (await Acquire(limits, Alice)).Decision.Remaining.ShouldBe(Calls - 1 - i);
        }

        for (int i = 0; i < Calls; i++)
        {
            Time.Elapsed = Ms(10_000 + i) - Step;
            (await Acquire(limits, Alice)).Decision.RetryAfter.ShouldBe(Step);
            Time.Elapsed = Ms(10_000 + i);
            Answer answer = await Acquire(limits, Alice);
            answer.Decision.IsAllowed.ShouldBeTrue();
            answer.States[0].ResetAfter.ShouldBe(Ms(10_000));
        }
    }
}
