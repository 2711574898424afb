using System.Diagnostics;
using System.Globalization;
using System.Threading.RateLimiting;

namespace Sluice.Benchmarks;

/// <summary>Two threads on one hot key: decisions a second, ours over the framework's, in turns, the median of each.</summary>
/// <remarks>
/// Both threads wait for each other at full speed before they begin, and the time is from the first start to the last end. A thread that ran
/// alone for a while therefore does not count twice.
/// </remarks>
internal static class TwoThreads
{
    private const int CallsPerThread = 400_000;
    private const int Rounds = 31;

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
        double[] ours = new double[Rounds];
        double[] theirs = new double[Rounds];
        for (int round = -2; round < Rounds; round++) // The first two are for the compiler.
        {
            double other = PerSecond(() => framework.AttemptAcquire("user").Dispose());
            double own = PerSecond(() => store.Acquire(request, []));
            if (round >= 0)
            {
                (theirs[round], ours[round]) = (other, own);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Two threads on one key, million decisions a second: {Turns.Median(ours) / 1e6:0.0}, framework {Turns.Median(theirs) / 1e6:0.0}"));
        return Turns.Median(ours) / Turns.Median(theirs);
    }

    private static double PerSecond(Action call)
    {
        long[] began = new long[2];
        long[] ended = new long[2];
        int arrived = 0;
        Thread[] threads = [.. Enumerable.Range(0, began.Length).Select(number => new Thread(() =>
        {
            Interlocked.Increment(ref arrived);
            while (Volatile.Read(ref arrived) < began.Length)
            {
                Thread.SpinWait(1);
            }

            began[number] = Stopwatch.GetTimestamp();
            for (int i = 0; i < CallsPerThread; i++)
            {
                call();
            }

            ended[number] = Stopwatch.GetTimestamp();
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return began.Length * CallsPerThread / Stopwatch.GetElapsedTime(began.Min(), ended.Max()).TotalSeconds;
    }
}
