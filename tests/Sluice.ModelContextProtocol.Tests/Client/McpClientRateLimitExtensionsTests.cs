using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.ModelContextProtocol.Tests;

public sealed class McpClientRateLimitExtensionsTests
{
    [Fact]
    public async Task CallToolWithRetry_Refused_WaitsAsTheServerAsksAndGetsItsAnswer()
    {
        ManualTimeProvider time = new();
        WaitingClock clock = new() { Passing = time.Advance };
        await using RunningServer server = await RunningServer.StartAsync(builder =>
        {
            builder.Services.AddSingleton<IRateLimitStore>(new InProcessStore(new InProcessStoreOptions { MaxKeys = 10 }, time));
            builder.WithRateLimits(limits => limits.Shared("1/20s"));
        });
        await server.CallAsync("echo");

        CallToolResult result = await server.Client.CallToolWithRetryAsync("echo", retry: new RateLimitRetryOptions { Time = clock });

        result.Content.OfType<TextContentBlock>().Single().Text.ShouldBe("hi");
        clock.Waits.ShouldHaveSingleItem().TotalSeconds.ShouldBeInRange(20, 22);
    }

    [Fact]
    public async Task CallToolWithRetry_AWaitBeyondTheTotal_ThrowsTheRejection()
    {
        WaitingClock clock = new();
        await using RunningServer server = await RunningServer.StartAsync(
            builder => builder.WithRateLimits(limits => limits.Shared("1/1d")));
        await server.CallAsync("echo");

        McpProtocolException rejection = await Should.ThrowAsync<McpProtocolException>(async () =>
            await server.Client.CallToolWithRetryAsync("echo", retry: new RateLimitRetryOptions { Time = clock }));

        ((int)rejection.ErrorCode).ShouldBe(429);
        clock.Waits.ShouldBeEmpty();
    }

    [Fact]
    public async Task CallToolWithRetry_RefusedEachTime_TriesAsOftenAsItMayAndWaitsAtLeastAsLong()
    {
        WaitingClock clock = new();
        await using RunningServer server = await RunningServer.StartAsync(
            builder => builder.WithRateLimits(limits => limits.Shared("1/1h")));
        await server.CallAsync("echo");

        await Should.ThrowAsync<McpProtocolException>(async () => await server.Client.CallToolWithRetryAsync(
            "echo", retry: new RateLimitRetryOptions { MaxRetries = 2, MaxTotalWait = TimeSpan.FromHours(20), Time = clock }));

        clock.Waits.Count.ShouldBe(2);
        clock.Waits.ShouldAllBe(wait => wait > TimeSpan.FromMinutes(55) && wait < TimeSpan.FromMinutes(67));
    }

    [Fact]
    public async Task CallToolWithRetry_AnErrorThatIsNoRejection_IsThrownAtOnce()
    {
        WaitingClock clock = new();
        await using RunningServer server = await RunningServer.StartAsync(
            builder => builder.WithRateLimits(limits => limits.Shared("1/1h")));

        await Should.ThrowAsync<McpProtocolException>(async () =>
            await server.Client.CallToolWithRetryAsync("invented", retry: new RateLimitRetryOptions { Time = clock }));

        clock.Waits.ShouldBeEmpty();
    }
}
