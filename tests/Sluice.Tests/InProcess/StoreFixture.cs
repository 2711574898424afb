namespace Sluice.Tests;

/// <summary>A store on a manual clock, and short ways to ask it.</summary>
internal sealed class StoreFixture
{
    internal StoreFixture(int maxKeys = 1_000)
    {
        Store = new InProcessStore(new InProcessStoreOptions { MaxKeys = maxKeys }, Time);
    }

    internal ManualTimeProvider Time { get; } = new();

    /// <summary>What has elapsed, in ticks of 100 ns; any value, also a smaller one.</summary>
    internal long Ticks
    {
        get => Time.Elapsed.Ticks;
        set => Time.Elapsed = TimeSpan.FromTicks(value);
    }

    internal InProcessStore Store { get; }

    internal static CallerIdentity User(int number) => new("https://issuer.example", $"user-{number}", null, null);

    /// <summary>The limits that a call of the tool <c>search</c> meets.</summary>
    internal static ApplicableLimits Limits(Action<RateLimitsBuilder> configure, CallerIdentity? caller = null) =>
        RateLimitPolicy.Build("server", configure).Select("tools/call", "search", caller ?? User(1));

    internal static ApplicableLimits PerUser(Rate rate) => Limits(limits => limits.PerUser(rate));

    internal RateLimitDecision Acquire(ApplicableLimits limits, CallerIdentity caller, int cost = 1) =>
        Store.Acquire(new RateLimitRequest(limits, caller, cost), []);

    internal LimitState[] AcquireStates(ApplicableLimits limits, CallerIdentity caller, int cost = 1)
    {
        LimitState[] states = new LimitState[limits.Count];
        _ = Store.Acquire(new RateLimitRequest(limits, caller, cost), states);
        return states;
    }

    internal LimitState[] PeekStates(ApplicableLimits limits, CallerIdentity caller, int cost = 1)
    {
        LimitState[] states = new LimitState[limits.Count];
        _ = Store.Peek(new RateLimitRequest(limits, caller, cost), states);
        return states;
    }
}
