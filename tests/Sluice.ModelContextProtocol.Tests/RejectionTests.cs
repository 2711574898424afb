using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>How a rejection reaches the client, and what it leaves in the log.</summary>
public sealed class RejectionTests
{
    private const int Rejections = 100;

    [Theory]
    [InlineData("streams", "2025-11-25")]
    [InlineData("streams", "2026-07-28")]
    [InlineData("stateless", "2025-11-25")]
    [InlineData("stateless", "2026-07-28")]
    [InlineData("stateful", "2025-11-25")]
    public async Task Flood_OfEveryMeteredMethod_IsErrorsForTheClientAndNothingInTheLog(string transport, string version)
    {
        CapturedLog log = new();
        await using (RunningServer server = transport == "streams"
            ? await RunningServer.StartAsync(Configure, version)
            : await RunningServer.StartHttpAsync(Configure, isStateless: transport == "stateless", version))
        {
            McpClient client = server.Client;
            client.NegotiatedProtocolVersion.ShouldBe(version);
            await FloodAsync(async () => await client.CallToolAsync("echo"), "echo/shared");
            await FloodAsync(async () => await client.GetPromptAsync("greeting"), "prompt:greeting/shared");
            await FloodAsync(async () => await client.ReadResourceAsync("notes://one"), "resource:notes://*/shared");
            await FloodAsync(async () => await client.ListToolsAsync(), "method:tools/list/shared");
        }

        log.Entries.ShouldContain(line => line.Level == LogLevel.Information); // It is the log of the server.
        log.Entries.Where(line => line.Level >= LogLevel.Warning || line.Exception is not null).ShouldBeEmpty();

        void Configure(IMcpServerBuilder builder)
        {
            builder.Services.AddLogging(logging => logging.AddProvider(log));
            builder
                .WithPrompts<AttributedPrompts>()
                .WithResources<AttributedResources>()
                .WithRateLimits(limits => limits
                    .Tool("echo", tool => tool.Shared("1/1d"))
                    .Method("tools/list", method => method.Shared("1/1d")));
        }
    }

    [Fact]
    public async Task OuterFilter_OfARejectedCall_SeesAResultThatIsAnError()
    {
        CallToolResult? seen = null;
        await using RunningServer server = await RunningServer.StartAsync(builder => builder
            .WithRequestFilters(filters => filters.AddCallToolFilter(next => async (request, stop) => seen = await next(request, stop)))
            .WithRateLimits(limits => limits.Shared("1/1d")));
        await server.CallAsync("echo");

        ((int)(await server.RefusedAsync("echo")).ErrorCode).ShouldBe(429);

        seen.ShouldNotBeNull().IsError.ShouldBe(true);
        seen.Meta.ShouldNotBeNull()["sluice/error"]!["code"]!.GetValue<int>().ShouldBe(429);
    }

    [Fact]
    public async Task OuterFilter_ThatAnswersARejectedCallItself_IsHeard()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder => builder
            .WithRequestFilters(filters => filters.AddCallToolFilter(next => async (request, stop) =>
                await next(request, stop) is { IsError: not true } result
                    ? result
                    : new CallToolResult { Content = [new TextContentBlock { Text = "from the cache" }] }))
            .WithRateLimits(limits => limits.Shared("1/1d")));
        await server.CallAsync("echo");

        (await server.CallAsync("echo")).ShouldBe("from the cache");
    }

    [Fact]
    public async Task OuterFilter_ThatFailsAfterARejection_IsTheErrorThatTheClientSees()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder => builder
            .WithRequestFilters(filters => filters.AddCallToolFilter(next => async (request, stop) =>
                await next(request, stop) is { IsError: not true } result ? result : throw new McpProtocolException("Other.", (McpErrorCode)418)))
            .WithRateLimits(limits => limits.Shared("1/1d")));
        await server.CallAsync("echo");

        ((int)(await server.RefusedAsync("echo")).ErrorCode).ShouldBe(418);
    }

    [Fact]
    public async Task OuterFilter_ThatAsksTwice_GetsTheSecondAnswerForTheSameCaller()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder => builder
            .WithRequestFilters(filters => filters.AddCallToolFilter(next => async (request, stop) =>
                await next(request, stop) is { IsError: not true } result ? result : await next(request, stop)))
            .WithRateLimits(limits => limits.PerUser("1/1d").MissingIdentity(MissingIdentity.Reject)));
        await server.CallAsync("echo");

        (await server.RefusedAsync("echo")).Data["limit"].ShouldBe("perUser");
        (await server.RefusedAsync("echo")).Message.ShouldContain("Rate limit exceeded: perUser limit on the server, retry in ");
    }

    private static async Task FloodAsync(Func<Task> call, string limit)
    {
        await call();
        for (int rejected = 0; rejected < Rejections; rejected++)
        {
            McpProtocolException error = await Should.ThrowAsync<McpProtocolException>(call);
            ((int)error.ErrorCode).ShouldBe(429);
            error.Data["limit"].ShouldBe(limit);
            Convert.ToInt64(error.Data["retryAfterMs"], System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(86_000_000, 86_400_000);
        }
    }
}
