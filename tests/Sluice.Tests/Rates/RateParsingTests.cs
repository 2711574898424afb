namespace Sluice.Tests;

public sealed class RateParsingTests
{
    [Theory]
    [InlineData("100/1m", 100, 60_000)]
    [InlineData("100/m", 100, 60_000)]
    [InlineData("10/5m", 10, 300_000)]
    [InlineData("1/day", 1, 86_400_000)]
    [InlineData("30/minute", 30, 60_000)]
    [InlineData("30/min", 30, 60_000)]
    [InlineData("5/s", 5, 1_000)]
    [InlineData("5/second", 5, 1_000)]
    [InlineData("7/h", 7, 3_600_000)]
    [InlineData("7/hour", 7, 3_600_000)]
    [InlineData("7/2w", 7, 1_209_600_000)]
    [InlineData("7/week", 7, 604_800_000)]
    [InlineData("3/1h30m", 3, 5_400_000)]
    [InlineData("3/1m0s", 3, 60_000)]
    [InlineData("3/500ms", 3, 500)]
    [InlineData("3/1.5h", 3, 5_400_000)]
    [InlineData("3/.5s", 3, 500)]
    [InlineData("  3/1s ", 3, 1_000)]
    [InlineData("1/1ms", 1, 1)]
    [InlineData("2147483647/366d", 2147483647, 31_622_400_000)]
    public void Parse_CountAndPeriod_IsExact(string text, int maxTokens, long periodMs)
    {
        Rate rate = Rate.Parse(text);

        rate.MaxTokens.ShouldBe(maxTokens);
        rate.RefillPeriod.ShouldBe(TimeSpan.FromTicks(periodMs * TimeSpan.TicksPerMillisecond));
        rate.Capacity.ShouldBe(maxTokens);
        rate.Algorithm.ShouldBe(RateLimitAlgorithm.TokenBucket);
    }

    [Theory]
    [InlineData("10/fortnite", "'10/fortnite' is not a rate: unknown unit 'fortnite'. Use a duration such as 14d, or s, m, h, d, w.")]
    [InlineData("10/5x", "'10/5x' is not a rate: unknown unit 'x'. Use a duration such as 14d, or s, m, h, d, w.")]
    [InlineData("10/5", "'10/5' is not a rate: the unit is missing. Use a duration such as 14d, or s, m, h, d, w.")]
    [InlineData("10/", "'10/' is not a rate: the duration is missing. Use a duration such as 14d, or s, m, h, d, w.")]
    [InlineData("10/1M", "'10/1M' is not a rate: unknown unit 'M'. Use a duration such as 14d, or s, m, h, d, w.")]
    [InlineData("10/-1m", "'10/-1m' is not a rate: unknown unit '-1m'. Use a duration such as 14d, or s, m, h, d, w.")]
    [InlineData("10/5 m", "'10/5 m' is not a rate: unknown unit ' m'. Use a duration such as 14d, or s, m, h, d, w.")]
    [InlineData("10", "'10' is not a rate. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("", "'' is not a rate. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("0/1m", "'0/1m' is not a rate: '0' is not a whole number from 1 to 2147483647. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("-1/1m", "'-1/1m' is not a rate: '-1' is not a whole number from 1 to 2147483647. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("2147483648/1m", "'2147483648/1m' is not a rate: '2147483648' is not a whole number from 1 to 2147483647. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("1/367d", "'1/367d' is not a rate: '367d' is outside 1ms to 366d.")]
    [InlineData("1/999us", "'1/999us' is not a rate: '999us' is outside 1ms to 366d.")]
    [InlineData("1/1ms1ns", "'1/1ms1ns' is not a rate: it is finer than 100 ns. Use a duration such as 14d, or s, m, h, d, w.")]
    [InlineData("1/99999999999999999999s", "'1/99999999999999999999s' is not a rate: a number has more than 18 digits. Use a duration such as 14d, or s, m, h, d, w.")]
    [InlineData("1/999999999999999999w", "'1/999999999999999999w' is not a rate: it is too long. Use a duration such as 14d, or s, m, h, d, w.")]
    public void Parse_NotARate_SaysWhatTheRuleIsAndTheWayOut(string text, string message)
    {
        FormatException exception = Should.Throw<FormatException>(() => Rate.Parse(text));

        exception.Message.ShouldBe(message);
        Rate.TryParse(text, out Rate? rate, out string? error).ShouldBeFalse();
        rate.ShouldBeNull();
        error.ShouldBe(message);
    }

    [Theory]
    [InlineData("100/1m")]
    [InlineData("3/1h30m")]
    [InlineData("3/1s500ms")]
    [InlineData("1/1d")]
    [InlineData("1/1ms200us")]
    public void ToString_TokenBucket_ReadsBackAsTheSameRate(string text)
    {
        Rate rate = Rate.Parse(text);

        rate.ToString().ShouldBe(text);
        Rate.Parse(rate.ToString()).ShouldBe(rate);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Constructor_TokensOutOfRange_Throws(int maxTokens) =>
        Should.Throw<ArgumentException>(() => new Rate(maxTokens, TimeSpan.FromSeconds(1))).ParamName.ShouldBe("maxTokens");

    [Fact]
    public void Constructor_PeriodLadder_AcceptsTheRangeAndNothingElse()
    {
        TimeSpan tick = TimeSpan.FromTicks(1);
        Should.Throw<ArgumentException>(() => new Rate(1, Rate.MinRefillPeriod - tick)).ParamName.ShouldBe("refillPeriod");
        new Rate(1, Rate.MinRefillPeriod).RefillPeriod.ShouldBe(TimeSpan.FromMilliseconds(1));
        new Rate(1, Rate.MaxRefillPeriod).RefillPeriod.ShouldBe(TimeSpan.FromDays(366));
        Should.Throw<ArgumentException>(() => new Rate(1, Rate.MaxRefillPeriod + tick)).ParamName.ShouldBe("refillPeriod");
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public void Constructor_BurstOfAWindow_Throws(RateLimitAlgorithm algorithm) =>
        Should.Throw<ArgumentException>(() => new Rate(10, TimeSpan.FromSeconds(1), algorithm, burst: 5, align: false))
            .ParamName.ShouldBe("burst");

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    public void Constructor_AlignedAndNotAFixedWindow_Throws(RateLimitAlgorithm algorithm) =>
        Should.Throw<ArgumentException>(() => new Rate(10, TimeSpan.FromSeconds(1), algorithm, burst: null, align: true))
            .ParamName.ShouldBe("align");

    [Fact]
    public void TryCreate_SeveralFaults_TellsThemAll()
    {
        Rate.TryCreate(0, TimeSpan.Zero, RateLimitAlgorithm.SlidingWindow, burst: 0, align: true, out Rate? rate, out IReadOnlyList<SettingsFault> faults)
            .ShouldBeFalse();

        rate.ShouldBeNull();
        faults.Select(fault => fault.Path).ShouldBe(["maxTokens", "refillPeriod", "burst", "burst", "align"]);
    }

    [Fact]
    public void TryCreate_RightNumbers_GivesWhatTheConstructorGives()
    {
        TimeSpan minute = TimeSpan.FromMinutes(1);
        Rate.TryCreate(10, minute, RateLimitAlgorithm.TokenBucket, burst: 5, align: false, out Rate? rate, out IReadOnlyList<SettingsFault> faults)
            .ShouldBeTrue();

        rate.ShouldBe(new Rate(10, minute, RateLimitAlgorithm.TokenBucket, burst: 5, align: false));
        faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("1ms", 1)]
    [InlineData(" 1h30m ", 5_400_000)]
    [InlineData("366d", 31_622_400_000)]
    public void TryParsePeriod_Duration_IsExact(string text, double milliseconds)
    {
        Rate.TryParsePeriod(text, out TimeSpan period, out string? error).ShouldBeTrue();

        period.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
        error.ShouldBeNull();
    }

    [Theory]
    [InlineData(null, "'' is not a duration: the duration is missing.")]
    [InlineData("60", "'60' is not a duration: the unit is missing.")]
    [InlineData("m", "'m' is not a duration: a number is missing before 'm'.")]
    [InlineData("999us", "'999us' is outside 1ms to 366d.")]
    [InlineData("367d", "'367d' is outside 1ms to 366d.")]
    public void TryParsePeriod_NoPeriod_SaysWhy(string? text, string why)
    {
        Rate.TryParsePeriod(text, out _, out string? error).ShouldBeFalse();

        error.ShouldStartWith(why);
    }
}
