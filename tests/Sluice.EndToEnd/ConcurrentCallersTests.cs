namespace Sluice.EndToEnd;

/// <summary>Many callers at the same instant get exactly what the bucket holds.</summary>
[Collection(RealServers.Name)]
public sealed class ConcurrentCallersTests(ModernServer upstream)
{
    private const int Callers = 200;
    private const int Tokens = 50;

    [Fact]
    public async Task Calls_MoreThanTheBucketHolds_ExactlyItsTokensAreAnswered()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            GatewayFile.Limiting(upstream.Url, $"shared: {Tokens}/1d"));
        int callsBefore = upstream.ToolCalls;

        JsonObject[] answers = await CallAtOnceAsync(gateway.McpUrl);

        answers.Select(answer => answer["id"]!.GetValue<int>()).ShouldBe(Enumerable.Range(0, Callers));
        answers.Count(answer => answer.ContainsKey("result")).ShouldBe(Tokens);
        JsonObject[] refusals = [.. answers.Where(answer => answer.ContainsKey("error"))];
        refusals.Length.ShouldBe(Callers - Tokens);
        refusals.ShouldAllBe(refusal => refusal["error"]!["code"]!.GetValue<int>() == 429);
        Refusal.ShouldBe(refusals[0]["error"], "shared", "shared", maxTokens: Tokens);
        (upstream.ToolCalls - callsBefore).ShouldBe(Tokens);
    }

    private static async Task<JsonObject[]> CallAtOnceAsync(Uri url)
    {
        using HttpClient client = new();
        TaskCompletionSource start = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<JsonObject>[] calls = [.. Enumerable.Range(0, Callers).Select(id => CallAsync(client, url, id, start.Task))];
        start.SetResult();
        return await Task.WhenAll(calls);
    }

    private static async Task<JsonObject> CallAsync(HttpClient client, Uri url, int id, Task start)
    {
        await start;
        Caller caller = id % 2 == 0 ? Caller.Alice : Caller.Bob;
        using HttpRequestMessage request = McpHttp.Post(url, McpHttp.Echo(JsonValue.Create(id)), caller.ApiKey);
        using HttpResponseMessage response = await client.SendAsync(request);
        return await McpHttp.ReadMessageAsync(response);
    }
}
