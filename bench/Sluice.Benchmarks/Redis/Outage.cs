using System.Diagnostics;
using Sluice.Redis;

namespace Sluice.Benchmarks;

/// <summary>A call while Redis is known to be away, beside the same call of the store in memory.</summary>
internal static class Outage
{
    private const int Calls = 200_000;

    /// <summary>The 99th percentile of the one over that of the other; the least of several readings, taken in turn.</summary>
    internal static async Task<double> Ratio(BenchedRedis redis)
    {
        RedisStore store = RedisPolicies.StoreOver(redis, coalesces: true);
        InProcessStore memory = new();
        redis.Kill();
        while (store.DecidesCalls) // Not IsAvailable: a missed heartbeat comes before the breaker opens, and calls wait until then.
        {
            await store.AcquireAsync(new RateLimitRequest(RedisPolicies.Four, RedisPolicies.Callers[0]), default, default);
        }

        double without = double.MaxValue;
        double inMemory = double.MaxValue;
        for (int reading = 0; reading < 5; reading++)
        {
            without = Math.Min(without, NinetyNinth(store));
            inMemory = Math.Min(inMemory, NinetyNinth(memory));
        }

        await store.DisposeAsync();
        return without / inMemory;
    }

    private static double NinetyNinth(IRateLimitStore store)
    {
        LimitState[] states = new LimitState[RedisPolicies.Four.Count];
        double[] taken = new double[Calls];
        for (int i = 0; i < Calls; i++)
        {
            RateLimitRequest request = new(RedisPolicies.Four, RedisPolicies.Callers[i % RedisPolicies.Callers.Length]);
            long start = Stopwatch.GetTimestamp();
            ValueTask<RateLimitDecision> answer = store.AcquireAsync(request, states, default);
            taken[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
            Require.That(answer.IsCompletedSuccessfully && answer.Result.IsAllowed, "The call waited, or was refused.");
        }

        Array.Sort(taken);
        return taken[Calls * 99 / 100];
    }
}
