using System.Diagnostics;
using Sluice.Redis;
using Sluice.Redis.Tests;

namespace Sluice.Benchmarks;

/// <summary>What one process gets through with so many callers at once.</summary>
/// <param name="PerSecond">Decisions a second.</param>
/// <param name="P50Micros">The median of what a caller waits, in microseconds.</param>
/// <param name="P99Micros">What one in a hundred waits longer than.</param>
/// <param name="OurCores">Processors that this process kept busy.</param>
/// <param name="ServerCores">Processors that the server kept busy.</param>
internal sealed record ConcurrentLoad(double PerSecond, double P50Micros, double P99Micros, double OurCores, double ServerCores)
{
    private const int Users = 1_000;
    private static readonly Rate Open = new(100_000_000, TimeSpan.FromSeconds(1));

    /// <summary>Runs callers, each of whom calls again as soon as it has an answer.</summary>
    /// <param name="server">A server that nobody else uses.</param>
    /// <param name="callers">How many.</param>
    /// <param name="limitCount">Limits of a call: 1 or 4.</param>
    /// <param name="coalesces">Whether the store merges calls.</param>
    /// <param name="span">For how long.</param>
    internal static async Task<ConcurrentLoad> MeasureAsync(RedisServer server, int callers, int limitCount, bool coalesces, TimeSpan span)
    {
        await using RedisStore store = RedisStores.Open(server, options =>
        {
            options.Coalesce = coalesces;
            options.RememberRefusals = TimeSpan.Zero;
        });
        CallerIdentity[] users = Callers.Make(Users);
        ApplicableLimits limits = RateLimitPolicy.Build("load", policy => _ = limitCount == 1
            ? policy.PerUser(Open)
            : policy.Shared(Open).PerUser(Open).Tool("search", tool => tool.Shared(Open).PerUser(Open))).Select("tools/call", "search", users[0]);
        await RunAsync(store, limits, users, callers, span / 4);
        double serverBefore = RedisStores.ProcessorSeconds(server);
        TimeSpan oursBefore = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        List<double>[] micros = await RunAsync(store, limits, users, callers, span);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double[] all = [.. micros.SelectMany(one => one).Order()];
        return new ConcurrentLoad(
            all.Length / seconds,
            all[all.Length / 2],
            all[all.Length * 99L / 100],
            (Environment.CpuUsage.TotalTime - oursBefore).TotalSeconds / seconds,
            (RedisStores.ProcessorSeconds(server) - serverBefore) / seconds);
    }

    private static Task<List<double>[]> RunAsync(RedisStore store, ApplicableLimits limits, CallerIdentity[] users, int callers, TimeSpan span)
    {
        long end = Stopwatch.GetTimestamp() + (long)(span.TotalSeconds * Stopwatch.Frequency);
        return Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            List<double> micros = [];
            int user = caller;
            long before = Stopwatch.GetTimestamp();
            while (before < end)
            {
                user = (user + 7) % Users;
                RateLimitDecision decision = await store.AcquireAsync(new RateLimitRequest(limits, users[user]), default, default);
                Require.Outcome(decision, RateLimitOutcome.Allowed);
                RedisStores.RequireStore(decision);
                long after = Stopwatch.GetTimestamp();
                micros.Add(Stopwatch.GetElapsedTime(before, after).TotalMicroseconds);
                before = after;
            }

            return micros;
        })));
    }
}
