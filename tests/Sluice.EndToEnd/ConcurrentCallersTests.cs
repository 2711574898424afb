using System.Net.Http.Json;

namespace Sluice.EndToEnd;

public sealed class ConcurrentCallersTests
{
    [Fact]
    public async Task Calls_TwoHundredAtOnceOnABucketOfFifty_AdmitExactlyFifty()
    {
        const int Callers = 200;
        const int Capacity = 50;
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        Uri demoServer = await upstream.ServerEndpointAsync();
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            SluiceProgram.Configuration(demoServer, $"{{ shared: {Capacity}/1d }}"));
        using HttpClient http = new();

        string[] answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(id => CallAsync(http, sluice.Endpoint, id)));

        answers.Count(answer => answer.Contains("Echo: ", StringComparison.Ordinal)).ShouldBe(Capacity);
        answers.Count(answer => answer.Contains("\"code\":429", StringComparison.Ordinal)).ShouldBe(Callers - Capacity);
    }

    private static async Task<string> CallAsync(HttpClient http, Uri endpoint, int id)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, endpoint)
        {
            Content = JsonContent.Create(new
            {
                jsonrpc = "2.0",
                id,
                method = "tools/call",
                @params = new { name = "echo", arguments = new { message = $"{id}" } },
            }),
        };
        request.Headers.Authorization = new("Bearer", id % 2 == 0 ? "key-of-alice" : "key-of-bob");
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using HttpResponseMessage response = await http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }
}
