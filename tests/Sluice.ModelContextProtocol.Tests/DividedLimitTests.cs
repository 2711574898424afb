using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using Sluice.Redis;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>Two servers whose limit is divided: most calls ask Redis nothing, and together they admit no more than the limit.</summary>
public sealed class DividedLimitTests
{
    [Fact]
    public async Task Calls_OfTwoServersWithShares_AskRedisRarelyAndAdmitNoMoreThanTheLimit()
    {
        using RedisServer redis = RedisServer.Start();
        await using RunningServer first = await StartAsync(redis);
        await using RunningServer second = await StartAsync(redis);

        await DividedFlood.RunAsync(redis, () => IsAdmittedAsync(first), () => IsAdmittedAsync(second));
    }

    private static async Task<bool> IsAdmittedAsync(RunningServer server)
    {
        try
        {
            await server.CallAsync("echo");
            return true;
        }
        catch (McpProtocolException rejection)
        {
            ((int)rejection.ErrorCode).ShouldBeOneOf(429, 503);
            return false;
        }
    }

    private static Task<RunningServer> StartAsync(RedisServer redis) => RunningServer.StartAsync(builder =>
    {
        builder.Services.AddSluice().UseRedis(redis.Configuration, Divide);
        builder.WithRateLimits(
            limits => limits
                .Shared(new Rate(
                    DividedFlood.Rate, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, DividedFlood.Burst, align: false))
                .OnStoreFailure(StoreFailureMode.Deny),
            options => options.ServerName = "app");
    });

    private static void Divide(RedisStoreOptions options)
    {
        options.Timeout = TimeSpan.FromSeconds(5); // A busy machine is no failure of Redis.
        options.Shares = new RedisSharesOptions();
    }
}
