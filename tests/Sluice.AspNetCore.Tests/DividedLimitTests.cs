using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Conformance;
using Sluice.Redis;
using Sluice.Redis.Tests;

namespace Sluice.AspNetCore.Tests;

/// <summary>Two apps whose limit is divided: most calls ask Redis nothing, and together they admit no more than the limit.</summary>
public sealed class DividedLimitTests
{
    private const int Burst = 300;
    private const int Rate = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Calls_OfTwoAppsWithShares_AskRedisRarelyAndAdmitNoMoreThanTheLimit()
    {
        using RedisServer redis = RedisServer.Start();
        await using RunningApp first = await StartAsync(redis);
        await using RunningApp second = await StartAsync(redis);
        long start = Stopwatch.GetTimestamp();
        int admitted = 0;
        int calls = 0;
        int runs = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                (int callsBefore, int runsBefore) = (calls, redis.Runs);
                await Task.WhenAll(((RunningApp[])[first, second, first, second]).Select(FloodAsync));
                runs = redis.Runs - runsBefore;
                return runs < (calls - callsBefore) / 4;
            },
            () => $"{admitted} of {calls} calls admitted; the last round asked Redis {runs} times",
            Patience);
        TimeSpan took = Stopwatch.GetElapsedTime(start);

        admitted.ShouldBeInRange(1, Burst + (int)(Rate * took.TotalSeconds) + 1);

        async Task FloodAsync(RunningApp app)
        {
            for (int i = 0; i < 50; i++)
            {
                HttpStatusCode status = (await app.PostAsync(RunningApp.Call("1"), version: "2026-07-28")).Status;
                Interlocked.Increment(ref calls);
                if (status == HttpStatusCode.OK)
                {
                    Interlocked.Increment(ref admitted);
                }
            }
        }
    }

    private static Task<RunningApp> StartAsync(RedisServer redis) => RunningApp.StartAsync(
        services => services
            .AddSluice(options => options.AddPolicy("app", limits => limits
                .PerUser(new Rate(Rate, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, Burst, align: false))
                .OnStoreFailure(StoreFailureMode.Deny)))
            .UseRedis(redis.Configuration, options =>
            {
                options.Timeout = TimeSpan.FromSeconds(5); // A busy machine is no failure of Redis.
                options.Shares = new RedisSharesOptions();
            }),
        app =>
        {
            app.UseSluice();
            app.Run(RunningApp.EchoAsync);
        });
}
