namespace Sluice.Mcp.Tests;

public sealed class RateLimitHeadersTests
{
    private static readonly RateLimitPolicy Policy = RateLimitPolicy.Build("s", limits => limits
        .Shared("1000/1m").Tool("sü\"ch\\", t => t.Shared("10/1500ms")));

    [Fact]
    public void Policy_EveryLimit_IsAnItemWithQuotaAndWindow() =>
        RateLimitHeaders.Policy(Policy.Select("tools/call", "sü\"ch\\", CallerIdentity.None))
            .ShouldBe("""
                "shared";q=1000;w=60, "s%C3%BC\"ch\\/shared";q=10;w=2
                """);

    [Fact]
    public void Remaining_RefusedLimit_SaysWhenToComeBackAndTheOthersWhenTheyAreFull()
    {
        LimitState[] states =
        [
            new() { Outcome = RateLimitOutcome.Allowed, Remaining = 998, ResetAfter = TimeSpan.FromMilliseconds(120) },
            new() { Outcome = RateLimitOutcome.Denied, RetryAfter = TimeSpan.FromMilliseconds(1_001), ResetAfter = TimeSpan.FromSeconds(9) },
        ];

        RateLimitHeaders.Remaining(Policy.Select("tools/call", "sü\"ch\\", CallerIdentity.None), states)
            .ShouldBe("""
                "shared";r=998;t=1, "s%C3%BC\"ch\\/shared";r=0;t=2
                """);
    }
}
