namespace Sluice.EndToEnd;

/// <summary>Refunds of a gateway whose buckets are in Redis.</summary>
public sealed class RedisRefundTests
{
    [Fact]
    public async Task Calls_ConnectionRefused_LeaveTheBucketInRedisFull()
    {
        const string Limits = "{ perUser: 1/1d }";
        using RedisServer redis = RedisServer.Start();
        string store = $"store: {{ redis: '{redis.Configuration}', timeout: 5s }}";
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        await using SluiceProgram broken = await SluiceProgram.StartAsync(
            $"{SluiceProgram.Configuration(new Uri($"http://127.0.0.1:{FreePort.Next()}/mcp"), Limits)}\n{store}");
        await using SluiceProgram working = await SluiceProgram.StartAsync(
            $"{SluiceProgram.Configuration(await upstream.ServerEndpointAsync(), Limits)}\n{store}");
        using HttpClient http = new();

        for (int id = 0; id < 3; id++)
        {
            (await EchoCalls.PostAsync(http, broken.Endpoint, "alice", id)).ShouldContain("did not answer");
        }

        // The other gateway finds the bucket in Redis, with the one token that it had.
        EchoCalls.IsAdmitted(await EchoCalls.PostAsync(http, working.Endpoint, "alice", 3)).ShouldBeTrue();
        EchoCalls.IsRefused(await EchoCalls.PostAsync(http, broken.Endpoint, "alice", 4)).ShouldBeTrue();
    }
}
