using System.Text.Json;

namespace Sluice.EndToEnd;

public sealed class TypeScriptClientTests(EverythingServer server) : IClassFixture<EverythingServer>
{
    private const string TwoEchoes =
        """[{ "tool": "echo", "arguments": { "message": "hi" } }, { "tool": "echo", "arguments": { "message": "again" } }, { "list": true }]""";

    [Theory]
    [InlineData("sdk", "McpError", "MCP error 429: ")]
    [InlineData("client-legacy", "ProtocolError", "")]
    public async Task Call_RefusedInTheLegacyEra_IsAnErrorWithCodeMessageAndData(string kind, string errorClass, string prefix)
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            server.Endpoint, "{ perUser: 100/1d, tools: [{ name: echo, perUser: 1/1d }] }"));

        JsonElement[] seen = await Callers.TypeScriptAsync(kind, sluice.Endpoint, "key-of-alice", TwoEchoes);

        seen[1].GetProperty("text").GetString().ShouldBe("Echo: hi");
        seen[2].GetProperty("error").GetString().ShouldBe(errorClass);
        seen[2].GetProperty("code").GetInt32().ShouldBe(429);
        seen[2].GetProperty("message").GetString()!.ShouldStartWith(prefix + "Rate limit exceeded: perUser limit on tool 'echo', retry in ");
        ShouldBeTheDataOfTheRejection(seen[2].GetProperty("data"));
        seen[3].GetProperty("tools").GetInt32().ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Call_RefusedInTheModernEra_IsAnHttpErrorThatCarriesTheRejection()
    {
        await using DemoProgram demo = await DemoProgram.StartAsync();
        const string FourSearches =
            """[{ "tool": "search", "arguments": { "query": "sea" } }, { "tool": "search", "arguments": { "query": "sea" } }, { "tool": "search", "arguments": { "query": "sea" } }, { "tool": "search", "arguments": { "query": "sea" } }]""";

        JsonElement[] seen = await Callers.TypeScriptAsync("client-modern", demo.Endpoint, "demo-key-of-alice", FourSearches);

        seen[3].GetProperty("text").GetString().ShouldNotBeNull();
        seen[4].GetProperty("error").GetString().ShouldBe("SdkHttpError");
        JsonElement data = seen[4].GetProperty("data");
        data.GetProperty("status").GetInt32().ShouldBe(429);
        JsonElement error = JsonSerializer.Deserialize<JsonElement>(data.GetProperty("text").GetString()!).GetProperty("error");
        error.GetProperty("code").GetInt32().ShouldBe(429);
        error.GetProperty("message").GetString()!.ShouldStartWith("Rate limit exceeded: perUser limit on tool 'search', retry in ");
        error.GetProperty("data").GetProperty("limit").GetString().ShouldBe("search/perUser");
    }

    [Theory]
    [InlineData("sdk")]
    [InlineData("client-legacy")]
    public async Task Call_ThatIsHeld_IsASlowAnswerAndNoError(string kind)
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            server.Endpoint, "{ perUser: 100/1d, tools: [{ name: echo, perUser: 1/3s, wait: 60s }] }"));
        long start = System.Diagnostics.Stopwatch.GetTimestamp();

        JsonElement[] seen = await Callers.TypeScriptAsync(kind, sluice.Endpoint, "key-of-alice", TwoEchoes);

        seen[1].GetProperty("text").GetString().ShouldBe("Echo: hi");
        seen[2].GetProperty("text").GetString().ShouldBe("Echo: again");
        System.Diagnostics.Stopwatch.GetElapsedTime(start).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(3)); // Never before.
    }

    private static void ShouldBeTheDataOfTheRejection(JsonElement data)
    {
        data.GetProperty("limitType").GetString().ShouldBe("perUser");
        data.GetProperty("limit").GetString().ShouldBe("echo/perUser");
        data.GetProperty("maxTokens").GetInt32().ShouldBe(1);
        data.GetProperty("remaining").GetInt32().ShouldBe(0);
        long milliseconds = data.GetProperty("retryAfterMs").GetInt64();
        milliseconds.ShouldBeInRange(86_300_000, 86_400_000);
        data.GetProperty("retryAfterSeconds").GetInt64().ShouldBe((milliseconds + 999) / 1000);
    }
}
