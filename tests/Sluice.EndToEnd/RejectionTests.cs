using System.Globalization;
using System.Net;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.EndToEnd;

/// <summary>What callers see of the forms that <c>rejection</c> sets, where they are not their era's own.</summary>
public sealed class RejectionTests(EverythingServer server) : IClassFixture<EverythingServer>
{
    private const string Refusal = "Rate limit exceeded: perUser limit on tool 'echo', retry in ";
    private const string TwoEchoes =
        """[{ "tool": "echo", "arguments": { "message": "hi" } }, { "tool": "echo", "arguments": { "message": "hi" } }]""";

    [Theory]
    [InlineData("sdk", "StreamableHTTPError")]
    [InlineData("client-legacy", "SdkHttpError")]
    public async Task Http429_LegacyTypeScript_IsAnHttpErrorThatCarriesTheRefusal(string kind, string errorClass)
    {
        await using SluiceProgram sluice = await StartAsync(server.Endpoint, "http429");

        JsonElement seen = await RefuseAsync(kind, sluice);

        seen.GetProperty("error").GetString().ShouldBe(errorClass);
        string message = seen.GetProperty("message").GetString()!;
        ShouldBeTheRefusal(JsonSerializer.Deserialize<JsonElement>(message[message.IndexOf('{')..]).GetProperty("error"));
    }

    [Fact]
    public async Task JsonRpc_ModernTypeScript_IsAnErrorWithCodeMessageAndData()
    {
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        await using SluiceProgram sluice = await StartAsync(await upstream.ServerEndpointAsync(), "jsonrpc");

        JsonElement seen = await RefuseAsync("client-modern", sluice);

        seen.GetProperty("error").GetString().ShouldBe("ProtocolError");
        ShouldBeTheRefusal(seen);
    }

    [Theory]
    [InlineData("sdk")]
    [InlineData("client-modern")]
    public async Task ToolResult_TypeScriptOfEitherEra_IsAResultThatIsAnError(string kind)
    {
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        await using SluiceProgram sluice = await StartAsync(await upstream.ServerEndpointAsync(), "toolResult");

        JsonElement seen = await RefuseAsync(kind, sluice);

        seen.GetProperty("isError").GetBoolean().ShouldBeTrue();
        seen.GetProperty("text").GetString()!.ShouldStartWith(Refusal);
    }

    [Fact]
    public async Task Http429_LegacyCSharp_IsAnHttpErrorThatCarriesTheRefusal()
    {
        await using SluiceProgram sluice = await StartAsync(server.Endpoint, "http429");

        HttpRequestException refusal = await RefuseAsync<HttpRequestException>(sluice, "2025-11-25");

        refusal.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        string body = refusal.Message[refusal.Message.IndexOf('{')..];
        ShouldBeTheRefusal(JsonSerializer.Deserialize<JsonElement>(body).GetProperty("error"));
    }

    [Fact]
    public async Task JsonRpc_ModernCSharp_IsAProtocolExceptionWithCodeMessageAndData()
    {
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        await using SluiceProgram sluice = await StartAsync(await upstream.ServerEndpointAsync(), "jsonrpc");

        McpProtocolException refusal = await RefuseAsync<McpProtocolException>(sluice, "2026-07-28");

        ((int)refusal.ErrorCode).ShouldBe(429);
        refusal.Message.ShouldContain(Refusal);
        refusal.Data["limit"].ShouldBe("echo/perUser");
        Convert.ToInt64(refusal.Data["remaining"], CultureInfo.InvariantCulture).ShouldBe(0);
    }

    private static Task<SluiceProgram> StartAsync(Uri upstream, string rejection) =>
        SluiceProgram.StartAsync(SluiceProgram.Configuration(
            upstream, $"{{ rejection: {rejection}, tools: [{{ name: echo, perUser: 1/1d }}] }}"));

    private static async Task<JsonElement> RefuseAsync(string kind, SluiceProgram sluice)
    {
        JsonElement[] seen = await Callers.TypeScriptAsync(kind, sluice.Endpoint, "key-of-alice", TwoEchoes);
        seen[1].GetProperty("text").GetString().ShouldBe("Echo: hi");
        return seen[2];
    }

    private static async Task<TException> RefuseAsync<TException>(SluiceProgram sluice, string version)
        where TException : Exception
    {
        HttpClientTransportOptions options = new()
        {
            Endpoint = sluice.Endpoint,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["X-API-Key"] = "key-of-alice" },
        };
        await using McpClient client = await McpClient.CreateAsync(
            new HttpClientTransport(options), new McpClientOptions { ProtocolVersion = version });
        client.NegotiatedProtocolVersion.ShouldBe(version);
        await EchoAsync(client);
        return await Should.ThrowAsync<TException>(() => EchoAsync(client));
    }

    private static Task<CallToolResult> EchoAsync(McpClient client) =>
        client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "hi" }).AsTask();

    private static void ShouldBeTheRefusal(JsonElement error)
    {
        error.GetProperty("code").GetInt32().ShouldBe(429);
        error.GetProperty("message").GetString()!.ShouldStartWith(Refusal);
        error.GetProperty("data").GetProperty("limit").GetString().ShouldBe("echo/perUser");
        error.GetProperty("data").GetProperty("remaining").GetInt32().ShouldBe(0);
    }
}
