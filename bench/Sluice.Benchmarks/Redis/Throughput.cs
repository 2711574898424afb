using System.Diagnostics;
using Sluice.Redis;

namespace Sluice.Benchmarks;

/// <summary>What one process gets out of one Redis.</summary>
/// <param name="PerSecond">Decisions a second.</param>
/// <param name="MedianMs">Half of them took no longer, in milliseconds.</param>
/// <param name="NinetyNinthMs">99 in 100 took no longer, in milliseconds.</param>
/// <param name="ClientMicros">CPU time of this process for each, in microseconds.</param>
/// <param name="ServerMicros">CPU time of the server for each, in microseconds.</param>
internal sealed record Throughput(
    double PerSecond, double MedianMs, double NinetyNinthMs, double ClientMicros, double ServerMicros)
{
    internal static async Task<Throughput> Measure(
        BenchedRedis redis, ApplicableLimits limits, bool coalesces, int callers, TimeSpan duration)
    {
        RedisStore store = RedisPolicies.StoreOver(redis, coalesces);
        using CancellationTokenSource stop = new();
        List<double>[] latencies = [.. Enumerable.Range(0, callers).Select(_ => new List<double>())];
        long done = 0;
        bool measures = false;
        Task[] loops = [.. Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (int i = caller; !stop.IsCancellationRequested; i++)
            {
                RateLimitRequest request = new(limits, RedisPolicies.Callers[i % RedisPolicies.Callers.Length]);
                long start = Stopwatch.GetTimestamp();
                await store.AcquireAsync(request, default, default);
                if (Volatile.Read(ref measures))
                {
                    Interlocked.Increment(ref done);
                    latencies[caller].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }
        }))];

        await Task.Delay(duration / 4);
        using Process self = Process.GetCurrentProcess();
        TimeSpan clientCpu = ProcessClock.CpuTimeOf(self);
        TimeSpan serverCpu = redis.CpuTime;
        Volatile.Write(ref measures, true);
        long from = Stopwatch.GetTimestamp();
        await Task.Delay(duration);
        Volatile.Write(ref measures, false);
        double seconds = Stopwatch.GetElapsedTime(from).TotalSeconds;
        double clientMicros = (ProcessClock.CpuTimeOf(self) - clientCpu).TotalMicroseconds / done;
        double serverMicros = (redis.CpuTime - serverCpu).TotalMicroseconds / done;
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        Require.That(store.FallbackDecisions == 0, "Redis did not decide all of them.");
        double[] all = [.. latencies.SelectMany(some => some).Order()];
        return new Throughput(done / seconds, all[all.Length / 2], all[all.Length * 99 / 100], clientMicros, serverMicros);
    }
}
