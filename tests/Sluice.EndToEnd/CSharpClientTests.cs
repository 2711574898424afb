using System.Net;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.EndToEnd;

public sealed class CSharpClientTests(EverythingServer server) : IClassFixture<EverythingServer>
{
    [Fact]
    public async Task Call_RefusedInTheLegacyEra_IsAProtocolExceptionWithCodeMessageAndData()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            server.Endpoint, "{ perUser: 100/1d, tools: [{ name: echo, perUser: 1/1d }] }"));
        await using McpClient client = await ConnectAsync(sluice.Endpoint, "key-of-alice");

        CallToolResult first = await client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "hi" });
        McpProtocolException rejection = await Should.ThrowAsync<McpProtocolException>(
            async () => await client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "again" }));

        first.Content.OfType<TextContentBlock>().First().Text.ShouldBe("Echo: hi");
        ((int)rejection.ErrorCode).ShouldBe(429);
        rejection.Message.ShouldContain("Rate limit exceeded: perUser limit on tool 'echo', retry in ");
        rejection.Data["limit"].ShouldBe("echo/perUser");
        Convert.ToInt64(rejection.Data["retryAfterMs"], System.Globalization.CultureInfo.InvariantCulture)
            .ShouldBeInRange(86_300_000, 86_400_000);
        (await client.ListToolsAsync()).Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Call_RefusedInTheModernEra_IsAnHttpErrorThatCarriesTheRejection()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();
        await using McpClient client = await ConnectAsync(demo.Endpoint, "demo-key-of-alice");
        client.NegotiatedProtocolVersion.ShouldBe("2026-07-28");
        for (int call = 0; call < 3; call++)
        {
            await SearchAsync(client);
        }

        HttpRequestException rejection = await Should.ThrowAsync<HttpRequestException>(async () => await SearchAsync(client));

        rejection.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        rejection.Message.ShouldContain("\"code\":429,\"message\":\"Rate limit exceeded: perUser limit on tool 'search', retry in ");
        rejection.Message.ShouldContain("\"limit\":\"search/perUser\"");
    }

    [Fact]
    public async Task Call_ThatIsHeld_IsASlowAnswerAndNoError()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            server.Endpoint, "{ perUser: 100/1d, tools: [{ name: echo, perUser: 1/3s, wait: 60s }] }"));
        await using McpClient client = await ConnectAsync(sluice.Endpoint, "key-of-alice");
        long start = System.Diagnostics.Stopwatch.GetTimestamp();

        await client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "hi" });
        CallToolResult held = await client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "again" });

        held.Content.OfType<TextContentBlock>().First().Text.ShouldBe("Echo: again");
        System.Diagnostics.Stopwatch.GetElapsedTime(start).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(3)); // Never before.
    }

    private static ValueTask<CallToolResult> SearchAsync(McpClient client) =>
        client.CallToolAsync("search", new Dictionary<string, object?> { ["query"] = "sea" });

    private static Task<McpClient> ConnectAsync(Uri endpoint, string key) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = endpoint,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {key}" },
        }),
        new McpClientOptions { DiscoverProbeTimeout = Eventually.Patience }); // Else a busy machine makes it a client of the legacy era.
}
