using System.Diagnostics;
using System.Threading.RateLimiting;

namespace Sluice.Benchmarks;

/// <summary>Two threads on one hot key: decisions a second, ours over the framework's, in turns.</summary>
internal static class TwoThreads
{
    private const int CallsPerThread = 1_000_000;
    private const int Rounds = 7;

    internal static double Ratio()
    {
        CallerIdentity caller = new("bench", "user", null, null);
        Rate open = new(int.MaxValue, TimeSpan.FromMilliseconds(1));
        InProcessStore store = new();
        RateLimitRequest request = new(
            RateLimitPolicy.Build("bench", limits => limits.PerUser(open)).Select("tools/call", "x", caller), caller);
        using PartitionedRateLimiter<string> framework = PartitionedRateLimiter.Create<string, string>(user =>
            RateLimitPartition.GetTokenBucketLimiter(user, static _ => new()
            {
                AutoReplenishment = false,
                QueueLimit = 0,
                ReplenishmentPeriod = TimeSpan.FromMilliseconds(1),
                TokenLimit = int.MaxValue,
                TokensPerPeriod = int.MaxValue,
            }));
        double[] ratios = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            double theirs = PerSecond(() => framework.AttemptAcquire("user").Dispose());
            double ours = PerSecond(() => store.Acquire(request, []));
            ratios[round] = ours / theirs;
        }

        Array.Sort(ratios);
        return ratios[Rounds / 2];
    }

    private static double PerSecond(Action call)
    {
        long start = Stopwatch.GetTimestamp();
        Parallel.For(0, 2, new ParallelOptions { MaxDegreeOfParallelism = 2 }, _ =>
        {
            for (int i = 0; i < CallsPerThread; i++)
            {
                call();
            }
        });
        return 2 * CallsPerThread / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
