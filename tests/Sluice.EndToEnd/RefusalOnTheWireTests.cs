using System.Net;

namespace Sluice.EndToEnd;

/// <summary>The bytes of a refusal, where the clients would hide them.</summary>
[Collection(RealServers.Name)]
public sealed class RefusalOnTheWireTests(ModernServer upstream)
{
    [Theory]
    [InlineData("7")]
    [InlineData("0")]
    [InlineData("\"\"")]
    [InlineData("\"7\"")]
    [InlineData("\"a \\u00e9\"")]
    public async Task Refusal_AnyId_EchoesItAndPromisesTheSameWaitInBodyAndHeader(string id)
    {
        using HttpClient client = new();
        await using SluiceProgram gateway = await StartSpentAsync(client);

        using HttpRequestMessage request = McpHttp.Post(
            gateway.McpUrl, McpHttp.Echo(JsonNode.Parse(id)!), Caller.Alice.ApiKey);
        using HttpResponseMessage response = await client.SendAsync(request);
        JsonObject refusal = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        JsonNode.DeepEquals(refusal["id"], JsonNode.Parse(id)).ShouldBeTrue(refusal.ToJsonString());
        refusal["jsonrpc"]!.GetValue<string>().ShouldBe("2.0");
        Refusal.ShouldBe(refusal["error"], "perUser", "echo/perUser", maxTokens: 1);
        response.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBe(
            refusal["error"]!["data"]!["retryAfterSeconds"]!.GetValue<int>());
    }

    [Fact]
    public async Task Refusal_OfAUser_NamesNeitherTheUserNorTheKey()
    {
        using HttpClient client = new();
        await using SluiceProgram gateway = await StartSpentAsync(client);

        using HttpRequestMessage request = McpHttp.Post(gateway.McpUrl, McpHttp.Echo("x"), Caller.Alice.ApiKey);
        using HttpResponseMessage response = await client.SendAsync(request);
        string everything = $"{response.Headers} {await response.Content.ReadAsStringAsync()}";

        everything.ShouldNotContain(Caller.Alice.Name);
        everything.ShouldNotContain(Caller.Alice.KeyHash);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("alice-wrong-key")]
    public async Task Call_KeyIsMissingOrWrong_Is401WithAChallenge(string? apiKey)
    {
        using HttpClient client = new();
        await using SluiceProgram gateway = await StartSpentAsync(client);

        using HttpRequestMessage request = McpHttp.Post(gateway.McpUrl, McpHttp.Echo("x"), apiKey);
        using HttpResponseMessage response = await client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ShouldNotBeEmpty();
    }

    /// <summary>A gateway where Alice has made her one call.</summary>
    private async Task<SluiceProgram> StartSpentAsync(HttpClient client)
    {
        SluiceProgram gateway = await SluiceProgram.StartAsync(
            GatewayFile.Limiting(upstream.Url, "tools:", "  - { name: echo, perUser: 1/1d }"));
        using HttpRequestMessage request = McpHttp.Post(gateway.McpUrl, McpHttp.Echo("first"), Caller.Alice.ApiKey);
        using HttpResponseMessage response = await client.SendAsync(request);
        (await McpHttp.ReadMessageAsync(response)).ShouldContainKey("result");
        return gateway;
    }
}
