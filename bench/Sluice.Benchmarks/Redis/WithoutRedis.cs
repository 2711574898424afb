using System.Diagnostics;
using Sluice.Redis;
using Sluice.Redis.Tests;

namespace Sluice.Benchmarks;

/// <summary>Calls that Redis is not asked about: refusals that are remembered, and those of an outage.</summary>
internal static class WithoutRedis
{
    private static readonly CallerIdentity Caller = new("bench", "user", null, null);

    /// <summary>Runs of the script for each call of a flood that is refused.</summary>
    internal static async Task<double> CallsPerRefusalAsync(int calls)
    {
        using RedisServer server = RedisServer.Start();
        await using RedisStore store = RedisStores.Open(server, _ => { });
        ApplicableLimits limits = Limits(new Rate(1, TimeSpan.FromHours(1)));
        Require.Outcome(await store.AcquireAsync(new RateLimitRequest(limits, Caller), default, default), RateLimitOutcome.Allowed);
        server.Send("CONFIG", "RESETSTAT");
        for (int i = 0; i < calls; i++)
        {
            Require.Outcome(await store.AcquireAsync(new RateLimitRequest(limits, Caller), default, default), RateLimitOutcome.Denied);
        }

        return (double)RedisStores.CommandStatistics(server, "evalsha").Calls / calls;
    }

    /// <summary>What one in a hundred calls takes while the breaker is open, over the same with the in-process store.</summary>
    internal static async Task<double> OutageRatioAsync(int calls, int rounds)
    {
        RedisServer server = RedisServer.Start();
        await using RedisStore store = RedisStores.Open(server, options => options.Timeout = TimeSpan.FromMilliseconds(50));
        InProcessStore memory = new();
        ApplicableLimits limits = Limits(new Rate(int.MaxValue, TimeSpan.FromMilliseconds(1)));
        server.Dispose();
        do
        {
            await store.AcquireAsync(new RateLimitRequest(limits, Caller), default, default);
        }
        while (store.IsAvailable);

        double[] ratios = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            double inMemory = P99Nanoseconds(memory, limits, calls);
            ratios[round] = P99Nanoseconds(store, limits, calls) / inMemory;
        }

        Array.Sort(ratios);
        return ratios[rounds / 2];
    }

    private static double P99Nanoseconds(IRateLimitStore store, ApplicableLimits limits, int calls)
    {
        long[] took = new long[calls];
        for (int i = -calls / 10; i < calls; i++)
        {
            long before = Stopwatch.GetTimestamp();
            ValueTask<RateLimitDecision> call = store.AcquireAsync(new RateLimitRequest(limits, Caller), default, default);
            if (!call.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("A call waited while the breaker was open.");
            }

            Require.Outcome(call.Result, RateLimitOutcome.Allowed);
            took[Math.Max(0, i)] = Stopwatch.GetTimestamp() - before;
        }

        Array.Sort(took);
        return took[calls * 99L / 100] * 1e9 / Stopwatch.Frequency;
    }

    private static ApplicableLimits Limits(Rate rate) =>
        RateLimitPolicy.Build("bench", policy => policy.PerUser(rate)).Select("tools/call", "search", Caller);
}
