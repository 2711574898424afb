using Microsoft.Extensions.DependencyInjection;
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

        Rate rate = preset.Settings.PerUser.ShouldNotBeNull();
        (rate.MaxTokens, rate.RefillPeriod, rate.Capacity).ShouldBe((tokens, TimeSpan.FromSeconds(seconds), burst));
        rate.Algorithm.ShouldBe(RateLimitAlgorithm.TokenBucket);
        preset.Settings.Meter.ShouldBe(MeteringUnit.All);
        preset.Settings.Shared.ShouldBeNull();
        preset.MaxKeys.ShouldBe(10_000);
    }

    [Fact]
    public void FromFastMcp_GlobalLimit_IsOneSharedBucket()
    {
        RateLimitPreset preset = RateLimits.FromFastMcp(5, burstCapacity: 7, globalLimit: true, maxClients: 3);

        preset.Settings.PerUser.ShouldBeNull();
        preset.Settings.Shared.ShouldNotBeNull().Capacity.ShouldBe(7);
        preset.MaxKeys.ShouldBe(3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    public void FromFastMcp_ARateThatIsNone_IsOutOfRange(double perSecond) =>
        Should.Throw<ArgumentOutOfRangeException>(() => RateLimits.FromFastMcp(perSecond));

    [Theory]
    [InlineData(1e-12)]
    [InlineData(0.123456789012)]
    [InlineData(1234567.89012)]
    public void FromFastMcp_MoreDigitsThanCanBeKept_SaysSo(double perSecond) =>
        Should.Throw<ArgumentException>(() => RateLimits.FromFastMcp(perSecond)).Message.ShouldContain("more digits");

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

        Rate rate = preset.Settings.PerUser.ShouldNotBeNull();
        (rate.Algorithm, rate.MaxTokens, rate.RefillPeriod).ShouldBe((RateLimitAlgorithm.SlidingWindow, 20_000, TimeSpan.FromMinutes(2)));
        RateLimitPolicy.Compile("s", preset.Settings, out _).ShouldNotBeNull();
    }

    [Fact]
    public async Task WithRateLimits_APreset_LimitsEveryRequestAndBoundsTheStore()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder => builder.WithRateLimits(
            RateLimits.FromFastMcp(maxRequestsPerSecond: 0.0001, burstCapacity: 2, maxClients: 50)));

        await server.CallAsync("echo");
        await server.Client.ListToolsAsync();
        McpProtocolException refusal = await server.RefusedAsync("echo");

        refusal.Message.ShouldContain("Rate limit exceeded: perUser limit on the server, retry in ");
        server.Services.GetRequiredService<IOptions<SluiceOptions>>().Value.MaxKeys.ShouldBe(50);
    }
}
