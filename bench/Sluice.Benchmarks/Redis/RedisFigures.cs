using System.Globalization;
using Sluice.Redis;

namespace Sluice.Benchmarks;

/// <summary>All figures of the shared store, measured in this run.</summary>
internal static class RedisFigures
{
    private const int FloodCalls = 20_000;

    internal static async Task<IReadOnlyList<Figure>> Measure(bool quick)
    {
        using BenchedRedis redis = new();
        ServerTime server = new(redis, quick);
        double nothing = await server.OfNothing();
        double one = await server.OfOurs(RedisPolicies.One, isAllowed: true);
        double four = await server.OfOurs(RedisPolicies.Four, isAllowed: true);
        double eight = await server.OfOurs(RedisPolicies.Eight, isAllowed: true);
        double refused = await server.OfOurs(RedisPolicies.FourRefused, isAllowed: false);
        double textbookOne = await server.OfTextbook(1);
        double textbookFour = await server.OfTextbook(4);
        double increment = await server.OfIncrement();
        Console.WriteLine("Server time of a decision, µs:");
        Write("a script that reads the clock", nothing);
        Write("INCRBY", increment);
        Write("one limit, allowed", one);
        Write("four limits, allowed", four);
        Write("four limits, refused", refused);
        Write("eight limits in two lists, allowed", eight);
        Write("textbook, one limit", textbookOne);
        Write("textbook, four limits", textbookFour);
        foreach (int buckets in (int[])[10, 100, 1_000])
        {
            Write($"one limit, in a row of {buckets:N0}", await server.OfARow(buckets));
        }

        (double throughput, double median) = await Coalescing(redis, quick);
        double flood = await CallsPerRejection(redis);
        double outage = await Outage.Ratio(redis);
        return
        [
            new("four-limits-ratio", four / textbookFour, "x", 0.4),
            new("four-limits-floor-ratio", four / nothing, "x", 5),
            new("eight-over-four-limits-ratio", eight / four, "x", 1.6),
            new("refused-ratio", refused / four, "x", 0.6),
            new("coalescing-512-ratio", throughput, "x", 2.5, AtLeast: true),
            new("coalescing-1-p50-ratio", median, "x", 1.05),
            new("flood-calls-per-refusal", flood, "calls", 0.01),
            new("outage-p99-ratio", outage, "x", 3),
        ];
    }

    private static async Task<(double Throughput, double Median)> Coalescing(BenchedRedis redis, bool quick)
    {
        TimeSpan duration = TimeSpan.FromSeconds(quick ? 1 : 4);
        Console.WriteLine();
        Console.WriteLine("limits callers  together  decisions/s  p50 ms  p99 ms  CPU µs here  CPU µs there");
        Dictionary<(int Limits, int Callers, bool Together), Throughput> measured = [];
        foreach (ApplicableLimits limits in (ApplicableLimits[])[RedisPolicies.One, RedisPolicies.Four])
        {
            foreach (int callers in (int[])[1, 64, 512])
            {
                foreach (bool together in (bool[])[false, true])
                {
                    Throughput t = await Throughput.Measure(redis, limits, together, callers, duration);
                    measured[(limits.Count, callers, together)] = t;
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{limits.Count,6} {callers,7}  {(together ? "yes" : "no"),8}  {t.PerSecond,11:0}  {t.MedianMs,6:0.000}  {t.NinetyNinthMs,6:0.00}  {t.ClientMicros,11:0.0}  {t.ServerMicros,12:0.0}"));
                }
            }
        }

        Console.WriteLine();
        foreach (ApplicableLimits limits in (ApplicableLimits[])[RedisPolicies.One, RedisPolicies.Four])
        {
            double? ceiling = await Ceiling.Measure(redis, limits, connections: 64, quick);
            Console.WriteLine(ceiling is null
                ? "redis-benchmark is not on this machine: no ceiling."
                : string.Create(CultureInfo.InvariantCulture, $"redis-benchmark, {limits.Count} of limits, 64 connections: {ceiling:0} runs/s"));
        }

        return (
            measured[(1, 512, true)].PerSecond / measured[(1, 512, false)].PerSecond,
            measured[(1, 1, true)].MedianMs / measured[(1, 1, false)].MedianMs);
    }

    private static async Task<double> CallsPerRejection(BenchedRedis redis)
    {
        RedisStore store = RedisPolicies.StoreOver(redis, coalesces: true, TimeSpan.FromSeconds(1));
        RateLimitRequest request = new(RedisPolicies.FourRefused, RedisPolicies.Callers[0]);
        await store.AcquireAsync(request, default, default);
        redis.ResetStatistics();
        for (int i = 0; i < FloodCalls; i++)
        {
            RateLimitDecision decision = await store.AcquireAsync(request, default, default);
            Require.That(!decision.IsAllowed, "A call of the flood was allowed.");
        }

        return (double)redis.StatisticsOf("evalsha").Calls / FloodCalls;
    }

    private static void Write(string what, double micros) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what,-35} {micros,7:0.00}"));
}
