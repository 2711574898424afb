namespace Sluice.Charts;

/// <summary>What the engine did with a scenario.</summary>
/// <param name="Levels">Tokens that were there, at instants in the scenario's units.</param>
/// <param name="Calls">Each call, and whether it was admitted.</param>
internal sealed record Recording((double At, double Tokens)[] Levels, (double At, bool IsAdmitted)[] Calls)
{
    private const int Steps = 600;

    internal static Recording Of(Scenario scenario)
    {
        StandingClock clock = new(scenario.Start);
        double step = (double)scenario.Length / Steps;
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 16 }, clock);
        CallerIdentity caller = new("charts", "caller", tenant: null, client: null);
        ApplicableLimits limits = RateLimitPolicy.Build("charts", policy => policy.PerUser(scenario.Rate)).Select("tools/call", "x", caller);
        LimitState[] states = new LimitState[1];
        List<(double, double)> levels = [];
        List<(double, bool)> calls = [];
        IEnumerable<(double At, bool IsCall)> instants = Enumerable.Range(0, Steps + 1)
            .Select(i => (Math.Round(i * step, 3), false))
            .Concat(scenario.Calls.Select(at => (at, true)))
            .OrderBy(instant => instant);
        foreach ((double at, bool isCall) in instants)
        {
            clock.Elapsed = at * scenario.Unit;
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

    private sealed class StandingClock(DateTimeOffset start) : TimeProvider
    {
        internal TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => start + Elapsed;
    }
}
