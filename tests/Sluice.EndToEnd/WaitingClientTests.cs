using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Sluice.ModelContextProtocol;

namespace Sluice.EndToEnd;

/// <summary>C# clients that honour a rejection of a real gateway: they wait as long as it says, and no call is lost.</summary>
public sealed class WaitingClientTests(ConformanceServer server) : IClassFixture<ConformanceServer>
{
    private const string Legacy = "2025-11-25";
    private const string Modern = "2026-07-28";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly RecordingClock _clock = new();

    private RateLimitRetryOptions Options => new() { Time = _clock };

    [Theory]
    [InlineData(Legacy, "auto")]
    [InlineData(Modern, "auto")]
    [InlineData(Modern, "jsonrpc")]
    public async Task RetryHandler_CallIsRefused_WaitsOnceAndIsServed(string era, string rejection)
    {
        await using SluiceProgram sluice = await StartAsync("1/1s", rejection);
        using HttpClient http = new(new RateLimitRetryHandler(new SocketsHttpHandler(), Options));
        await using McpClient client = await ConnectAsync(sluice, era, http);

        await CallUntilOneWaitsAsync(() => client.CallToolAsync(ConformanceServer.Tool));

        ShouldBeWhatTheGatewaySaid(_clock.Waits.ShouldHaveSingleItem());
    }

    [Theory]
    [InlineData(Legacy, "auto")]
    [InlineData(Modern, "auto")]
    [InlineData(Modern, "jsonrpc")]
    public async Task CallToolWithRetry_CallIsRefused_WaitsOnceAndIsServed(string era, string rejection)
    {
        await using SluiceProgram sluice = await StartAsync("1/1s", rejection);
        using HttpClient http = new();
        await using McpClient client = await ConnectAsync(sluice, era, http);

        await CallUntilOneWaitsAsync(() => client.CallToolWithRetryAsync(ConformanceServer.Tool, retry: Options));

        ShouldBeWhatTheGatewaySaid(_clock.Waits.ShouldHaveSingleItem());
    }

    [Theory]
    [InlineData(Legacy, typeof(McpProtocolException))]
    [InlineData(Modern, typeof(HttpRequestException))]
    public async Task RetryHandler_WaitIsBeyondItsPatience_HandsTheRejectionOnAtOnce(string era, Type exception)
    {
        await using SluiceProgram sluice = await StartAsync("1/1d", "auto");
        using HttpClient http = new(new RateLimitRetryHandler(new SocketsHttpHandler(), Options));
        await using McpClient client = await ConnectAsync(sluice, era, http);
        ShouldBeServed(await client.CallToolAsync(ConformanceServer.Tool));

        Exception rejection = await Should.ThrowAsync(() => client.CallToolAsync(ConformanceServer.Tool).AsTask(), exception);

        rejection.Message.ShouldContain("Rate limit exceeded: perUser limit on tool ");
        _clock.Waits.ShouldBeEmpty();
    }

    [Fact]
    public async Task CallToolWithRetry_WaitIsBeyondItsPatience_HandsTheRejectionOnAtOnce()
    {
        await using SluiceProgram sluice = await StartAsync("1/1d", "auto");
        using HttpClient http = new();
        await using McpClient client = await ConnectAsync(sluice, Legacy, http);
        ShouldBeServed(await client.CallToolWithRetryAsync(ConformanceServer.Tool, retry: Options));

        McpProtocolException rejection = await Should.ThrowAsync<McpProtocolException>(
            () => client.CallToolWithRetryAsync(ConformanceServer.Tool, retry: Options).AsTask());

        ((int)rejection.ErrorCode).ShouldBe(429);
        _clock.Waits.ShouldBeEmpty();
    }

    private Task<SluiceProgram> StartAsync(string rate, string rejection) => SluiceProgram.StartAsync(SluiceProgram.Configuration(
        server.Endpoint, $"{{ rejection: {rejection}, tools: [{{ name: {ConformanceServer.Tool}, perUser: {rate} }}] }}"));

    private static async Task<McpClient> ConnectAsync(SluiceProgram sluice, string era, HttpClient http)
    {
        HttpClientTransportOptions options = new()
        {
            Endpoint = sluice.Endpoint,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["X-API-Key"] = "key-of-alice" },
        };
        McpClient client = await McpClient.CreateAsync(
            new HttpClientTransport(options, http), new McpClientOptions { ProtocolVersion = era, DiscoverProbeTimeout = Eventually.Patience });
        client.NegotiatedProtocolVersion.ShouldBe(era);
        return client;
    }

    /// <summary>Calls until one has met the limit. On a busy machine, the second call may come when there is a token again.</summary>
    private Task CallUntilOneWaitsAsync(Func<ValueTask<CallToolResult>> call) => Eventually.HoldsAsync(async () =>
    {
        ShouldBeServed(await call());
        return !_clock.Waits.IsEmpty;
    });

    private static void ShouldBeServed(CallToolResult result) =>
        result.Content.OfType<TextContentBlock>().Single().Text.ShouldBe(ConformanceServer.Text);

    /// <summary>At most the time of one call, and a tenth more.</summary>
    private static void ShouldBeWhatTheGatewaySaid(TimeSpan wait)
    {
        wait.ShouldBeGreaterThan(TimeSpan.Zero);
        wait.ShouldBeLessThanOrEqualTo(Period * 1.1);
    }
}
