using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using Sluice.Conformance;
using Sluice.Redis;
using Sluice.Redis.Tests;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>Two servers whose limit is divided: most calls ask Redis nothing, and together they admit no more than the limit.</summary>
public sealed class DividedLimitTests
{
    private const int Burst = 300;
    private const int Rate = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Calls_OfTwoServersWithShares_AskRedisRarelyAndAdmitNoMoreThanTheLimit()
    {
        using RedisServer redis = RedisServer.Start();
        await using RunningServer first = await StartAsync(redis);
        await using RunningServer second = await StartAsync(redis);
        long start = Stopwatch.GetTimestamp();
        int admitted = 0;
        int calls = 0;
        int runs = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                (int callsBefore, int runsBefore) = (calls, redis.Runs);
                await Task.WhenAll(((RunningServer[])[first, second, first, second]).Select(FloodAsync));
                runs = redis.Runs - runsBefore;
                return runs < (calls - callsBefore) / 4;
            },
            () => $"{admitted} of {calls} calls admitted; the last round asked Redis {runs} times",
            Patience);
        TimeSpan took = Stopwatch.GetElapsedTime(start);

        admitted.ShouldBeInRange(1, Burst + (int)(Rate * took.TotalSeconds) + 1);

        async Task FloodAsync(RunningServer server)
        {
            for (int i = 0; i < 50; i++)
            {
                try
                {
                    await server.CallAsync("echo");
                    Interlocked.Increment(ref admitted);
                }
                catch (McpProtocolException refusal)
                {
                    ((int)refusal.ErrorCode).ShouldBeOneOf(429, 503); // At first, while no share can be given yet, 'deny' decides.
                }

                Interlocked.Increment(ref calls);
            }
        }
    }

    private static Task<RunningServer> StartAsync(RedisServer redis) => RunningServer.StartAsync(builder =>
    {
        builder.Services.AddSluice().UseRedis(redis.Configuration, options =>
        {
            options.Timeout = TimeSpan.FromSeconds(5); // A busy machine is no failure of Redis.
            options.Shares = new RedisSharesOptions();
        });
        builder.WithRateLimits(
            limits => limits
                .Shared(new Rate(Rate, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, Burst, align: false))
                .OnStoreFailure(StoreFailureMode.Deny),
            options => options.ServerName = "app");
    });
}
