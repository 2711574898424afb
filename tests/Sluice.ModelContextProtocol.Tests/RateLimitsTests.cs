using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelContextProtocol;
using Sluice.DependencyInjection;

namespace Sluice.ModelContextProtocol.Tests;

public sealed class RateLimitsTests
{
    [Theory]
    [InlineData(10, 10, 1, 20)]
    [InlineData(0.4, 2, 5, 1)]
    [InlineData(0.1, 1, 10, 1)]
    [InlineData(0.5, 1, 2, 1)]
    [InlineData(2.5, 5, 2, 5)]
    [InlineData(0.333, 333, 1000, 1)]
    public void FromFastMcp_ARate_IsThatRateExactly(double perSecond, int tokens, int seconds, int burst)
    {
        RateLimitPreset preset = RateLimits.FromFastMcp(perSecond);

        Rate rate = preset.Settings.PerUser![0].ShouldNotBeNull();
        (rate.MaxTokens, rate.RefillPeriod, rate.Capacity).ShouldBe((tokens, TimeSpan.FromSeconds(seconds), burst));
        rate.Algorithm.ShouldBe(RateLimitAlgorithm.TokenBucket);
        preset.Settings.Meter.ShouldBe(MeteredRequests.All);
        preset.Settings.Shared.ShouldBeNull();
        preset.MaxKeys.ShouldBe(10_000);
    }

    [Fact]
    public void FromFastMcp_GlobalLimit_IsOneSharedBucket()
    {
        RateLimitPreset preset = RateLimits.FromFastMcp(5, burstCapacity: 7, globalLimit: true, maxClients: 3);

        preset.Settings.PerUser.ShouldBeNull();
        preset.Settings.Shared![0].ShouldNotBeNull().Capacity.ShouldBe(7);
        preset.MaxKeys.ShouldBe(3);
    }

    [Theory]
    [InlineData(100 / 60.0, 5, 3)]
    [InlineData(0.3333333333, 1, 3)]
    [InlineData(1 / 30.0, 1, 30)]
    [InlineData(1 / 3600.0, 1, 3600)]
    [InlineData(5 / 86400.0, 1, 17280)]
    [InlineData(1000 / 7.0, 1000, 7)]
    [InlineData(1.0 / 31622399, 1, 31622399)]
    public void FromFastMcp_AQuotient_IsTheFractionThatWasMeantAndSaysSo(double perSecond, int tokens, int seconds)
    {
        RateLimitPreset preset = RateLimits.FromFastMcp(perSecond);

        Rate rate = preset.Settings.PerUser![0].ShouldNotBeNull();
        (rate.MaxTokens, rate.RefillPeriod).ShouldBe((tokens, TimeSpan.FromSeconds(seconds)));
        preset.Approximation.ShouldNotBeNull().ShouldContain($" calls a second are taken as {tokens}/");
    }

    [Fact]
    public void FromFastMcp_ADecimalThatIsExact_IsNoApproximation() => RateLimits.FromFastMcp(0.4).Approximation.ShouldBeNull();

    [Theory]
    [InlineData(0.123456789012)]
    [InlineData(0.018309859)]
    [InlineData(0.8984615393600001)] // 292/325 is within the tolerance of its first 15 digits, and not of the number.
    [InlineData(0.08054522932465924)]
    [InlineData(1234567.89012)]
    [InlineData(2147483646.5)]
    [InlineData(0.00000012345678901)]
    [InlineData(0.000000047123456789)]
    public void FromFastMcp_AnyNumber_IsMetWithinOnePartInABillion(double perSecond)
    {
        Rate rate = RateLimits.FromFastMcp(perSecond).Settings.PerUser![0].ShouldNotBeNull();

        IsMetWithinOnePartInABillion(rate, perSecond).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0.00000012345678901)]
    [InlineData(0.000000047123456789)]
    [InlineData(0.0000000700000000001)]
    public void FromFastMcp_NumberThatNoFractionMeets_IsRoundedDown(double perSecond)
    {
        Rate rate = RateLimits.FromFastMcp(perSecond).Settings.PerUser![0].ShouldNotBeNull();

        ((decimal)rate.MaxTokens / (decimal)rate.RefillPeriod.TotalSeconds).ShouldBeLessThanOrEqualTo((decimal)perSecond);
    }

    [Fact]
    public void FromFastMcp_ManyNumbers_AreMetWithinOnePartInABillion()
    {
        Arbitrary<double> numbers = Arb.From(
            from exponent in Gen.Choose(-7_400_000, 9_100_000)
            select Math.Pow(10, exponent / 1e6),
            number => from digits in Enumerable.Range(0, 15)
                      let rounded = double.Parse(number.ToString($"E{digits}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
                      where rounded != number && rounded is > 1 / 31_622_400.0 and < int.MaxValue
                      select rounded);

        Prop.ForAll(numbers, perSecond =>
        {
            Rate rate = RateLimits.FromFastMcp(perSecond).Settings.PerUser![0].ShouldNotBeNull();

            IsMetWithinOnePartInABillion(rate, perSecond).ShouldBeTrue($"{perSecond:R} as {rate}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    public void FromFastMcp_ARateThatIsNone_IsOutOfRange(double perSecond) =>
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcp(perSecond)).ParamName.ShouldBe("maxRequestsPerSecond");

    [Fact]
    public void FromFastMcp_ValuesThatAdmitNothing_SayWhatToWriteInstead()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcp(0)).Message.ShouldContain("For few calls, write 5 / 3600.0.");
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcp(1e-12)).Message.ShouldContain("1 call in 366 days (1 / 31622400.0)");
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcp(1, burstCapacity: 0)).Message
            .ShouldContain("Leave burstCapacity out for twice the rate, which is what FastMCP takes 0 for, or write 1");
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcpSlidingWindow(0)).Message.ShouldContain("remove the tools");
    }

    [Fact]
    public void FromFastMcp_OtherRanges_AreChecked()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcp(1, burstCapacity: 0));
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcp(1, maxClients: 0));
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcpSlidingWindow(0));
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcpSlidingWindow(1, windowMinutes: 0));
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcpSlidingWindow(1, windowMinutes: 527_041));
    }

    [Fact]
    public void FromFastMcpSlidingWindow_AboveTheCeiling_RaisesTheCeilingToo()
    {
        RateLimitPreset preset = RateLimits.FromFastMcpSlidingWindow(20_000, windowMinutes: 2);

        Rate rate = preset.Settings.PerUser![0].ShouldNotBeNull();
        (rate.Algorithm, rate.MaxTokens, rate.RefillPeriod).ShouldBe((RateLimitAlgorithm.SlidingWindow, 20_000, TimeSpan.FromMinutes(2)));
        RateLimitPolicy.Compile("s", preset.Settings, out _).ShouldNotBeNull();
    }

    [Fact]
    public async Task WithRateLimits_APresetWithAQuotient_LogsTheRateThatItIsTakenAs()
    {
        CapturedLog log = new();
        await using RunningServer server = await RunningServer.StartAsync(builder =>
        {
            builder.Services.AddLogging(logging => logging.AddProvider(log));
            builder.WithRateLimits(RateLimits.FromFastMcp(100 / 60.0));
        });

        log.Entries.Where(line => line.Text.Contains("taken as", StringComparison.Ordinal)).ShouldHaveSingleItem()
            .Text.ShouldEndWith(": 1.6666666666666667 calls a second are taken as 5/3s.");
    }

    [Fact]
    public async Task WithRateLimits_APreset_LimitsEveryRequestAndBoundsTheStore()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder => builder.WithRateLimits(
            RateLimits.FromFastMcp(maxRequestsPerSecond: 0.0001, burstCapacity: 2, maxClients: 50)));

        await server.CallAsync("echo");
        await server.Client.ListToolsAsync();
        McpProtocolException rejection = await server.RefusedAsync("echo");

        rejection.Message.ShouldContain("Rate limit exceeded: perUser limit on the server, retry in ");
        server.Services.GetRequiredService<IOptions<SluiceOptions>>().Value.MaxKeys.ShouldBe(50);
    }

    // In whole numbers: a tolerance of floating point would hide an error of the size that it has itself.
    private static bool IsMetWithinOnePartInABillion(Rate rate, double perSecond)
    {
        const int Decimals = 28;
        decimal number = decimal.Parse($"{perSecond:R}", NumberStyles.Float, CultureInfo.InvariantCulture);
        string digits = number.ToString($"F{Decimals}", CultureInfo.InvariantCulture).Replace(".", "", StringComparison.Ordinal);
        BigInteger wanted = BigInteger.Parse(digits, CultureInfo.InvariantCulture);
        BigInteger met = rate.MaxTokens * BigInteger.Pow(10, Decimals) * TimeSpan.TicksPerSecond;
        BigInteger ticks = rate.RefillPeriod.Ticks;
        return BigInteger.Abs(met - (wanted * ticks)) * 1_000_000_000 <= wanted * ticks;
    }
}
