using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModelContextProtocol;

namespace Sluice.ModelContextProtocol.Tests;

public sealed class AttributeTests
{
    [Fact]
    public async Task RateLimit_OnATool_LimitsItWithoutAnyOtherLimit()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            builder => builder.WithTools<AttributedTools>().WithRateLimitAttributes());

        await server.CallAsync("limited");
        await server.CallAsync("limited");

        (await server.RefusedAsync("limited")).Data["limit"].ShouldBe("limited/perUser");
        await server.CallAsync("echo");
    }

    [Fact]
    public async Task RateLimit_WindowOfACalendar_IsRefusedUntilItsEdge()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            builder => builder.WithTools<AttributedTools>().WithRateLimitAttributes());

        await server.CallAsync("monthly");

        McpProtocolException refused = await server.RefusedAsync("monthly");
        refused.Data["limit"].ShouldBe("monthly/perUser/month");
        ((string)refused.Data["resetsAt"]!).ShouldEndWith("-01T00:00:00+09:00");
    }

    [Fact]
    public async Task RateLimitCost_OnATool_IsWhatACallCosts()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            builder => builder.WithTools<AttributedTools>().WithRateLimitAttributes());

        await server.CallAsync("dear");
        await server.CallAsync("dear");

        (await server.RefusedAsync("dear")).Data["limit"].ShouldBe("dear/shared");
    }

    [Fact]
    public async Task Builder_OfTheSameToolAndScope_GoesBeforeTheAttribute()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder => builder
            .WithTools<AttributedTools>()
            .WithRateLimits(limits => limits.Tool("Limited", tool => tool.PerUser("1/1d"))));

        await server.CallAsync("limited");

        (await server.RefusedAsync("limited")).Data["limit"].ShouldBe("Limited/perUser");
    }

    [Fact]
    public async Task RateLimit_OnPromptsAndTemplates_IsOneBucketForAllThatATemplateMatches()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder => builder
            .WithPrompts<AttributedPrompts>()
            .WithResources<AttributedResources>()
            .WithRateLimitAttributes());

        await server.Client.GetPromptAsync("greeting");
        McpProtocolException prompt = await Should.ThrowAsync<McpProtocolException>(
            async () => await server.Client.GetPromptAsync("greeting"));
        await server.Client.ReadResourceAsync("notes://one");
        McpProtocolException resource = await Should.ThrowAsync<McpProtocolException>(
            async () => await server.Client.ReadResourceAsync("notes://two"));

        prompt.Data["limit"].ShouldBe("prompt:greeting/shared");
        resource.Data["limit"].ShouldBe("resource:notes://*/shared");
    }

    [Fact]
    public async Task RateLimit_TwoOfOneScope_AreAListOfRates()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            builder => builder.WithTools<AttributedTools>().WithRateLimitAttributes());
        await server.Client.CallToolAsync("listed");

        McpProtocolException exception = await Should.ThrowAsync<McpProtocolException>(
            async () => await server.Client.CallToolAsync("listed"));

        exception.Data["limit"].ShouldBe("listed/perUser/1h");
    }

    [Fact]
    public async Task RateLimit_ThatIsWrong_KeepsTheHostFromStartingWithEveryFault()
    {
        OptionsValidationException exception = await Should.ThrowAsync<OptionsValidationException>(() => RunningServer.StartAsync(
            builder => builder.WithTools<WronglyAttributedTools>().WithRateLimits(limits => limits.PerUser("1/1d"))));

        exception.Failures.Count().ShouldBe(3);
        exception.Message.ShouldContain("[RateLimit] of 'wrong': '10/fortnite' is not a rate: unknown unit 'fortnite'.");
        exception.Message.ShouldContain("'0/1m'");
        exception.Message.ShouldContain("[RateLimit] of 'wrong': timeZone: 'Asia/Tokio' is not a time zone. Did you mean 'Asia/Tokyo'?");
    }
}
