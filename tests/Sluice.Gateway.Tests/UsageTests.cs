using System.Net;
using System.Text.Json;
using Sluice.Gateway.Tests.Admin;
using Sluice.Redis;

namespace Sluice.Gateway.Tests;

/// <summary>What a caller is told of its own limits.</summary>
public sealed class UsageTests : IAsyncLifetime
{
    private const string BobKey = "key-of-bob";
    private static readonly string Keys =
        $"auth: {{ apiKeys: [{{ user: alice, sha256: {GatewayFixture.HashOf(GatewayFixture.AliceKey)} }}, {{ user: bob, sha256: {GatewayFixture.HashOf(BobKey)} }}] }}";

    private readonly ManualTimeProvider _time = new();
    private FakeUpstream _upstream = null!;

    [Fact]
    public async Task Limits_WithAKey_TellTheCallersOwnBucketsAndChargeNothing()
    {
        await using GatewayFixture gateway = await StartAsync("shared: 100/1m, perUser: 10/1m, tools: [ { name: search, perUser: 3/1h }, { name: \"echo_*\", perUser: 4/1h } ]", Keys);
        await CallAsync(gateway, GatewayFixture.AliceKey, "search");
        await CallAsync(gateway, BobKey, "search");
        await CallAsync(gateway, BobKey, "search");

        for (int look = 0; look < 3; look++)
        {
            JsonElement alice = await LimitsAsync(gateway, GatewayFixture.AliceKey);
            Remaining(alice).ShouldBe([("shared", 97), ("perUser", 9), ("search/perUser", 2), ("echo_*/perUser", 4)], ignoreOrder: true);
        }

        Remaining(await LimitsAsync(gateway, BobKey)).ShouldContain(("search/perUser", 1));
        JsonElement own = (await LimitsAsync(gateway, GatewayFixture.AliceKey)).EnumerateArray().Single(limit => limit.GetProperty("limit").GetString() == "search/perUser");
        own.GetRawText().ShouldBe("""{"limit":"search/perUser","scope":"perUser","maxTokens":3,"remaining":2,"resetAfterMs":1200000}""");
        _upstream.Received.Count.ShouldBe(3); // The server is not asked.
    }

    [Fact]
    public async Task Limits_OfOneTool_AreThoseOfItsCallsWithHeaders()
    {
        await using GatewayFixture gateway = await StartAsync("perUser: 10/1m, tools: [ { name: search, perUser: 3/1h }, { name: other, perUser: 3/1h } ]", Keys);
        await CallAsync(gateway, GatewayFixture.AliceKey, "search");

        using HttpResponseMessage response = await GetAsync(gateway, "/one/limits?tool=search", GatewayFixture.AliceKey);

        Remaining(await ReadAsync(response)).ShouldBe([("perUser", 9), ("search/perUser", 2)]);
        response.Headers.GetValues("RateLimit").Single().ShouldBe("\"perUser\";r=9;t=6, \"search/perUser\";r=2;t=1200");
        response.Headers.GetValues("RateLimit-Policy").Single().ShouldBe("\"perUser\";q=10;w=60, \"search/perUser\";q=3;w=3600");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Fact]
    public async Task Limits_CallerWithAnOverride_TellsItsNumbers()
    {
        await using GatewayFixture gateway = await StartAsync("perUser: 10/1m, overrides: [ { when: { users: [bob] }, perUser: 50/1m } ]", Keys);

        Remaining(await LimitsAsync(gateway, GatewayFixture.AliceKey)).ShouldBe([("perUser", 10)]);
        Remaining(await LimitsAsync(gateway, BobKey)).ShouldBe([("perUser", 50)]);
    }

    [Fact]
    public async Task Limits_OfEntriesWithConditions_AreFoundByTheirOperations()
    {
        await using GatewayFixture gateway = await StartAsync(
            "limits: [ { name: renders, per: [user], rate: 5/1h, when: { tools: [render, \"draw_*\"] } } ], concurrency: { perUser: 2 }", Keys);
        await CallAsync(gateway, GatewayFixture.AliceKey, "draw_cat");

        Remaining(await LimitsAsync(gateway, GatewayFixture.AliceKey)).ShouldBe([("perUser/concurrency", 2), ("renders", 4)], ignoreOrder: true);
    }

    [Fact]
    public async Task Limits_AllSlotsAreInUse_SayThatTheirReturnIsNotKnown()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource ends = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream slow = await FakeUpstream.StartAsync(async context =>
        {
            arrived.SetResult();
            await ends.Task;
            await FakeUpstream.Json("{}")(context);
        });
        await using GatewayFixture gateway = await StartAsync("perUser: 10/1m, concurrency: { perUser: 1 }", Keys, slow.Endpoint);
        Task call = CallAsync(gateway, GatewayFixture.AliceKey, "render");
        await arrived.Task;

        JsonElement[] during = [.. (await LimitsAsync(gateway, GatewayFixture.AliceKey)).EnumerateArray()];
        ends.SetResult();
        await call;
        await Eventually.HoldsAsync(() => gateway.Gate.RunningWithSlots == 0);
        JsonElement[] after = [.. (await LimitsAsync(gateway, GatewayFixture.AliceKey)).EnumerateArray()];

        during.Select(limit => limit.GetRawText()).ShouldBe(
        [
            """{"limit":"perUser","scope":"perUser","maxTokens":10,"remaining":9,"resetAfterMs":6000}""",
            """{"limit":"perUser/concurrency","scope":"perUser","maxTokens":1,"remaining":0,"resetAfterMs":null}""",
        ], ignoreOrder: true);
        after.Select(limit => limit.GetRawText()).ShouldContain(
            """{"limit":"perUser/concurrency","scope":"perUser","maxTokens":1,"remaining":1,"resetAfterMs":null}""");
    }

    [Fact]
    public async Task Limits_BucketThatAdmitsNothing_SayThatItNeverFills()
    {
        await using GatewayFixture gateway = await StartAsync("perUser: 10/1m, overrides: [ { when: { users: [bob] }, perUser: 0 } ]", Keys);

        (await LimitsAsync(gateway, BobKey)).EnumerateArray().Single().GetRawText()
            .ShouldBe("""{"limit":"perUser","scope":"perUser","maxTokens":0,"remaining":0,"resetAfterMs":null}""");
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("wrong-key", 401)]
    public async Task Limits_WithoutTheCallersCredentials_AreRejected(string? key, int expected)
    {
        await using GatewayFixture gateway = await StartAsync("perUser: 10/1m", Keys);

        using HttpResponseMessage response = await GetAsync(gateway, "/one/limits", key);

        ((int)response.StatusCode).ShouldBe(expected);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("remaining");
    }

    [Fact]
    public async Task Limits_BehindATrustedProxy_AreThoseOfTheUserThatItNames()
    {
        await using GatewayFixture gateway = await StartAsync("perUser: 10/1m", "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User } }");
        using HttpRequestMessage call = GatewayFixture.Post(TokenScene.Call);
        call.Headers.Add("X-User", "alice");
        using HttpResponseMessage called = await gateway.Client.SendAsync(call);

        Remaining(await AsUserAsync(gateway, "alice")).ShouldBe([("perUser", 9)]);
        Remaining(await AsUserAsync(gateway, "bob")).ShouldBe([("perUser", 10)]);
        (await GetAsync(gateway, "/one/limits", key: null)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Limits_WithAToken_AreThoseOfItsUser()
    {
        await using TokenScene scene = await TokenScene.StartAsync("{ perUser: 10/1d }", server: ", usage: true");
        string token = scene.Provider.Token();
        await scene.CallAsync(token);

        using HttpRequestMessage request = new(HttpMethod.Get, "/one/limits");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using HttpResponseMessage response = await scene.Gateway.Client.SendAsync(request);

        Remaining(await ReadAsync(response)).ShouldBe([("perUser", 9)]);
        using HttpResponseMessage without = await scene.Gateway.Client.GetAsync("/one/limits");
        without.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        without.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("Bearer");
    }

    [Fact]
    public async Task Limits_WithoutAuth_AreThoseOfEveryCaller()
    {
        await using GatewayFixture gateway = await StartAsync("shared: 10/1m", "");
        await CallAsync(gateway, key: null, "x");

        Remaining(await LimitsAsync(gateway, key: null)).ShouldBe([("shared", 9)]);
    }

    [Fact]
    public async Task Limits_CallerWithoutTheIdentityThatALimitNeeds_HasNothingLeft()
    {
        await using GatewayFixture gateway = await StartAsync(
            "perUser: 10/1m, missingIdentity: reject", "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User }, anonymous: true }");

        JsonElement limit = (await LimitsAsync(gateway, key: null))[0];

        limit.GetProperty("remaining").GetInt32().ShouldBe(0);
        limit.GetProperty("resetAfterMs").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Limits_MoreThanOneDecisionTakes_AreAllTold()
    {
        string tools = string.Join(", ", Enumerable.Range(0, 100).Select(tool => $"{{ name: tool-{tool}, shared: 5/1m }}"));
        await using GatewayFixture gateway = await StartAsync($"tools: [ {tools} ]", "");
        await CallAsync(gateway, key: null, "tool-77");

        (string, int)[] limits = Remaining(await LimitsAsync(gateway, key: null));

        limits.Length.ShouldBe(100);
        limits.ShouldContain(("tool-77/shared", 4));
        limits.Sum(limit => limit.Item2).ShouldBe(499);
    }

    [Theory]
    [InlineData("GET", "/one/limits?tol=x", 400, "Did you mean 'tool'?")]
    [InlineData("GET", "/one/limits?tool=", 400, "Name a tool")]
    [InlineData("POST", "/one/limits", 405, "read by GET")]
    [InlineData("GET", "/two/limits", 404, "No MCP server")]
    public async Task Limits_BadRequest_SaysTheWayOut(string method, string path, int expected, string message)
    {
        await using GatewayFixture gateway = await StartAsync("shared: 10/1m", "");
        using HttpRequestMessage request = new(new HttpMethod(method), path);

        (HttpStatusCode status, string body) = await gateway.SendAsync(request);

        ((int)status).ShouldBe(expected);
        JsonDocument.Parse(body).RootElement.GetProperty("error").GetString()!.ShouldContain(message);
    }

    [Fact]
    public async Task Limits_NotTurnedOn_AreNotFound()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(_upstream.Endpoint);

        (await GetAsync(gateway, "/one/limits", key: null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Limits_StoreDoesNotAnswer_AreNotGuessed()
    {
        await using RedisStore redis = RedisStore.Connect(new RedisStoreOptions { Configuration = "127.0.0.1:1", Timeout = TimeSpan.FromMilliseconds(20) });
        await using AdminFixture admin = await AdminFixture.StartAsync(
            $"[ {{ name: one, upstream: \"{_upstream.Endpoint}\", usage: true, rateLimiting: {{ shared: 5/1d, onStoreFailure: deny }} }} ]", store: redis);

        using HttpResponseMessage response = await admin.GatewayClient.GetAsync("/one/limits");

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Limits_PageOfAConfiguredOrigin_MayReadThem()
    {
        await using GatewayFixture gateway = await StartAsync("shared: 10/1m", "cors: { origins: [\"https://app.example\"] }");
        using HttpRequestMessage request = new(HttpMethod.Get, "/one/limits");
        request.Headers.Add("Origin", "https://app.example");

        using HttpResponseMessage response = await gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe("https://app.example");
        response.Headers.GetValues("Access-Control-Expose-Headers").Single().ShouldContain("RateLimit");
        using HttpRequestMessage other = new(HttpMethod.Get, "/one/limits");
        other.Headers.Add("Origin", "http://localhost:9");
        using HttpResponseMessage unread = await gateway.Client.SendAsync(other);
        unread.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));

    public Task DisposeAsync() => _upstream.DisposeAsync().AsTask();

    private Task<GatewayFixture> StartAsync(string limits, string more, Uri? upstream = null) => GatewayFixture.StartAsync(
        $"listen: http://127.0.0.1:0\n{more}\nservers: [ {{ name: one, upstream: \"{upstream ?? _upstream.Endpoint}\", usage: true, rateLimiting: {{ {limits} }} }} ]",
        _time);

    private static async Task CallAsync(GatewayFixture gateway, string? key, string tool)
    {
        HttpRequestMessage request = GatewayFixture.Post(
            $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{tool}}}"}}""");
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        await gateway.SendAsync(request);
    }

    private static async Task<JsonElement> LimitsAsync(GatewayFixture gateway, string? key)
    {
        using HttpResponseMessage response = await GetAsync(gateway, "/one/limits", key);
        return await ReadAsync(response);
    }

    private static async Task<HttpResponseMessage> GetAsync(GatewayFixture gateway, string path, string? key)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        return await gateway.Client.SendAsync(request);
    }

    private static async Task<JsonElement> AsUserAsync(GatewayFixture gateway, string user)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/one/limits");
        request.Headers.Add("X-User", user);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request);
        return await ReadAsync(response);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, body);
        return JsonDocument.Parse(body).RootElement.GetProperty("limits");
    }

    private static (string Limit, int Remaining)[] Remaining(JsonElement limits) =>
        [.. limits.EnumerateArray().Select(limit => (limit.GetProperty("limit").GetString()!, limit.GetProperty("remaining").GetInt32()))];
}
