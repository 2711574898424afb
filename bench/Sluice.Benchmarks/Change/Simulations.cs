using Sluice.Gateway;

namespace Sluice.Benchmarks;

/// <summary>How fast <c>sluice simulate</c> decides: four limits on a call, one thread.</summary>
internal static class Simulations
{
    private const int Users = 1_000;
    private const int Runs = 5;
    private const long Goal = 1_000_000;

    internal static Figure CallsPerSecond(bool quick)
    {
        TimeSpan length = TimeSpan.FromMinutes(quick ? 10 : 60);
        SyntheticLoad load = Load(length);
        double best = 0;
        for (int run = 0; run < (quick ? 2 : Runs); run++)
        {
            long begin = TimeProvider.System.GetTimestamp();
            SimulationReport report = new Simulation(load, TimeSpan.FromSeconds(1), maxKeys: 16_384).Run(replace: null, progress: null, CancellationToken.None);
            double seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
            Require.That(report.Limits.Length == 4 && report.Refused > 0 && report.Allowed > 0, "The load does not meet four limits.");
            best = Math.Max(best, report.Calls / seconds);
        }

        return new Figure("simulate-calls-per-second", best, "calls/s", Goal, AtLeast: true);
    }

    private static SyntheticLoad Load(TimeSpan length)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("bench", limits => limits
            .Shared("1000/1s")
            .PerUser("100/1m")
            .Tool("search", tool => tool.Shared("30000/1m").PerUser("20/1m")));
        return new SyntheticLoad
        {
            Callers = [.. Callers.Make(Users).Select((caller, index) => new SimulatedCaller($"user-{index}", caller))],
            Operations = [new SimulatedOperation(policy, "bench", "tools/call", "search")],
            Weights = [1],
            Start = DateTimeOffset.UnixEpoch,
            Length = length,
            CallsPerTick = 1_000.0 / TimeSpan.TicksPerSecond,
        };
    }
}
