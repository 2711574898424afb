using System.Diagnostics;
using System.Threading.RateLimiting;

namespace Sluice.Benchmarks;

/// <summary>Two threads on one hot key: decisions a second, ours over the framework's, in turns, the best of each.</summary>
internal static class TwoThreads
{
    private const int CallsPerThread = 400_000;
    private const int Rounds = 15;

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
        double bestOurs = 0;
        double bestTheirs = 0;
        for (int round = 0; round < Rounds; round++)
        {
            bestTheirs = Math.Max(bestTheirs, PerSecond(() => framework.AttemptAcquire("user").Dispose()));
            bestOurs = Math.Max(bestOurs, PerSecond(() => store.Acquire(request, [])));
        }

        return bestOurs / bestTheirs;
    }

    private static double PerSecond(Action call)
    {
        TimeSpan[] took = new TimeSpan[2];
        using Barrier start = new(took.Length);
        Thread[] threads = [.. Enumerable.Range(0, took.Length).Select(number => new Thread(() =>
        {
            start.SignalAndWait();
            long began = Stopwatch.GetTimestamp();
            for (int i = 0; i < CallsPerThread; i++)
            {
                call();
            }

            took[number] = Stopwatch.GetElapsedTime(began);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return took.Length * CallsPerThread / took.Max().TotalSeconds;
    }
}
