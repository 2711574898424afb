using System.Diagnostics;
using System.Globalization;
using RedisRateLimiting;
using Sluice.Redis;

namespace Sluice.Benchmarks;

/// <summary>All figures of shares, measured in this run.</summary>
internal static class ShareFigures
{
    private const int Callers = 512;
    private const int ManyConnections = 16;

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(bool quick)
    {
        TimeSpan duration = TimeSpan.FromSeconds(quick ? 2 : 5);
        using BenchedRedis redis = new();
        List<double> toStore = [];
        List<double> toOther = [];
        for (int round = 0; round < (quick ? 1 : 3); round++)
        {
            double without = await StoreAsync(redis, withShares: false, duration);
            double shares = await StoreAsync(redis, withShares: true, duration);
            double other = await RedisRateLimitingAsync(redis, duration);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Callers} callers, one hot limit, decisions/s: {without:0} without shares, {shares:0} with, {other:0} by RedisRateLimiting 1.2.1 (it counts by the caller's clock, in whole periods)"));
            toStore.Add(shares / without);
            toOther.Add(shares / other);
        }

        List<SharedDemand> even = [];
        List<SharedDemand> uneven = [];
        foreach (int perSecond in (int[])[100, 1_000])
        {
            even.Add(await SharedDemand.MeasureAsync(redis, perSecond, [1, 1, 1], TimeSpan.FromSeconds(quick ? 5 : 20)));
            uneven.Add(await SharedDemand.MeasureAsync(redis, perSecond, [10, 1, 1], TimeSpan.FromSeconds(quick ? 5 : 20)));
            Console.WriteLine($"{perSecond}/1s, three stores, twice the demand: even {even[^1]}, 10:1:1 {uneven[^1]}");
        }

        (double throughput, double median) = await GatewayAsync(quick);
        return
        [
            new("shares-gateway-throughput-ratio", throughput, "x", 0.9, AtLeast: true),
            new("shares-gateway-p50-ratio", median, "x", 1.1),
            new("shares-512-ratio", Turns.Median(toStore), "x", 10, AtLeast: true),
            new("shares-over-redisratelimiting", Turns.Median(toOther), "x", 20, AtLeast: true),
            new("shares-commands-per-decision", even[^1].CommandsPerDecision, "commands", 0.01),
            new("shares-admitted-even", even.Min(demand => demand.AdmittedRatio), "x", 0.98, AtLeast: true),
            new("shares-admitted-uneven", uneven.Min(demand => demand.AdmittedRatio), "x", 0.95, AtLeast: true),
            new("shares-over-admissions", even.Concat(uneven).Sum(demand => demand.OverAdmissions), "calls", 0),
        ];
    }

    private static async Task<double> StoreAsync(BenchedRedis redis, bool withShares, TimeSpan duration)
    {
        await using RedisStore store = RedisPolicies.StoreOver(redis, coalesces: true, default, withShares ? "with-shares" : "without-shares", withShares);
        await store.WarmUpAsync(TimeSpan.FromSeconds(10), default);
        RateLimitRequest request = new(RedisPolicies.Hot, RedisPolicies.Callers[0]);
        return await RateAsync(
            async () => (await store.AcquireAsync(request, default, default)).Source == DecisionSource.Store, duration, isReady: () => !withShares || IsHolding(store));
    }

    private static bool IsHolding(RedisStore store) => store.ShareClients.Any(client => client.Buckets.Any(bucket => bucket.Share.Parts > 0));

    private static async Task<double> RedisRateLimitingAsync(BenchedRedis redis, TimeSpan duration)
    {
        using RedisTokenBucketRateLimiter<string> limiter = new("hot", new RedisTokenBucketRateLimiterOptions
        {
            ConnectionMultiplexerFactory = () => redis.Multiplexer,
            TokenLimit = 10_000_000,
            TokensPerPeriod = 10_000_000,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        });
        return await RateAsync(
            async () =>
            {
                using System.Threading.RateLimiting.RateLimitLease lease = await limiter.AcquireAsync(1);
                return true;
            },
            duration,
            isReady: () => true);
    }

    private static async Task<double> RateAsync(Func<ValueTask<bool>> call, TimeSpan duration, Func<bool> isReady)
    {
        using CancellationTokenSource stop = new();
        long done = 0;
        Task[] loops = [.. Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            long mine = 0;
            while (!stop.IsCancellationRequested)
            {
                mine += await call() ? 1 : 0;
                if ((mine & 63) == 0)
                {
                    Interlocked.Add(ref done, 64);
                    await Task.Yield(); // A call that ends at once would keep the thread from the other callers.
                }
            }
        }))];
        for (int seconds = 0; seconds == 0 || !isReady(); seconds++)
        {
            Require.That(seconds < 60, "The store has no share of the limit after a minute of calls.");
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        long before = Interlocked.Read(ref done);
        long from = Stopwatch.GetTimestamp();
        await Task.Delay(duration);
        double perSecond = (Interlocked.Read(ref done) - before) / Stopwatch.GetElapsedTime(from).TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        return perSecond;
    }

    private static async Task<(double Throughput, double Median)> GatewayAsync(bool quick)
    {
        int rounds = quick ? 6 : 30;
        using Contenders contenders = await Contenders.StartAsync();
        Contender memory = await contenders.StartGatewayAsync();
        Contender shares = await contenders.StartGatewayWithSharesAsync(new BenchedRedis());
        List<double> throughput = [];
        List<double> median = [];
        foreach (Contender contender in (Contender[])[memory, shares])
        {
            Load.Run(contender, ManyConnections, callsOfEach: 8_000);
        }

        for (int round = 0; round < rounds; round++)
        {
            Load ofMemory = Load.Run(memory, ManyConnections, callsOfEach: 1_000);
            Load ofShares = Load.Run(shares, ManyConnections, callsOfEach: 1_000);
            throughput.Add(ofShares.PerSecond / ofMemory.PerSecond);
            median.Add(Load.Run(shares, connections: 1, callsOfEach: 500).MedianMicros / Load.Run(memory, connections: 1, callsOfEach: 500).MedianMicros);
        }

        return (Turns.Median(throughput), Turns.Median(median));
    }
}
