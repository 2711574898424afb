using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Redis;

namespace Sluice.AspNetCore.Tests;

/// <summary>Two apps whose limit is divided: most calls ask Redis nothing, and together they admit no more than the limit.</summary>
public sealed class DividedLimitTests
{
    [Fact]
    public async Task Calls_OfTwoAppsWithShares_AskRedisRarelyAndAdmitNoMoreThanTheLimit()
    {
        using RedisServer redis = RedisServer.Start();
        await using RunningApp first = await StartAsync(redis);
        await using RunningApp second = await StartAsync(redis);

        await DividedFlood.RunAsync(redis, () => CallAsync(first), () => CallAsync(second));
    }

    private static async Task<bool> CallAsync(RunningApp app) =>
        (await app.PostAsync(RunningApp.Call("1"), version: "2026-07-28")).Status == HttpStatusCode.OK;

    private static Task<RunningApp> StartAsync(RedisServer redis) => RunningApp.StartAsync(
        services => services
            .AddSluice(options => options.AddPolicy("app", limits => limits
                .PerUser(new Rate(
                    DividedFlood.Rate, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, DividedFlood.Burst, align: false))
                .OnStoreFailure(StoreFailureMode.Deny)))
            .UseRedis(redis.Configuration, Divide),
        app =>
        {
            app.UseSluice();
            app.Run(RunningApp.EchoAsync);
        });

    private static void Divide(RedisStoreOptions options)
    {
        options.Timeout = TimeSpan.FromSeconds(5); // A busy machine is no failure of Redis.
        options.Shares = new RedisSharesOptions();
    }
}
