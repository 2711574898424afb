using System.Net.Http.Headers;
using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>A gateway with shares over a Redis that evicts keys says so.</summary>
public sealed class ShareReadinessTests
{
    private const string Token = "token-of-the-share-readiness-tests";

    [Fact]
    public async Task Readiness_RedisEvicts_StatesWhySharesAreOff()
    {
        using RedisServer redis = RedisServer.Start();
        redis.Send("CONFIG", "SET", "maxmemory-policy", "allkeys-lru").ShouldContain("OK");
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            SluiceProgram.Configuration("http://127.0.0.1:1/mcp", "{ perUser: 1000/1s }")
            + $"\nstore: {{ redis: '{redis.Configuration}', timeout: 5s, shares: {{}} }}\nadmin: {{ listen: 'http://127.0.0.1:0', token: {Token} }}\n");
        using HttpClient http = new() { BaseAddress = await gateway.AdminAsync() };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);

        JsonElement store = JsonDocument.Parse(await http.GetStringAsync("readyz")).RootElement.GetProperty("store");

        store.GetProperty("available").GetBoolean().ShouldBeTrue();
        store.GetProperty("fault").GetString().ShouldBe("Redis evicts keys (maxmemory-policy allkeys-lru), and shares need noeviction.");
    }
}
