using System.Net;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.EndToEnd;

/// <summary>The samples, as their readers run them: a tool of which a user has two calls an hour.</summary>
public sealed class SampleTests
{
    private const string ThreeForecasts =
        """[{ "tool": "forecast", "arguments": { "city": "Oslo" } }, { "tool": "forecast", "arguments": { "city": "Rome" } }, { "tool": "forecast", "arguments": { "city": "Lima" } }]""";

    [Fact]
    public async Task StdioServer_InspectorThreeTimes_IsRefusedTheThirdTimeByTheRedisThatItsProcessesShare()
    {
        using RedisServer redis = RedisServer.Start();

        ProgramResult first = await ForecastAsync(redis);
        ProgramResult second = await ForecastAsync(redis);
        ProgramResult third = await ForecastAsync(redis);

        first.ExitCode.ShouldBe(0, first.ToString());
        first.Output.ShouldContain("Sunny in Oslo.");
        second.ExitCode.ShouldBe(0, second.ToString());
        third.ExitCode.ShouldBe(1, third.ToString());
        (third.Output + third.Error).ShouldContain("Rate limit exceeded: perUser limit on tool 'forecast', retry in ");
    }

    [Theory]
    [InlineData("sdk", "McpError")]
    [InlineData("client-legacy", "ProtocolError")]
    [InlineData("client-modern", "ProtocolError")]
    public async Task HttpServer_TypeScriptClient_SeesCodeMessageAndData(string kind, string errorClass)
    {
        await using ChildProcess server = StartHttp("HttpServer");
        Uri endpoint = await EndpointAsync(server);

        JsonElement[] seen = await Callers.TypeScriptAsync(kind, endpoint, "", ThreeForecasts);

        seen[1].GetProperty("text").GetString().ShouldBe("Sunny in Oslo.");
        seen[2].GetProperty("text").GetString().ShouldBe("Sunny in Rome.");
        seen[3].GetProperty("error").GetString().ShouldBe(errorClass);
        seen[3].GetProperty("code").GetInt32().ShouldBe(429);
        seen[3].GetProperty("data").GetProperty("limit").GetString().ShouldBe("forecast/perUser");
        seen[3].GetProperty("data").GetProperty("retryAfterMs").GetInt64().ShouldBeInRange(1_700_000, 1_800_000);
    }

    [Fact]
    public async Task HttpServer_TwoProcessesOnOneRedis_CountTogetherForTheCSharpClient()
    {
        using RedisServer redis = RedisServer.Start();
        await using ChildProcess one = StartHttp("HttpServer", $"Redis={redis.Configuration}");
        await using ChildProcess two = StartHttp("HttpServer", $"Redis={redis.Configuration}");
        await using McpClient clientOfOne = await ConnectAsync(await EndpointAsync(one));
        await using McpClient clientOfTwo = await ConnectAsync(await EndpointAsync(two));

        (await ForecastAsync(clientOfOne)).ShouldBe("Sunny in Oslo.");
        (await ForecastAsync(clientOfTwo)).ShouldBe("Sunny in Oslo.");
        McpProtocolException rejection = await Should.ThrowAsync<McpProtocolException>(() => ForecastAsync(clientOfOne));

        ((int)rejection.ErrorCode).ShouldBe(429);
        rejection.Data["limit"].ShouldBe("forecast/perUser");
        await Should.ThrowAsync<McpProtocolException>(() => ForecastAsync(clientOfTwo));
    }

    [Fact]
    public async Task AspNetCoreServer_ModernClient_IsRefusedWithHttp429()
    {
        await using ChildProcess server = StartHttp("AspNetCoreServer");
        await using McpClient client = await ConnectAsync(await EndpointAsync(server));
        await ForecastAsync(client);
        await ForecastAsync(client);

        HttpRequestException rejection = await Should.ThrowAsync<HttpRequestException>(() => ForecastAsync(client));

        rejection.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        rejection.Message.ShouldContain("\"limit\":\"forecast/perUser\"");
    }

    [Theory]
    [InlineData("sdk", "McpError")]
    [InlineData("client-legacy", "ProtocolError")]
    public async Task AspNetCoreServer_LegacyClient_ReadsTheError(string kind, string errorClass)
    {
        await using ChildProcess server = StartHttp("AspNetCoreServer");

        JsonElement[] seen = await Callers.TypeScriptAsync(kind, await EndpointAsync(server), "", ThreeForecasts);

        seen[2].GetProperty("text").GetString().ShouldBe("Sunny in Rome.");
        seen[3].GetProperty("error").GetString().ShouldBe(errorClass);
        seen[3].GetProperty("data").GetProperty("limit").GetString().ShouldBe("forecast/perUser");
    }

    [Theory]
    [InlineData("StdioServer", "csharp-mcp-server.md")]
    [InlineData("AspNetCoreServer", "aspnetcore.md")]
    public void Sample_InItsPage_IsTheProgramThatRunsHere(string sample, string page)
    {
        string program = File.ReadAllText(Path.Combine(Repository.Root, "samples", sample, "Program.cs"));

        program.Split('\n').Length.ShouldBeLessThan(30);
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", page));
        text.ShouldContain("```csharp\n" + program + "```");
        text.IndexOf("```", StringComparison.Ordinal).ShouldBe(text.IndexOf("```csharp\n" + program, StringComparison.Ordinal));
    }

    private static Task<ProgramResult> ForecastAsync(RedisServer redis) => Callers.InspectorOverStdioAsync(
        Repository.Sample("StdioServer"),
        [$"Redis={redis.Configuration}"],
        "--method", "tools/call", "--tool-name", "forecast", "--tool-arg", "city=Oslo");

    private static async Task<string> ForecastAsync(McpClient client)
    {
        CallToolResult result = await client.CallToolAsync("forecast", new Dictionary<string, object?> { ["city"] = "Oslo" });
        return result.Content.OfType<TextContentBlock>().Single().Text;
    }

    private static ChildProcess StartHttp(string sample, params IEnumerable<string> arguments) =>
        ChildProcess.Start("dotnet", [Repository.Sample(sample), "urls=http://127.0.0.1:0", .. arguments]);

    private static async Task<Uri> EndpointAsync(ChildProcess server)
    {
        const string Ready = "Now listening on: ";
        string line = await server.WaitForLineAsync(text => text.Contains(Ready, StringComparison.Ordinal));
        return new Uri(line[(line.IndexOf(Ready, StringComparison.Ordinal) + Ready.Length)..] + "/mcp");
    }

    private static Task<McpClient> ConnectAsync(Uri endpoint) => McpClient.CreateAsync(new HttpClientTransport(
        new HttpClientTransportOptions { Endpoint = endpoint, TransportMode = HttpTransportMode.StreamableHttp }));
}
