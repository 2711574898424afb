using Microsoft.Extensions.DependencyInjection;
using Sluice.DependencyInjection;
using Sluice.Redis;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>With the store of this process, which is the default.</summary>
public sealed class InProcessLimitingTests : LimitingContract
{
    protected override void UseStore(ISluiceBuilder sluice) =>
        sluice.Services.ShouldContain(service => service.ServiceType == typeof(IRateLimitStore));
}

/// <summary>With a real Redis.</summary>
public sealed class RedisLimitingTests : LimitingContract
{
    protected override void UseStore(ISluiceBuilder sluice) => sluice.UseRedis(
        RedisServer.Shared.Value.Configuration,
        options =>
        {
            options.Timeout = TimeSpan.FromSeconds(5); // A busy machine is no failure of Redis.
            options.RememberRefusals = TimeSpan.Zero;
        });

    [Fact]
    public async Task UseRedis_AfterTheLimits_IsTheStoreAllTheSame()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder =>
        {
            builder.WithRateLimits(limits => limits.Shared("1/1d"));
            UseStore(builder.Services.AddSluice());
        });

        server.Services.GetServices<IRateLimitStore>().ShouldHaveSingleItem().ShouldBeOfType<RedisStore>();
    }
}
