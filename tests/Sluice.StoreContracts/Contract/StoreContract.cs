namespace Sluice.StoreContracts;

/// <summary>What the classes of the contract share: a store on a clock that the test moves, and short ways to ask it.</summary>
/// <typeparam name="TStore">The kind of store.</typeparam>
public abstract class StoreContract<TStore> : IAsyncLifetime
    where TStore : StoreUnderTest, new()
{
    private readonly Lazy<IRateLimitStore> _store;

    protected StoreContract() => _store = new(() => Subject.Create(Time));

    /// <summary>The kind of store.</summary>
    protected TStore Subject { get; } = new();

    /// <summary>The store's clock.</summary>
    protected ManualTimeProvider Time { get; } = new();

    /// <summary>The store; made when it is first asked for, so that a test can set the clock before.</summary>
    protected IRateLimitStore Store => _store.Value;

    /// <summary>The step of the store's clock.</summary>
    protected TimeSpan Step => Subject.Resolution;

    /// <summary>A caller of whom everything is known.</summary>
    protected static CallerIdentity Alice { get; } = new("https://issuer.example", "alice", "acme", "desktop");

    /// <summary>Another user, of the same tenant, by the same client.</summary>
    protected static CallerIdentity Bob { get; } = new("https://issuer.example", "bob", "acme", "desktop");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_store.IsValueCreated)
        {
            await DisposeOf(_store.Value);
        }
    }

    /// <summary>Disposes of a store, if it can be.</summary>
    protected static async Task DisposeOf(IRateLimitStore store)
    {
        if (store is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else if (store is IDisposable synchronous)
        {
            synchronous.Dispose();
        }
    }

    /// <summary>The limits of a call of the tool <c>search</c> under a policy for the server <c>files</c>.</summary>
    protected static ApplicableLimits Limits(Action<RateLimitsBuilder> configure) => Search(RateLimitPolicy.Build("files", configure));

    /// <summary>One limit, on every user.</summary>
    protected static ApplicableLimits PerUser(Rate rate) => Limits(limits => limits.PerUser(rate));

    /// <summary>The limits of a call of the tool <c>search</c>.</summary>
    protected static ApplicableLimits Search(RateLimitPolicy policy) => policy.Select("tools/call", "search", Alice);

    /// <summary>A rate by any algorithm, in milliseconds.</summary>
    protected static Rate Of(RateLimitAlgorithm algorithm, int maxTokens, long periodMs, int? burst = null, bool align = false) =>
        new(maxTokens, TimeSpan.FromMilliseconds(periodMs), algorithm, burst, align);

    /// <summary>A time in the milliseconds of a script, to the tick.</summary>
    protected static TimeSpan Ms(decimal milliseconds) => TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond));

    /// <summary>A time that falls between two steps of the store's clock, at the later one.</summary>
    protected TimeSpan RoundedUp(decimal milliseconds)
    {
        decimal ticks = milliseconds * TimeSpan.TicksPerMillisecond;
        return TimeSpan.FromTicks((long)decimal.Ceiling(ticks / Step.Ticks) * Step.Ticks);
    }

    protected Task<Answer> Acquire(ApplicableLimits limits, CallerIdentity caller, int cost = 1) =>
        Ask(Store.AcquireAsync, new RateLimitRequest(limits, caller, cost));

    protected Task<Answer> Peek(ApplicableLimits limits, CallerIdentity caller, int cost = 1) =>
        Ask(Store.PeekAsync, new RateLimitRequest(limits, caller, cost));

    protected async Task Refund(ApplicableLimits limits, CallerIdentity caller, int cost = 1) =>
        await Store.RefundAsync(new RateLimitRequest(limits, caller, cost), default);

    protected async Task Charge(ApplicableLimits limits, CallerIdentity caller, int cost = 1) =>
        await Store.ChargeAsync(new RateLimitRequest(limits, caller, cost), default);

    protected async Task Reset(ApplicableLimits limits, CallerIdentity caller) =>
        await Store.ResetAsync(limits.Limits.ToArray(), caller, default);

    /// <summary>Takes all tokens that a caller has left, one by one, and says how many there were.</summary>
    protected async Task<int> Drain(ApplicableLimits limits, CallerIdentity caller)
    {
        int taken = 0;
        while ((await Acquire(limits, caller)).Decision.IsAllowed)
        {
            taken++;
        }

        return taken;
    }

    /// <summary>Runs a script of calls of one user under one limit.</summary>
    protected async Task Run(Rate rate, params Line[] script)
    {
        ApplicableLimits limits = PerUser(rate);
        for (int i = 0; i < script.Length; i++)
        {
            Line call = script[i];
            Time.Elapsed = Ms(call.AtMs);
            Answer answer = await Acquire(limits, Alice, call.Cost);
            string line = $"line {i + 1} of the script: {call}";
            answer.Decision.IsAllowed.ShouldBe(call.Allowed, line);
            answer.Decision.Remaining.ShouldBe(call.Remaining, line);
            answer.Decision.RetryAfter.ShouldBe(call.Allowed ? TimeSpan.Zero : RoundedUp(call.RetryMs!.Value), line);
            answer.States[0].Remaining.ShouldBe(call.Remaining, line);
            if (call.ResetMs is decimal resetMs)
            {
                answer.States[0].ResetAfter.ShouldBe(RoundedUp(resetMs), line);
            }
        }
    }

    protected static async Task<Answer> Ask(
        Func<RateLimitRequest, Memory<LimitState>, CancellationToken, ValueTask<RateLimitDecision>> verb, RateLimitRequest request)
    {
        LimitState[] states = new LimitState[request.Limits.Count];
        RateLimitDecision decision = await verb(request, states, default);
        return new Answer(decision, states);
    }

    /// <summary>What a store said: as a whole, and of each limit.</summary>
    protected sealed record Answer(RateLimitDecision Decision, LimitState[] States)
    {
        /// <summary>The name of the limit that refused, or null.</summary>
        public string? Limit => Decision.Limit?.Name;

        /// <summary>What is left in each limit.</summary>
        public int[] Remaining => [.. States.Select(state => state.Remaining)];

        /// <summary>What each limit answered.</summary>
        public RateLimitOutcome[] Outcomes => [.. States.Select(state => state.Outcome)];
    }

    /// <summary>A call of a script and what the store must answer.</summary>
    /// <param name="AtMs">Milliseconds since the store's origin.</param>
    /// <param name="Cost">Tokens.</param>
    /// <param name="Allowed">Whether the call may go on.</param>
    /// <param name="Remaining">Whole tokens left.</param>
    /// <param name="RetryMs">The wait in milliseconds; only and always where the call is refused.</param>
    /// <param name="ResetMs">The time until the bucket is new, where the script says it.</param>
    protected sealed record Line(
        decimal AtMs, int Cost, bool Allowed, int Remaining, decimal? RetryMs = null, decimal? ResetMs = null);
}
