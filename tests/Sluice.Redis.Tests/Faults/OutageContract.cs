namespace Sluice.Redis.Tests;

/// <summary>
/// What every fault of Redis must look like from outside: the configured answer, in time, never an exception, nothing admitted
/// twice, calls that cost nothing while the breaker is open, Redis again when it is back, and one line in the log each way.
/// </summary>
/// <remarks>
/// Seen to fail with the handling taken out: without the lane's timer (frozen, asleep, half open), without the breaker's opening
/// (all), without the local buckets' observing (all that go on after four calls), and without the breaker's new connection (half
/// open).
/// </remarks>
public abstract class OutageContract
{
    private const int TakenBefore = 4;
    private const int CallsWhileOpen = 1_000;

    /// <summary>More calls than the breaker lets wait.</summary>
    private const int MostThatWait = 20;

    /// <summary>How StackExchange.Redis is told of the servers.</summary>
    protected abstract string Configuration { get; }

    /// <summary>Whether Redis is away when the store is made.</summary>
    protected virtual bool IsAwayAtFirst => false;

    /// <summary>Whether Redis has lost everything when it is back.</summary>
    protected virtual bool ForgetsAll => false;

    /// <summary>Whether what was given up may be done all the same, later.</summary>
    protected virtual bool MayChargeLate => false;

    protected abstract Task BreakAsync();

    protected abstract Task RepairAsync();

    [Theory]
    [InlineData(StoreFailureMode.Local)]
    [InlineData(StoreFailureMode.Allow)]
    [InlineData(StoreFailureMode.Deny)]
    public async Task Acquire_RedisAway_AnswersAsConfiguredInTimeUntilItIsBack(StoreFailureMode mode)
    {
        if (IsAwayAtFirst)
        {
            await BreakAsync();
        }

        await using StoreInTrouble store = new(Configuration);
        ApplicableLimits limits = StoreInTrouble.LimitsFor(mode);
        int taken = IsAwayAtFirst ? 0 : await TakeAsync(store, limits);
        if (!IsAwayAtFirst)
        {
            await BreakAsync();
        }

        List<TimedDecision> waiting = await CallUntilOpenAsync(store, limits);
        List<TimedDecision> open = [];
        for (int i = 0; i < CallsWhileOpen; i++)
        {
            open.Add(await store.AcquireAsync(limits, StoreInTrouble.Alice));
        }

        store.Log.Events.ShouldBe(["StoreDown"], store.Log.ToString());
        waiting.ShouldAllBe(call => call.Took < 2 * StoreInTrouble.Timeout);
        open.ShouldAllBe(call => call.WasAtOnce);
        open.Select(call => call.Took).Order().ElementAt(CallsWhileOpen * 99 / 100).ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
        ShouldBeAsConfigured(mode, [.. waiting, .. open], taken);

        await RepairAsync();
        await store.UntilRedisDecidesAsync();
        store.Log.Events.ShouldBe(["StoreDown", "StoreUp"], store.Log.ToString());
        int left = (await store.LeftAsync(limits, StoreInTrouble.Alice)).ShouldNotBeNull();
        int expected = ForgetsAll ? StoreInTrouble.Capacity : StoreInTrouble.Capacity - taken;
        left.ShouldBeInRange(MayChargeLate ? expected - waiting.Count : expected, expected);
    }

    private static async Task<int> TakeAsync(StoreInTrouble store, ApplicableLimits limits)
    {
        await store.UntilRedisDecidesAsync();
        store.Log.Clear(); // The first connection may have taken longer than a call may.
        for (int i = 1; i <= TakenBefore; i++)
        {
            TimedDecision call = await store.AcquireAsync(limits, StoreInTrouble.Alice);
            call.Decision.Source.ShouldBe(DecisionSource.Store);
            call.Decision.Remaining.ShouldBe(StoreInTrouble.Capacity - i);
        }

        return TakenBefore;
    }

    private static async Task<List<TimedDecision>> CallUntilOpenAsync(StoreInTrouble store, ApplicableLimits limits)
    {
        List<TimedDecision> calls = [];
        while (store.Store.IsAvailable)
        {
            calls.Add(await store.AcquireAsync(limits, StoreInTrouble.Alice));
            calls.Count.ShouldBeLessThan(MostThatWait, "The breaker stays closed.");
        }

        return calls;
    }

    private static void ShouldBeAsConfigured(StoreFailureMode mode, IReadOnlyList<TimedDecision> calls, int taken)
    {
        RateLimitDecision[] decisions = [.. calls.Select(call => call.Decision)];
        switch (mode)
        {
            case StoreFailureMode.Allow:
                decisions.ShouldAllBe(decision => decision.IsAllowed && decision.Source == DecisionSource.Open);
                break;
            case StoreFailureMode.Deny:
                decisions.ShouldAllBe(decision =>
                    decision.Outcome == RateLimitOutcome.Denied && decision.Source == DecisionSource.Open && decision.Limit == null);
                break;
            default:
                decisions.ShouldAllBe(decision => decision.Source == DecisionSource.Local);
                decisions.Count(decision => decision.IsAllowed).ShouldBe(StoreInTrouble.Capacity - taken);
                break;
        }
    }
}
