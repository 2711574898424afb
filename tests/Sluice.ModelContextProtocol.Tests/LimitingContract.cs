using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Sluice.DependencyInjection;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>What a limited server does, whatever store it has.</summary>
public abstract class LimitingContract
{
    /// <summary>Chooses the store.</summary>
    protected abstract void UseStore(ISluiceBuilder sluice);

    [Fact]
    public async Task Call_BeyondTheToolsLimit_IsAProtocolExceptionWithCodeAndData()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.PerUser("100/1d").Tool("echo", tool => tool.PerUser("1/1d"))));

        (await server.CallAsync("echo")).ShouldBe("hi");
        McpProtocolException rejection = await server.RefusedAsync("echo");

        ((int)rejection.ErrorCode).ShouldBe(429);
        rejection.Message.ShouldContain("Rate limit exceeded: perUser limit on tool 'echo', retry in ");
        rejection.Message.ShouldNotContain(Environment.UserName);
        rejection.Data["limit"].ShouldBe("echo/perUser");
        rejection.Data["limitType"].ShouldBe("perUser");
        Number(rejection, "maxTokens").ShouldBe(1);
        Number(rejection, "remaining").ShouldBe(0);
        Number(rejection, "retryAfterMs").ShouldBeInRange(86_300_000, 86_400_000);
        Number(rejection, "retryAfterSeconds").ShouldBe((Number(rejection, "retryAfterMs") + 999) / 1000);
        (await server.CallAsync("search")).ShouldBe("found");
    }

    [Fact]
    public async Task Call_ThatOneLimitRefuses_ChargesNoOther()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.Shared("2/1d").Tool("echo", tool => tool.PerUser("1/1d"))));
        await server.CallAsync("echo");

        await server.RefusedAsync("echo");
        await server.RefusedAsync("echo");

        (await server.CallAsync("search")).ShouldBe("found");
        (await server.RefusedAsync("search")).Data["limit"].ShouldBe("shared");
    }

    [Fact]
    public async Task Call_WithACost_IsChargedThatManyTokens()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.Shared("5/1d").Tool("search", tool => tool.Cost(3))));

        await server.CallAsync("search");

        Number(await server.RefusedAsync("search"), "remaining").ShouldBe(2);
        await server.CallAsync("echo");
    }

    [Fact]
    public async Task Call_OfAToolThatDoesNotExist_ChargesNothing()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(limits => limits.Shared("1/1d")));

        for (int call = 0; call < 3; call++)
        {
            ((int)(await server.RefusedAsync($"invented-{call}")).ErrorCode).ShouldNotBe(429);
        }

        (await server.CallAsync("echo")).ShouldBe("hi");
    }

    [Fact]
    public async Task Call_ThatAnAuthorizationFilterDenies_ChargesNothing()
    {
        bool isDenied = true;
        await using RunningServer server = await StartAsync(builder => builder
            .WithRateLimits(limits => limits.Shared("1/1d"))
            .WithRequestFilters(filters => filters.AddCallToolFilter(next => (request, stop) => isDenied
                ? throw new McpProtocolException("Denied.", McpErrorCode.InvalidRequest)
                : next(request, stop))));

        (await server.RefusedAsync("echo")).ErrorCode.ShouldBe(McpErrorCode.InvalidRequest);
        isDenied = false;

        (await server.CallAsync("echo")).ShouldBe("hi");
    }

    [Fact]
    public async Task Call_OfACustomHandlersTool_IsLimited()
    {
        await using RunningServer server = await StartAsync(builder => builder
            .WithCallToolHandler((_, _) => new ValueTask<CallToolResult>(
                new CallToolResult { Content = [new TextContentBlock { Text = "handled" }] }))
            .WithRateLimits(limits => limits.Shared("1/1d")));

        (await server.CallAsync("of-the-handler")).ShouldBe("handled");

        ((int)(await server.RefusedAsync("of-the-handler")).ErrorCode).ShouldBe(429);
    }

    [Fact]
    public async Task AlternateHandler_WhichNoLimitCouldSee_KeepsTheServerFromStarting()
    {
#pragma warning disable MCPEXP002 // Experimental, and one more way by which a call could pass unlimited.
        InvalidOperationException exception = await Should.ThrowAsync<InvalidOperationException>(() => StartAsync(builder =>
        {
            builder.Services.Configure<McpServerOptions>(options => options.Handlers.CallToolWithAlternateHandler = (_, _) =>
                new ValueTask<ResultOrAlternate<CallToolResult>>(new CallToolResult()));
            builder.WithRateLimits(limits => limits.Shared("1/1d"));
        }));
#pragma warning restore MCPEXP002

        exception.Message.ShouldContain("CallToolFilters");
    }

    [Fact]
    public async Task Call_OfDifferentUsers_HasABucketForEach()
    {
        ClaimsPrincipal? user = Users.Named("alice");
        await using RunningServer server = await StartAsync(builder => builder
            .AuthenticatedAs(() => user)
            .WithRateLimits(limits => limits.PerUser("1/1d")));

        await server.CallAsync("echo");
        await server.RefusedAsync("echo");
        user = Users.Named("bob");

        await server.CallAsync("echo");
        (await server.RefusedAsync("echo")).Message.ShouldNotContain("bob");
    }

    [Fact]
    public async Task Call_OfUsersWithClaims_MeetsTheirOverrideAndTheBucketOfTheirTeam()
    {
        Claim team = new("team", "quokka");
        ClaimsPrincipal? user = Users.Named("alice", team, new("tier", "pro-numbat"));
        await using RunningServer server = await StartAsync(builder => builder
            .AuthenticatedAs(() => user)
            .WithRateLimits(limits => limits
                .PerUser("1/1d")
                .Override(when => when.Claim("tier", "pro-numbat"), numbers => numbers.PerUser("2/1d"))
                .Override(when => when.Users("dave"), numbers => numbers.PerUser("0"))
                .Limit("by-team", limit => limit.Per("claim:team").Tools("ech*").Rate("3/1d"))));

        await server.CallAsync("echo");
        await server.CallAsync("echo");
        (await server.RefusedAsync("search")).Data["limit"].ShouldBe("perUser");
        user = Users.Named("bob", team);
        await server.CallAsync("echo");
        user = Users.Named("carol", team);
        McpProtocolException rejection = await server.RefusedAsync("echo");
        rejection.Data["limit"].ShouldBe("by-team");
        rejection.Data["limitType"].ShouldBe("claim:team");
        rejection.Message.ShouldNotContain("quokka");
        await server.CallAsync("search");
        user = Users.Named("dave");
        (await server.RefusedAsync("search")).Data.Contains("retryAfterMs").ShouldBeFalse();
    }

    [Fact]
    public async Task Call_OnStreams_IsTheProcessesOwn()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.PerUser("1/1d").MissingIdentity(MissingIdentity.Reject)));

        (await server.CallAsync("echo")).ShouldBe("hi");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task IdentifyBy_NullAndAUser_HaveBucketsOfTheirOwn(bool isAsync)
    {
        CallerIdentity? caller = null;
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.PerUser("1/1d"),
            options =>
            {
                if (isAsync)
                {
                    options.IdentifyBy(async (_, stop) =>
                    {
                        await Task.Yield();
                        stop.ThrowIfCancellationRequested();
                        return caller;
                    });
                }
                else
                {
                    options.IdentifyBy(_ => caller);
                }
            }));

        await server.CallAsync("echo");
        await server.RefusedAsync("echo");
        caller = new CallerIdentity("", "anonymous", null, null);

        await server.CallAsync("echo");
        await server.RefusedAsync("echo");
    }

    [Fact]
    public async Task IdentifyBy_NullWhereAnIdentityIsRequired_IsRefusedWithoutAWait()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.PerUser("5/1d").MissingIdentity(MissingIdentity.Reject), options => options.IdentifyBy(_ => null)));

        McpProtocolException rejection = await server.RefusedAsync("echo");

        rejection.Message.ShouldContain("perUser limit on the server needs a user");
        rejection.Data.Contains("retryAfterMs").ShouldBeFalse();
    }

    [Fact]
    public async Task MeterAllRequests_Lists_AreLimitedAndPingIsNot()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.Shared("2/1d").MeterAllRequests()), version: "2025-11-25");

        await server.Client.ListToolsAsync();
        await server.CallAsync("echo");
        McpProtocolException rejection = await Should.ThrowAsync<McpProtocolException>(async () => await server.Client.ListToolsAsync());

        ((int)rejection.ErrorCode).ShouldBe(429);
        await server.RefusedAsync("echo");
        await server.Client.PingAsync(new RequestOptions());
    }

    [Fact]
    public async Task Method_WithALimit_IsLimitedAndNoOther()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.Method("tools/list", method => method.Shared("1/1d"))));

        await server.Client.ListToolsAsync();
        McpProtocolException rejection = await Should.ThrowAsync<McpProtocolException>(async () => await server.Client.ListToolsAsync());

        rejection.Data["limit"].ShouldBe("method:tools/list/shared");
        await server.CallAsync("echo");
    }

    [Theory]
    [InlineData("echo")]
    [InlineData("structured")]
    public async Task Rejection_ToolResult_IsAnErrorThatTheModelSees(string tool)
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.Shared("1/1d").Rejection(RejectionForm.ToolResult)));
        await server.CallAsync(tool);

        CallToolResult result = await server.Client.CallToolAsync(tool);

        result.IsError.ShouldBe(true);
        result.Content.OfType<TextContentBlock>().Single().Text.ShouldStartWith("Rate limit exceeded: shared limit on the server");
        result.StructuredContent.ShouldBeNull();
        JsonNode error = result.Meta.ShouldNotBeNull()["sluice/error"].ShouldNotBeNull();
        error["code"]!.GetValue<int>().ShouldBe(429);
        error["message"]!.GetValue<string>().ShouldStartWith("Rate limit exceeded: ");
        error["data"]!["limit"]!.GetValue<string>().ShouldBe("shared");
        error["data"]!["retryAfterMs"]!.GetValue<long>().ShouldBeInRange(86_300_000, 86_400_000);
    }

    [Fact]
    public async Task Call_ToolAsksForInput_LastLegAloneIsCharged()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(limits => limits.Shared("1/1d")));

        (await server.CallAsync("ask")).ShouldBe("answered"); // The client sends the second leg.

        (await server.RefusedAsync("ask")).Data["limit"].ShouldBe("shared");
    }

    [Fact]
    public async Task Call_BeyondAPermissiveLimit_IsMadeAndReported()
    {
        CapturedLog log = new();
        await using RunningServer server = await StartAsync(builder =>
        {
            builder.Services.AddLogging(logging => logging.AddProvider(log));
            builder.WithRateLimits(limits => limits
                .Tool("echo", tool => tool.Shared("1/1d").Mode(LimitMode.Permissive))
                .Method("tools/list", method => method.Shared("1/1d").Mode(LimitMode.Permissive)));
        });

        await server.CallAsync("echo");
        await server.CallAsync("echo");
        await server.CallAsync("echo");
        await server.Client.ListToolsAsync();
        await server.Client.ListToolsAsync();

        string[] reports = [.. log.Entries.Select(line => line.Text).Where(text => text.Contains("permissive"))];
        reports.Length.ShouldBe(2);
        reports[0].ShouldContain("'echo/shared'");
        reports[1].ShouldContain("'method:tools/list/shared'");
        reports.ShouldAllBe(text => text.EndsWith("would now reject calls."));
    }

    [Fact]
    public async Task GetRateLimits_InATool_TellsWhatIsLeftAfterTheCall()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.PerUser("10/1d").Tool("remaining", tool => tool.PerUser("4/1d"))));

        (await server.CallAsync("remaining")).ShouldBe("3");
        (await server.CallAsync("remaining")).ShouldBe("2");
    }

    [Fact]
    public async Task ChargeAsync_BeyondWhatIsLeft_DelaysTheCallsThatFollow()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(limits => limits.PerUser("10/1d")));

        await server.CallAsync("charge", 19);

        // Twenty of ten tokens are spent; the debt of ten and the next call's one take eleven tenths of a day.
        Number(await server.RefusedAsync("echo"), "retryAfterMs").ShouldBeInRange(95_000_000, 95_040_000);
    }

    [Fact]
    public async Task RefundAsync_OfTheCost_LeavesTheBucketAsItWas()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(limits => limits.PerUser("1/1d")));

        for (int call = 0; call < 5; call++)
        {
            (await server.CallAsync("refund")).ShouldBe("refunded");
        }
    }

    [Fact]
    public async Task RefundOn_AnExceptionOfThatKind_GivesTheCostBackAndNoOtherDoes()
    {
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.PerUser("2/1d"), options => options.RefundOn<IOException>()));

        for (int call = 0; call < 5; call++)
        {
            await server.CallAsync("fail", "upstream");
        }

        await server.CallAsync("fail", "input");
        await server.CallAsync("fail", "input");
        await server.RefusedAsync("echo");
    }

    [Fact]
    public async Task Calls_AllowedAndRefused_AreCountedByTheMeterOfTheProcess()
    {
        string name = $"counted-{Guid.NewGuid():N}";
        using Measurements seen = new(name);
        await using RunningServer server = await StartAsync(builder => builder.WithRateLimits(
            limits => limits.Tool("echo", tool => tool.PerUser("1/1d")), options => options.ServerName = name));

        await server.CallAsync("echo");
        await server.RefusedAsync("echo");
        await server.CallAsync("search");

        seen.Counted("sluice.calls").ShouldBe(
            ["{outcome=allowed,source=store} 1", "{outcome=refused,source=store} 1", "{outcome=unmetered,source=none} 1"]);
    }

    private static long Number(McpProtocolException rejection, string name) =>
        Convert.ToInt64(rejection.Data[name], System.Globalization.CultureInfo.InvariantCulture);

    private Task<RunningServer> StartAsync(Action<IMcpServerBuilder> configure, string? version = null) => RunningServer.StartAsync(
        builder =>
        {
            UseStore(builder.Services.AddSluice());
            configure(builder);
        },
        version);
}
