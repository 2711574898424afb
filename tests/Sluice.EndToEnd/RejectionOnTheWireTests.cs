using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Sluice.EndToEnd;

/// <summary>The bytes and headers of a rejection, which clients hide.</summary>
public sealed class RejectionOnTheWireTests(EverythingServer server) : IClassFixture<EverythingServer>, IDisposable
{
    private readonly HttpClient _http = new();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Rejection_AnyId_EchoesItAndPromisesTheSameWaitInBodyAndHeader()
    {
        await using SluiceProgram sluice = await StartSpentAsync();
        foreach (string id in new[] { "7", "0", "\"\"", "\"7\"", "\"é\"", "1.5" })
        {
            using HttpResponseMessage response = await EchoAsync(sluice, id, "key-of-alice");
            JsonNode rejection = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
            JsonNode.DeepEquals(rejection["id"], JsonNode.Parse(id)).ShouldBeTrue($"{id}: {rejection}");
            response.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBe(
                rejection["error"]!["data"]!["retryAfterSeconds"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task Rejection_OfAUser_NamesNeitherTheUserNorTheKey()
    {
        await using SluiceProgram sluice = await StartSpentAsync();

        using HttpResponseMessage response = await EchoAsync(sluice, "1", "key-of-alice");
        string everything = $"{response.Headers}{response.Content.Headers}{await response.Content.ReadAsStringAsync()}";

        everything.ShouldContain("Rate limit exceeded");
        everything.ShouldNotContain("alice");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("key-of-mallory")]
    public async Task Call_KeyIsMissingOrWrong_Is401WithAChallengeAndSpendsNothing(string? key)
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            SluiceProgram.Configuration(server.Endpoint, "{ shared: 1/1d }"));

        using HttpResponseMessage response = await EchoAsync(sluice, "1", key);
        using Session session = await Session.StartAsync(sluice.Endpoint, "key-of-alice");

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ShouldNotBeEmpty();
        (await session.PostAsync(Session.Echo(2))).Body.ShouldContain("Echo: hi");
    }

    /// <summary>A gateway where Alice has made her one call.</summary>
    private async Task<SluiceProgram> StartSpentAsync()
    {
        SluiceProgram sluice = await SluiceProgram.StartAsync(
            SluiceProgram.Configuration(server.Endpoint, "{ tools: [{ name: echo, perUser: 1/1d }] }"));
        using Session session = await Session.StartAsync(sluice.Endpoint, "key-of-alice");
        (await session.PostAsync(Session.Echo(1))).Body.ShouldContain("Echo: hi");
        return sluice;
    }

    private async Task<HttpResponseMessage> EchoAsync(SluiceProgram sluice, string id, string? key)
    {
        string body =
            $$"""{"jsonrpc":"2.0","id":{{id}},"method":"tools/call","params":{"name":"echo","arguments":{"message":"hi"} } }""";
        using HttpRequestMessage request = new(HttpMethod.Post, sluice.Endpoint)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("X-API-Key", key);
        }

        return await _http.SendAsync(request);
    }
}
