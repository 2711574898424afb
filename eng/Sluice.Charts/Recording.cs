namespace Sluice.Charts;

/// <summary>What the engine did with a scenario.</summary>
/// <param name="Levels">Tokens that were there, at instants in seconds.</param>
/// <param name="Calls">Each call, and whether it was admitted.</param>
internal sealed record Recording((double Seconds, double Tokens)[] Levels, (double Seconds, bool IsAdmitted)[] Calls)
{
    private const double Step = 0.05;

    internal static Recording Of(Scenario scenario)
    {
        StandingClock clock = new();
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 16 }, clock);
        CallerIdentity caller = new("charts", "caller", tenant: null, client: null);
        ApplicableLimits limits = RateLimitPolicy.Build("charts", policy => policy.PerUser(scenario.Rate)).Select("tools/call", "x", caller);
        LimitState[] states = new LimitState[1];
        List<(double, double)> levels = [];
        List<(double, bool)> calls = [];
        IEnumerable<(double At, bool IsCall)> instants = Enumerable.Range(0, (int)(scenario.Seconds / Step) + 1)
            .Select(i => (Math.Round(i * Step, 3), false))
            .Concat(scenario.Calls.Select(at => (at, true)))
            .OrderBy(instant => instant);
        foreach ((double at, bool isCall) in instants)
        {
            clock.Elapsed = TimeSpan.FromSeconds(at);
            if (isCall)
            {
                levels.Add((at, Level(store, limits, caller, states, scenario.Rate)));
                calls.Add((at, store.Acquire(new RateLimitRequest(limits, caller), states).IsAllowed));
            }

            levels.Add((at, Level(store, limits, caller, states, scenario.Rate)));
        }

        return new Recording([.. levels], [.. calls]);
    }

    // A bucket tells whole tokens, and the time until it is full, which of a token bucket is the rest of it.
    private static double Level(InProcessStore store, ApplicableLimits limits, CallerIdentity caller, LimitState[] states, Rate rate)
    {
        store.Peek(new RateLimitRequest(limits, caller), states);
        return rate.Algorithm == RateLimitAlgorithm.TokenBucket
            ? rate.Capacity - (states[0].ResetAfter / rate.RefillPeriod * rate.MaxTokens)
            : states[0].Remaining;
    }

    private sealed class StandingClock : TimeProvider
    {
        internal TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }
}
