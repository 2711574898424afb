namespace Sluice.Charts;

/// <summary>What the engine did with a scenario.</summary>
/// <param name="Levels">Of each rate, the tokens that were there, at instants in the scenario's units.</param>
/// <param name="Calls">Each call, and whether it was admitted.</param>
internal sealed record Recording((double At, double Tokens)[][] Levels, (double At, bool IsAdmitted)[] Calls)
{
    private const int Steps = 600;

    internal static Recording Of(Scenario scenario)
    {
        StandingClock clock = new(scenario.Start);
        double step = (double)scenario.Length / Steps;
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 16 }, clock);
        RateLimitPolicy policy = scenario.Policy();
        LimitState[] states = new LimitState[scenario.Rates.Length];
        List<(double, double)>[] levels = [.. scenario.Rates.Select(_ => new List<(double, double)>())];
        List<(double, bool)> calls = [];
        IEnumerable<(double At, bool IsCall)> instants = Enumerable.Range(0, Steps + 1)
            .Select(i => (Math.Round(i * step, 3), false))
            .Concat(scenario.Calls.Select(at => (at, true)))
            .OrderBy(instant => instant);
        foreach ((double at, bool isCall) in instants)
        {
            clock.Elapsed = at * scenario.Unit;
            CallerIdentity caller = scenario.CallerAt(at);
            RateLimitRequest request = new(policy.Select("tools/call", "x", caller), caller);
            if (isCall)
            {
                AddLevels();
                calls.Add((at, store.Acquire(request, states).IsAllowed));
            }

            AddLevels();

            void AddLevels()
            {
                store.Peek(request, states);
                foreach ((int index, Rate rate) in scenario.RatesAt(at).Index())
                {
                    levels[index].Add((at, Level(states[index], rate)));
                }
            }
        }

        return new Recording([.. levels.Select(level => level.ToArray())], [.. calls]);
    }

    // A bucket tells whole tokens, and the time until it is full, which of a token bucket is the rest of it.
    private static double Level(LimitState state, Rate rate) => rate.Algorithm == RateLimitAlgorithm.TokenBucket
        ? rate.Capacity - (state.ResetAfter / rate.RefillPeriod * rate.MaxTokens)
        : state.Remaining;
}
