using System.Collections.Concurrent;
using Sluice.Redis;
using Sluice.Redis.Tests;

namespace Sluice.Benchmarks;

/// <summary>Three stores, as three processes have them, that are asked for twice what one limit admits.</summary>
/// <param name="AdmittedRatio">What they admitted from the fifth second on, over what one exact store would have.</param>
/// <param name="CommandsPerDecision">Runs of scripts from then on, heartbeats among them, for each call.</param>
/// <param name="OverAdmissions">Calls, over the whole run, that were admitted although one exact bucket had no token for them.</param>
internal sealed record SharedDemand(double AdmittedRatio, double CommandsPerDecision, int OverAdmissions)
{
    private const int Stores = 3;
    private const double SlackTokens = 0.05; // The wall clock is compared with the monotonic one to some microseconds.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(5);

    /// <summary>Measures one limit of so many tokens a second.</summary>
    /// <param name="redis">The server.</param>
    /// <param name="perSecond">The tokens.</param>
    /// <param name="weights">How the demand is divided among the stores.</param>
    /// <param name="duration">How long it is measured.</param>
    internal static async Task<SharedDemand> MeasureAsync(BenchedRedis redis, int perSecond, double[] weights, TimeSpan duration)
    {
        ApplicableLimits limits = RedisPolicies.Shared(perSecond);
        string prefix = $"demand-{perSecond}-{weights[0]}";
        RedisStore[] stores = [.. Enumerable.Range(0, Stores).Select(_ => RedisPolicies.StoreOver(redis, coalesces: true, TimeSpan.FromSeconds(1), prefix, withShares: true))];
        ConcurrentQueue<long> admitted = new();
        long wall = MonotonicMicros.WallOffset();
        foreach (RedisStore store in stores)
        {
            await store.WarmUpAsync(TimeSpan.FromSeconds(10), default);
            store.Admitted = (micros, isByServer) => admitted.Enqueue(micros + (isByServer
                ? -wall
                : MonotonicMicros.Of(store.ShareClients.First().OriginTimestamp)));
        }

        // The epoch of a new lane decides nothing for the TTL of shares; the measurement begins after that.
        RateLimitRequest request = new(limits, CallerIdentity.None);
        while ((await stores[0].AcquireAsync(request, default, default)).Source != DecisionSource.Store)
        {
            await Task.Delay(Turn);
        }

        long start = MonotonicMicros.Now;
        long from = start + (long)WarmUp.TotalMicroseconds;
        long until = from + (long)duration.TotalMicroseconds;
        double sum = weights.Sum();
        long calls = 0;
        long runs = 0;
        Task[] loads = [.. stores.Select((store, index) => Task.Run(async () =>
        {
            double perMicro = 2 * perSecond * weights[index] / sum / 1e6;
            long made = 0;
            while (MonotonicMicros.Now < until)
            {
                for (long due = (long)((MonotonicMicros.Now - start) * perMicro); made < due; made++)
                {
                    await store.AcquireAsync(request, default, default);
                    Interlocked.Add(ref calls, MonotonicMicros.Now >= from ? 1 : 0);
                }

                await Task.Delay(Turn);
            }
        }))];
        await Task.Delay(WarmUp);
        redis.ResetStatistics();
        await Task.WhenAll(loads);
        runs = redis.StatisticsOf("evalsha").Calls;
        foreach (RedisStore store in stores)
        {
            await store.DisposeAsync();
        }

        long[] instants = [.. admitted.Order()];
        double exact = perSecond * (until - from) / 1e6;
        return new SharedDemand(instants.Count(at => at >= from && at < until) / exact, (double)runs / calls, OverAdmitted(instants, perSecond));
    }

    // One exact bucket that was full before the first call.
    private static int OverAdmitted(long[] instants, int perSecond)
    {
        double level = perSecond;
        long at = instants[0];
        int over = 0;
        foreach (long instant in instants)
        {
            level = Math.Min(perSecond, level + ((instant - at) * perSecond / 1e6)) - 1;
            at = instant;
            if (level < -SlackTokens)
            {
                over++;
                level++;
            }
        }

        return over;
    }
}
