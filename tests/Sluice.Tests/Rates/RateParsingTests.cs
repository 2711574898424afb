using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Tests;

public sealed class RateParsingTests
{
    private const string WayOut = "Use a duration such as 14d, or s, m, h, d, w. Words for units, also in the plural: millisecond, sec, second, min, minute, hr, hour, day, wk, week.";

    [Theory]
    [InlineData(1L, "ms", "millisecond", "milliseconds")]
    [InlineData(1_000L, "s", "sec", "secs", "second", "seconds")]
    [InlineData(60_000L, "m", "min", "mins", "minute", "minutes")]
    [InlineData(3_600_000L, "h", "hr", "hrs", "hour", "hours")]
    [InlineData(86_400_000L, "d", "day", "days")]
    [InlineData(604_800_000L, "w", "wk", "wks", "week", "weeks")]
    public void Parse_UnitWord_IsReadWithAndWithoutNumberAndSpaces(long periodMs, params string[] words)
    {
        foreach (string word in words)
        {
            foreach (string text in (string[])[$"10/{word}", $"10 / {word}", $"10/1{word}", $" 10 /1 {word} "])
            {
                Rate.Parse(text).ShouldBe(new Rate(10, TimeSpan.FromMilliseconds(periodMs)), text);
            }
        }

        Rate.Parse($"10/30 {words[0]}").RefillPeriod.ShouldBe(30 * TimeSpan.FromMilliseconds(periodMs));
    }

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
    [InlineData("1/1000us", 1, 1)]
    [InlineData("1/1000\u00b5s", 1, 1)]
    [InlineData("1/1000\u03bcs", 1, 1)]
    [InlineData("1/1000000ns", 1, 1)]
    [InlineData("1/1.500000000000000000s", 1, 1_500)]
    [InlineData("1/1.s", 1, 1_000)]
    public void Parse_CountAndPeriod_IsExact(string text, int maxTokens, long periodMs)
    {
        Rate rate = Rate.Parse(text);

        rate.MaxTokens.ShouldBe(maxTokens);
        rate.RefillPeriod.ShouldBe(TimeSpan.FromTicks(periodMs * TimeSpan.TicksPerMillisecond));
        rate.Capacity.ShouldBe(maxTokens);
        rate.Algorithm.ShouldBe(RateLimitAlgorithm.TokenBucket);
    }

    [Theory]
    [InlineData("10/fortnite", "'10/fortnite' is not a rate: unknown unit 'fortnite'. " + WayOut)]
    [InlineData("10/5x", "'10/5x' is not a rate: unknown unit 'x'. " + WayOut)]
    [InlineData("10/5", "'10/5' is not a rate: the unit is missing. " + WayOut)]
    [InlineData("10/", "'10/' is not a rate: the duration is missing. " + WayOut)]
    [InlineData("10/1M", "'10/1M' is not a rate: unknown unit 'M'. " + WayOut)]
    [InlineData("10/-1m", "'10/-1m' is not a rate: unknown unit '-1m'. " + WayOut)]
    [InlineData("10/5 x", "'10/5 x' is not a rate: unknown unit 'x'. " + WayOut)]
    [InlineData("10/Hours", "'10/Hours' is not a rate: unknown unit 'Hours'. " + WayOut)]
    [InlineData("10 / 400 days", "'10 / 400 days' is not a rate: '400d' is outside 1ms to 366d.")]
    [InlineData("10/999999999weeks", "'10/999999999weeks' is not a rate: '10675199d2h48m5s477ms580us700ns' is outside 1ms to 366d.")]
    [InlineData("10/.", "'10/.' is not a rate: '.' is not part of a duration. " + WayOut)]
    [InlineData("10/1s.", "'10/1s.' is not a rate: '.' is not part of a duration. " + WayOut)]
    [InlineData("10/..5s", "'10/..5s' is not a rate: '.' is not part of a duration. " + WayOut)]
    [InlineData("10/.s", "'10/.s' is not a rate: a number is missing before 's'. " + WayOut)]
    [InlineData("10/1.0000000001ms", "'10/1.0000000001ms' is not a rate: it is finer than 100 ns. " + WayOut)]
    [InlineData("10/1.5000000000000000000s", "'10/1.5000000000000000000s' is not a rate: a number has more than 18 digits. " + WayOut)]
    [InlineData("10/2000d", "'10/2000d' is not a rate: '2000d' is outside 1ms to 366d.")]
    [InlineData("10/0s", "'10/0s' is not a rate: '0s' is outside 1ms to 366d.")]
    [InlineData("/1m", "'/1m' is not a rate: '' is not a whole number from 1 to 2147483647. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("10", "'10' is not a rate. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("", "'' is not a rate. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("0/1m", "'0/1m' is not a rate: '0' is not a whole number from 1 to 2147483647. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("-1/1m", "'-1/1m' is not a rate: '-1' is not a whole number from 1 to 2147483647. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("2147483648/1m", "'2147483648/1m' is not a rate: '2147483648' is not a whole number from 1 to 2147483647. Write a count, a slash and a period, such as 100/1m.")]
    [InlineData("1/367d", "'1/367d' is not a rate: '367d' is outside 1ms to 366d.")]
    [InlineData("1/999us", "'1/999us' is not a rate: '999us' is outside 1ms to 366d.")]
    [InlineData("1/1ms1ns", "'1/1ms1ns' is not a rate: it is finer than 100 ns. " + WayOut)]
    [InlineData("1/99999999999999999999s", "'1/99999999999999999999s' is not a rate: a number has more than 18 digits. " + WayOut)]
    [InlineData("1/999999999999999999w", "'1/999999999999999999w' is not a rate: it is too long. " + WayOut)]
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
    [InlineData("1/1ms300ns")]
    public void ToString_TokenBucket_ReadsBackAsTheSameRate(string text)
    {
        Rate rate = Rate.Parse(text);

        rate.ToString().ShouldBe(text);
        Rate.Parse(rate.ToString()).ShouldBe(rate);
    }

    [Fact]
    public void TryParse_Null_IsNoRate()
    {
        Rate.TryParse(null, out _, out string? error).ShouldBeFalse();
        error.ShouldBe("'' is not a rate. Write a count, a slash and a period, such as 100/1m.");
    }

    [Fact]
    public void TryParse_AnyText_GivesARateOrAReason()
    {
        Arbitrary<string> texts = Arb.From(
            from start in Gen.Elements("", "1/")
            from length in Gen.Choose(0, 7)
            from rest in Gen.Elements("0123456789./ smhdwun\u00b5-+eE".ToCharArray()).ArrayOf(length)
            select start + new string(rest),
            Shrinks.OfText);
        int rates = 0;

        Prop.ForAll(texts, text =>
        {
            bool isRate = Rate.TryParse(text, out Rate? rate, out string? error);

            isRate.ShouldBe(rate is not null);
            isRate.ShouldBe(error is null);
            rates += isRate ? 1 : 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200_000));

        rates.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public void TryParse_LongestDurationThereIs_IsReadExactly()
    {
        GoDuration.TryParse("922337203685.4775807s", out TimeSpan longest, out _).ShouldBeTrue();
        longest.ShouldBe(TimeSpan.MaxValue);
        GoDuration.TryParse("922337203685.4775808s", out _, out string? why).ShouldBeFalse();
        why.ShouldBe("it is too long");
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, false, "7/1m")]
    [InlineData(RateLimitAlgorithm.SlidingWindow, false, "7/1m slidingWindow")]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, false, "7/1m slidingWindowCounter")]
    [InlineData(RateLimitAlgorithm.FixedWindow, true, "7/1m fixedWindow aligned")]
    public void ToString_AnyAlgorithm_SaysWhatTheShortFormCannot(RateLimitAlgorithm algorithm, bool align, string text) =>
        new Rate(7, TimeSpan.FromMinutes(1), algorithm, burst: null, align).ToString().ShouldBe(text);

    [Theory]
    [InlineData(0, 60, null, false, "maxTokens", "0 is outside 1 to 2147483647 tokens.")]
    [InlineData(1, 0, null, false, "refillPeriod", "'0s' is outside 1ms to 366d.")]
    [InlineData(1, -90, null, false, "refillPeriod", "'-1m30s' is outside 1ms to 366d.")]
    [InlineData(1, 60, 0, false, "burst", "0 is outside 1 to 2147483647 tokens.")]
    [InlineData(1, 60, null, true, "align", "true goes with algorithm fixedWindow only, and this is tokenBucket. Remove align, or use fixedWindow.")]
    public void Constructor_OutOfRange_SaysTheRule(int tokens, int seconds, int? burst, bool align, string path, string message)
    {
        ArgumentException exception = Should.Throw<ArgumentException>(
            () => new Rate(tokens, TimeSpan.FromSeconds(seconds), RateLimitAlgorithm.TokenBucket, burst, align));

        exception.ParamName.ShouldBe(path);
        exception.Message.ShouldStartWith(message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(5)]
    public void Constructor_NoAlgorithm_Throws(int? burst)
    {
        ArgumentException exception = Should.Throw<ArgumentException>(
            () => new Rate(1, TimeSpan.FromMinutes(1), (RateLimitAlgorithm)5, burst, align: true));

        exception.ParamName.ShouldBe("algorithm");
        exception.Message.ShouldStartWith("5 is not one of TokenBucket, SlidingWindow, SlidingWindowCounter, FixedWindow, CalendarWindow.");
        Should.Throw<SwitchExpressionException>(() => RateText.Name((RateLimitAlgorithm)5)).UnmatchedValue.ShouldBe((RateLimitAlgorithm)5);
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
            .Message.ShouldBe(
                $"5 goes with algorithm tokenBucket only, and this is {RateText.Name(algorithm)}. "
                + "Remove burst, or use tokenBucket. (Parameter 'burst')");

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
    public void TryCreate_NoAlgorithm_SaysNothingOfWhatGoesWithIt()
    {
        Rate.TryCreate(1, TimeSpan.FromMinutes(1), (RateLimitAlgorithm)5, burst: 5, align: true, out _, out IReadOnlyList<SettingsFault> faults)
            .ShouldBeFalse();

        faults.ShouldHaveSingleItem().Path.ShouldBe("algorithm");
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
