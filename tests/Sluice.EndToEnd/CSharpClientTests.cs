using System.Net;
using ModelContextProtocol;
using ModelContextProtocol.Client;

namespace Sluice.EndToEnd;

/// <summary>What a refusal looks like to the callers of the C# SDK's client, in both eras.</summary>
[Collection(RealServers.Name)]
public sealed class CSharpClientTests(EverythingServer everything, ModernServer modern)
{
    [Theory]
    [InlineData(CSharpClient.LegacyVersion, "auto")]
    [InlineData(CSharpClient.LegacyVersion, "jsonrpc")]
    [InlineData(CSharpClient.ModernVersion, "jsonrpc")]
    public async Task CallTool_RefusedByJsonRpc_ThrowsWithCodeMessageAndData(string version, string rejection)
    {
        McpProtocolException error = await RefuseAsync<McpProtocolException>(version, rejection);

        ((int)error.ErrorCode).ShouldBe(429);
        error.Message.ShouldContain(Refusal.ByToolLimit);
        Refusal.DataShouldBe(ReadData(error), "perUser", "echo/perUser", maxTokens: 2);
    }

    [Theory]
    [InlineData(CSharpClient.ModernVersion, "auto")]
    [InlineData(CSharpClient.ModernVersion, "http429")]
    [InlineData(CSharpClient.LegacyVersion, "http429")]
    public async Task CallTool_RefusedByHttp429_ThrowsWithTheStatusAndTheBodyAsText(string version, string rejection)
    {
        HttpRequestException error = await RefuseAsync<HttpRequestException>(version, rejection);

        error.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        JsonNode body = JsonNode.Parse(error.Message[error.Message.IndexOf('{')..])!;
        Refusal.ShouldBe(body["error"], "perUser", "echo/perUser", maxTokens: 2);
    }

    private async Task<TException> RefuseAsync<TException>(string version, string rejection)
        where TException : Exception
    {
        Uri upstream = version == CSharpClient.ModernVersion ? modern.Url : everything.Url;
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(GatewayFile.Limiting(
            upstream, $"rejection: {rejection}", "shared: 1000/1d", "tools:", "  - { name: echo, perUser: 2/1d }"));
        await using McpClient client = await CSharpClient.ConnectAsync(gateway.McpUrl, Caller.Alice.ApiKey, version);

        client.NegotiatedProtocolVersion.ShouldBe(version);
        await client.EchoAsync();
        await client.EchoAsync();
        return await Should.ThrowAsync<TException>(() => client.EchoAsync().AsTask());
    }

    // The client turns the members of 'data' into entries of Exception.Data: strings, and every number as a double.
    private static JsonObject ReadData(McpProtocolException error)
    {
        JsonObject data = [];
        foreach (string name in error.Data.Keys.OfType<string>())
        {
            data[name] = error.Data[name] is double number ? (long)number : error.Data[name]?.ToString();
        }

        return data;
    }
}
