using Microsoft.Extensions.Time.Testing;

namespace Sluice.Mcp.Tests;

public sealed class RateLimitHeaderWriterTests
{
    private static readonly Draft11HeaderWriter Draft11 = new();
    private static readonly XRateLimitHeaderWriter XRateLimit = new();

    [Fact]
    public void Draft11_Rejection_NamesEveryLimit()
    {
        ApplicableLimits limits = Select(Calls.Policy, "search");
        LimitState[] states =
        [
            new() { Outcome = RateLimitOutcome.Allowed, Remaining = 90, ResetAfter = TimeSpan.FromSeconds(6) },
            new()
            {
                Outcome = RateLimitOutcome.Denied,
                RetryAfter = TimeSpan.FromMilliseconds(1_400),
                ResetAfter = TimeSpan.FromSeconds(60),
            },
        ];

        Write(Draft11, Calls.Denied("search/perUser", TimeSpan.FromMilliseconds(1_400)), limits, states).ShouldBe(
        [
            "RateLimit-Policy: \"shared\";q=100;w=60, \"search/perUser\";q=10;w=60",
            "RateLimit: \"shared\";r=90;t=6, \"search/perUser\";r=0;t=2",
        ]);
    }

    [Theory]
    [InlineData("1000/1ms", 1)]
    [InlineData("10/999ms", 1)]
    [InlineData("10/1s", 1)]
    [InlineData("10/1500ms", 2)]
    [InlineData("10/24h", 86_400)]
    public void Draft11_Period_IsWholeSecondsRoundedUp(string rate, long seconds)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.Shared(rate));

        Write(Draft11, Allowed, Select(policy, "x"), [default])[0].ShouldEndWith($";w={seconds}");
    }

    // The length of a month varies, and the draft lets w be absent.
    [Fact]
    public void Draft11_WindowOfACalendar_HasNoLength()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.Shared(Rate.Calendar(10, CalendarUnit.Month)));
        LimitState[] states = [new() { Outcome = RateLimitOutcome.Denied, RetryAfter = TimeSpan.FromHours(1) }];

        Write(Draft11, Allowed, Select(policy, "x"), states).ShouldBe(["RateLimit-Policy: \"shared\";q=10", "RateLimit: \"shared\";r=0;t=3600"]);
    }

    // No time is true here, and a client that reads 0 would call again at once.
    [Fact]
    public void Write_OverrideThatAdmitsNothing_GivesNoTime()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .PerUser("10/1m").Override(when => when.Users("alice"), numbers => numbers.PerUser("0")));
        ApplicableLimits limits = policy.Select("tools/call", "x", new CallerIdentity("issuer", "alice", null, null));
        RateLimitDecision decision = new() { Outcome = RateLimitOutcome.Unsatisfiable, Limit = limits[0] };
        LimitState[] states = [new() { Outcome = RateLimitOutcome.Unsatisfiable, RetryAfter = Timeout.InfiniteTimeSpan }];

        Write(Draft11, decision, limits, states).ShouldBe(["RateLimit-Policy: \"perUser\";q=0;w=60", "RateLimit: \"perUser\";r=0"]);
        Write(XRateLimit, decision, limits, states).ShouldBe(["X-RateLimit-Limit: 0", "X-RateLimit-Remaining: 0"]);
    }

    [Fact]
    public void Draft11_LongestTime_DoesNotOverflow()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.Shared("10/1m"));
        LimitState[] states = [new() { Outcome = RateLimitOutcome.Denied, RetryAfter = TimeSpan.MaxValue }];

        Write(Draft11, Allowed, Select(policy, "x"), states)[1].ShouldBe("RateLimit: \"shared\";r=0;t=922337203686");
    }

    [Fact]
    public void Draft11_Unsatisfiable_GivesTheTimeUntilFull()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.Shared("10/1m"));
        LimitState[] states =
        [
            new()
            {
                Outcome = RateLimitOutcome.Unsatisfiable,
                RetryAfter = Timeout.InfiniteTimeSpan,
                ResetAfter = TimeSpan.FromSeconds(3),
                Remaining = 9,
            },
        ];

        Write(Draft11, default, Select(policy, "x"), states)[1].ShouldBe("RateLimit: \"shared\";r=9;t=3");
    }

    [Theory]
    [InlineData("a\"b\\c", "a\\\"b\\\\c")]
    [InlineData("a b~", "a b~")]
    [InlineData("100%", "100%25")]
    [InlineData("é日", "%C3%A9%E6%97%A5")]
    [InlineData("a\r\nX-Evil: 1\u007F\u0000", "a%0D%0AX-Evil: 1%7F%00")]
    [InlineData("%C3%A9", "%25C3%25A9")]
    public void Draft11_AnyName_IsAStructuredFieldString(string name, string written)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.Tool(name, tool => tool.PerUser("10/1m")));

        Write(Draft11, Allowed, Select(policy, name), [default]).ShouldBe(
            [$"RateLimit-Policy: \"{written}/perUser\";q=10;w=60", $"RateLimit: \"{written}/perUser\";r=0;t=0"]);
    }

    [Fact]
    public void XRateLimit_Rejection_TellsOfTheLimitThatRefused()
    {
        LimitState[] states =
        [
            new() { Outcome = RateLimitOutcome.Denied, Remaining = 0, ResetAfter = TimeSpan.FromSeconds(6) },
            new() { Outcome = RateLimitOutcome.Denied, Remaining = 1, ResetAfter = TimeSpan.FromMilliseconds(59_001) },
        ];

        Write(XRateLimit, Calls.Denied("search/perUser", TimeSpan.FromSeconds(2)), Select(Calls.Policy, "search"), states)
            .ShouldBe(["X-RateLimit-Limit: 10", "X-RateLimit-Remaining: 1", "X-RateLimit-Reset: 60"]);
    }

    [Fact]
    public void XRateLimit_AllSlotsInUse_TellsWhenToTryAgain()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.Concurrency(new() { PerUser = 2 }));
        ApplicableLimits limits = Select(policy, "search");
        RateLimitDecision denied = new() { Outcome = RateLimitOutcome.Denied, Limit = limits[0], Running = 2, RetryAfter = TimeSpan.FromSeconds(1) };
        LimitState[] states = [new() { Outcome = RateLimitOutcome.Denied, RetryAfter = TimeSpan.FromSeconds(1) }];

        Write(XRateLimit, denied, limits, states)
            .ShouldBe(["X-RateLimit-Limit: 2", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1"]);
    }

    [Theory]
    [InlineData(5, 9, 100, 5)]
    [InlineData(9, 5, 10, 5)]
    [InlineData(5, 5, 100, 5)]
    public void XRateLimit_Success_TellsOfTheFewestTokensLeft(int shared, int perUser, int limit, int remaining)
    {
        LimitState[] states =
        [
            new() { Outcome = RateLimitOutcome.Allowed, Remaining = shared },
            new() { Outcome = RateLimitOutcome.Allowed, Remaining = perUser },
        ];

        Write(XRateLimit, Allowed, Select(Calls.Policy, "search"), states)
            .ShouldBe([$"X-RateLimit-Limit: {limit}", $"X-RateLimit-Remaining: {remaining}", "X-RateLimit-Reset: 0"]);
    }

    [Theory]
    [InlineData(0, "1767258000")]
    [InlineData(1, "1767258001")]
    [InlineData(60_000, "1767258060")]
    [InlineData(59_001, "1767258060")]
    public void XRateLimit_UnixTime_IsWhenTheBucketIsFull(long resetMs, string reset)
    {
        XRateLimitHeaderWriter writer = new(new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 9, 0, 0, TimeSpan.Zero)));
        LimitState[] states = [new() { Remaining = 5, ResetAfter = TimeSpan.FromMilliseconds(resetMs) }, new() { Remaining = 9 }];

        Write(writer, Allowed, Select(Calls.Policy, "search"), states)[2].ShouldBe($"X-RateLimit-Reset: {reset}");
    }

    [Fact]
    public void XRateLimit_UnixTimeOfALongDebt_DoesNotOverflow()
    {
        XRateLimitHeaderWriter writer = new(TimeProvider.System);
        LimitState[] states = [new() { Remaining = 0, ResetAfter = TimeSpan.MaxValue }, new() { Remaining = 9 }];

        Write(writer, Allowed, Select(Calls.Policy, "search"), states)[2].ShouldBe("X-RateLimit-Reset: 922337203686");
    }

    [Fact]
    public void Write_PermissiveLimits_AreNotTold()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Shared("100/1m")
            .Tool("search", tool => tool.PerUser("10/1m").Mode(LimitMode.Permissive)));
        LimitState[] states = [new() { Remaining = 50 }, new() { Remaining = 1 }];

        Write(Draft11, Allowed, Select(policy, "search"), states)[0].ShouldBe("RateLimit-Policy: \"shared\";q=100;w=60");
        Write(XRateLimit, Allowed, Select(policy, "search"), states)[0].ShouldBe("X-RateLimit-Limit: 100");
    }

    [Fact]
    public void Write_NothingKnown_WritesNothing()
    {
        RateLimitPolicy permissive = RateLimitPolicy.Build("s", limits => limits.Shared("9/1m").Mode(LimitMode.Permissive));
        RateLimitDecision undecided = Allowed with { Source = DecisionSource.OnStoreFailure };
        foreach (IRateLimitHeaderWriter writer in (IRateLimitHeaderWriter[])[Draft11, XRateLimit])
        {
            Write(writer, Allowed, ApplicableLimits.None, []).ShouldBeEmpty();
            Write(writer, Allowed, Select(permissive, "x"), [default]).ShouldBeEmpty();
            Write(writer, undecided, Select(Calls.Policy, "x"), [default]).ShouldBeEmpty();
        }
    }

    private static RateLimitDecision Allowed => new() { Outcome = RateLimitOutcome.Allowed };

    private static ApplicableLimits Select(RateLimitPolicy policy, string tool) =>
        policy.Select("tools/call", tool, new CallerIdentity("i", "user", "tenant", "client"));

    private static List<string> Write(
        IRateLimitHeaderWriter writer, RateLimitDecision decision, ApplicableLimits limits, LimitState[] states)
    {
        List<string> headers = [];
        writer.Write(decision, limits, states, headers, static (list, name, value) => list.Add($"{name}: {value}"));
        return headers;
    }
}
