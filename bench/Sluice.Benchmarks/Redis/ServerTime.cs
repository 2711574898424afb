using System.Reflection;
using Sluice.Redis;
using StackExchange.Redis;

namespace Sluice.Benchmarks;

/// <summary>What a decision costs the server: microseconds of a run, from its own statistics, the least of several readings.</summary>
internal sealed class ServerTime(BenchedRedis redis, bool quick)
{
    private const int Concurrency = 32;
    private readonly int _calls = quick ? 20_000 : 100_000;
    private readonly int _readings = quick ? 3 : 7;

    /// <summary>Ours, with each call in a run of its own.</summary>
    internal async Task<double> OfOurs(ApplicableLimits limits, bool isAllowed)
    {
        RedisStore store = RedisPolicies.StoreOver(redis, coalesces: false);
        foreach (CallerIdentity caller in RedisPolicies.Callers)
        {
            await store.AcquireAsync(new RateLimitRequest(limits, caller), default, default);
        }

        return await Least("evalsha", async i =>
        {
            CallerIdentity caller = RedisPolicies.Callers[i % RedisPolicies.Callers.Length];
            RateLimitDecision decision = await store.AcquireAsync(new RateLimitRequest(limits, caller), default, default);
            Require.That(decision.IsAllowed == isAllowed && decision.Source == DecisionSource.Store, "Another outcome than the one that is measured.");
        });
    }

    /// <summary>Ours, of one limit of a caller whose row holds so many buckets.</summary>
    internal async Task<double> OfARow(int buckets)
    {
        RedisStore store = RedisPolicies.StoreOver(redis, coalesces: false);
        ApplicableLimits[] tools = RedisPolicies.Tools(buckets);
        foreach (CallerIdentity caller in RedisPolicies.FewCallers)
        {
            foreach (ApplicableLimits tool in tools)
            {
                await store.AcquireAsync(new RateLimitRequest(tool, caller), default, default);
            }
        }

        return await Least("evalsha", async i =>
        {
            CallerIdentity caller = RedisPolicies.FewCallers[i % RedisPolicies.FewCallers.Length];
            RateLimitDecision decision = await store.AcquireAsync(new RateLimitRequest(tools[i * 7 % buckets], caller), default, default);
            Require.That(decision.IsAllowed && decision.Source == DecisionSource.Store, "Another outcome than the one that is measured.");
        });
    }

    /// <summary>The textbook's, of so many limits.</summary>
    internal async Task<double> OfTextbook(int limits)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("textbook.lua")!;
        using StreamReader reader = new(stream);
        byte[] script = await redis.Multiplexer.GetServer(redis.Multiplexer.GetEndPoints()[0]).ScriptLoadAsync(reader.ReadToEnd());
        RedisValue[] arguments = [.. Enumerable.Repeat<RedisValue[]>([2_000_000_000, 17], limits).SelectMany(pair => pair), 1];
        RedisKey[][] keys =
        [
            .. RedisPolicies.Callers.Select((_, user) => Enumerable.Range(0, limits)
                .Select(limit => (RedisKey)(limit % 2 == 0 && limits > 1 ? $"textbook:shared:{limit}" : $"textbook:{user}:{limit}"))
                .ToArray()),
        ];
        return await Least("evalsha", async i =>
        {
            RedisResult result = await redis.Database.ScriptEvaluateAsync(script, keys[i % keys.Length], arguments);
            Require.That((int)result == 1, "The textbook's bucket ran dry.");
        });
    }

    /// <summary>A script that reads the clock and does nothing.</summary>
    internal async Task<double> OfNothing()
    {
        byte[] script = await redis.Multiplexer.GetServer(redis.Multiplexer.GetEndPoints()[0])
            .ScriptLoadAsync("return redis.call('TIME')[1]");
        return await Least("evalsha", _ => redis.Database.ScriptEvaluateAsync(script));
    }

    /// <summary>One increment, which limits nothing.</summary>
    internal Task<double> OfIncrement() =>
        Least("incrby", i => redis.Database.StringIncrementAsync($"increment:{i % RedisPolicies.Callers.Length}", 2));

    private async Task<double> Least(string command, Func<int, Task> call)
    {
        double least = double.MaxValue;
        for (int reading = 0; reading < _readings; reading++)
        {
            redis.ResetStatistics();
            await Task.WhenAll(Enumerable.Range(0, Concurrency).Select(async worker =>
            {
                for (int i = worker; i < _calls / _readings; i += Concurrency)
                {
                    await call(i);
                }
            }));
            least = Math.Min(least, redis.StatisticsOf(command).Micros);
        }

        return least;
    }
}
