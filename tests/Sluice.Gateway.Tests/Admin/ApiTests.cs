using System.Net;
using System.Text.Json;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>What <c>/api/v1</c> tells of calls.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    private FakeUpstream _upstream = null!;

    private const string Unlimited = "{ name: free, upstream: \"http://127.0.0.1:1/mcp\" }";

    [Fact]
    public async Task Status_AfterCalls_CountsEachOutcomeOnce()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync($"[ {Limited("shared: 2/1d, tools: [ { name: soft, mode: permissive, shared: 1/1d } ]")}, {Unlimited} ]");
        await admin.CallAsync("/limited/mcp", "soft");
        await admin.CallAsync("/limited/mcp", "soft");
        await admin.CallAsync("/limited/mcp", "soft");
        await admin.CallAsync("/free/mcp");
        await admin.PostAsync("/limited/mcp", "no JSON");

        JsonElement calls = (await admin.JsonAsync("/api/v1/status")).GetProperty("calls");

        Number(calls, "allowed").ShouldBe(2);
        Number(calls, "refused").ShouldBe(1);
        Number(calls, "wouldRefuse").ShouldBe(1);
        Number(calls, "unmetered").ShouldBe(1);
        Number(calls, "invalid").ShouldBe(1);
    }

    [Fact]
    public async Task Status_CallerWithoutTheIdentityThatALimitNeeds_CountsAsRefused()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(
            $"[ {Limited("perUser: 2/1d, missingIdentity: reject")} ]",
            more: "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User }, anonymous: true }");
        await admin.CallAsync();

        Number((await admin.JsonAsync("/api/v1/status")).GetProperty("calls"), "refused").ShouldBe(1);
        Number((await admin.JsonAsync("/api/v1/limits")).GetProperty("limits")[0], "refused").ShouldBe(1);
    }

    [Fact]
    public async Task Status_Store_HasTheFieldsThatTheDashboardReads()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync($"[ {Limited("shared: 2/1d")} ]");

        JsonElement store = (await admin.JsonAsync("/api/v1/status")).GetProperty("store");

        store.EnumerateObject().Select(field => field.Name).ShouldBe(
            ["kind", "available", "since", "outages", "decidedWithout", "keys", "maxKeys", "debtFolds", "replicas"]);
    }

    [Fact]
    public async Task Status_Rate_IsThatOfTheLastCompleteSeconds()
    {
        ManualTimeProvider time = new();
        await using AdminFixture admin = await AdminFixture.StartAsync($"[ {Limited("shared: 10/1d")} ]", time: time);
        for (int call = 0; call < 15; call++)
        {
            await admin.CallAsync();
        }

        (await RateAsync(admin)).ShouldBe((0, 0)); // The running second is not complete.
        time.Advance(TimeSpan.FromSeconds(1));
        (await RateAsync(admin)).ShouldBe((2, 1));
        time.Advance(TimeSpan.FromSeconds(5));
        (await RateAsync(admin)).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Servers_BeforeAndAfterACall_TellsWhetherTheServerIsReached()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(
            $"[ {{ name: up, upstream: \"{_upstream.Endpoint}\" }}, {{ name: down, upstream: \"http://127.0.0.1:1/mcp\" }} ]");
        Reachable(await admin.JsonAsync("/api/v1/servers")).ShouldBe([JsonValueKind.Null, JsonValueKind.Null]);
        await admin.CallAsync("/up/mcp");
        await admin.CallAsync("/down/mcp");

        Reachable(await admin.JsonAsync("/api/v1/servers")).ShouldBe([JsonValueKind.True, JsonValueKind.False]);
    }

    [Fact]
    public async Task Servers_CallsOfTheLastHour_AreToldByMinutes()
    {
        ManualTimeProvider time = new();
        await using AdminFixture admin = await AdminFixture.StartAsync($"[ {Limited("shared: 1/1d")} ]", time: time);
        await admin.CallAsync();
        time.Advance(TimeSpan.FromMinutes(2));
        await admin.CallAsync();

        JsonElement history = (await admin.JsonAsync("/api/v1/servers")).GetProperty("servers")[0].GetProperty("history");

        Number(history, "stepMs").ShouldBe(60_000);
        Numbers(history, "allowed").Length.ShouldBe(60);
        Numbers(history, "allowed")[^3..].ShouldBe([1, 0, 0]);
        Numbers(history, "refused")[^3..].ShouldBe([0, 0, 1]);
    }

    [Fact]
    public async Task History_OfFiveMinutes_HasAPointForEachSecond()
    {
        ManualTimeProvider time = new();
        await using AdminFixture admin = await AdminFixture.StartAsync($"[ {Limited("shared: 2/1d")}, {Unlimited} ]", time: time);
        time.Advance(TimeSpan.FromMinutes(10));
        await admin.CallAsync("/limited/mcp");
        time.Advance(TimeSpan.FromSeconds(1));
        await admin.CallAsync("/limited/mcp");
        await admin.CallAsync("/limited/mcp");

        JsonElement all = await admin.JsonAsync("/api/v1/history");
        JsonElement server = await admin.JsonAsync("/api/v1/servers/limited/history?span=5m");

        Number(all, "stepMs").ShouldBe(1000);
        Numbers(all, "allowed").Length.ShouldBe(300);
        Numbers(all, "allowed")[^3..].ShouldBe([0, 1, 1]);
        Numbers(all, "refused")[^3..].ShouldBe([0, 0, 1]);
        Numbers(server, "allowed").ShouldBe(Numbers(all, "allowed"));
        all.GetProperty("from").GetDateTimeOffset().ShouldBe(time.GetUtcNow().AddSeconds(-299), TimeSpan.FromSeconds(1));
        Numbers(await admin.JsonAsync("/api/v1/servers/free/history"), "allowed").ShouldAllBe(count => count == 0);
    }

    [Fact]
    public async Task History_OfAnHour_HasAPointForEachTenSeconds()
    {
        ManualTimeProvider time = new();
        await using AdminFixture admin = await AdminFixture.StartAsync($"[ {Limited("shared: 9/1d")} ]", time: time);
        await admin.CallAsync();
        time.Advance(TimeSpan.FromMinutes(50));
        await admin.CallAsync();
        await admin.CallAsync();

        JsonElement hour = await admin.JsonAsync("/api/v1/history?span=1h");

        Number(hour, "stepMs").ShouldBe(10_000);
        long[] allowed = Numbers(hour, "allowed");
        allowed.Length.ShouldBe(360);
        allowed[^1].ShouldBe(2);
        allowed[^301].ShouldBe(1);
        allowed.Sum().ShouldBe(3);
    }

    [Fact]
    public async Task Limits_AfterCalls_TellsTheNumbersOfEach()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(
            $"[ {Limited("shared: 2/1m, tools: [ { name: \"<img onerror=x>\", mode: permissive, shared: { maxTokens: 1, refillPeriod: 1h, algorithm: fixedWindow } } ], concurrency: { shared: 5 }")} ]");
        for (int call = 0; call < 3; call++)
        {
            await admin.CallAsync(tool: "<img onerror=x>");
        }

        JsonElement answer = await admin.JsonAsync("/api/v1/limits");

        answer.GetProperty("truncated").GetBoolean().ShouldBeFalse();
        JsonElement shared = Limit(answer, "shared");
        shared.GetProperty("text").GetString().ShouldBe("2 per 1m, token bucket");
        shared.GetProperty("kind").GetString().ShouldBe("rate");
        shared.GetProperty("mode").GetString().ShouldBe("enforce");
        shared.GetProperty("operation").ValueKind.ShouldBe(JsonValueKind.Null);
        (Number(shared, "allowed"), Number(shared, "refused"), Number(shared, "wouldRefuse")).ShouldBe((2, 1, 0));
        Numbers(shared.GetProperty("history"), "refused")[^1].ShouldBe(1);
        Numbers(shared.GetProperty("history"), "allowed").Length.ShouldBe(60);
        JsonElement tool = Limit(answer, "<img onerror=x>/shared");
        tool.GetProperty("text").GetString().ShouldBe("1 per 1h, fixed window");
        tool.GetProperty("mode").GetString().ShouldBe("permissive");
        (Number(tool, "allowed"), Number(tool, "refused"), Number(tool, "wouldRefuse")).ShouldBe((1, 0, 2));
        Limit(answer, "shared/concurrency").GetProperty("kind").GetString().ShouldBe("concurrency");
        (await admin.GetAsync("/api/v1/limits")).Body.ShouldNotContain("<img"); // Safe even in a page that embeds it.
        (await admin.JsonAsync("/api/v1/limits?server=limited&limit=shared")).GetProperty("limits").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Limits_MoreThanAnAnswerHolds_AreTruncated()
    {
        string tools = string.Join(", ", Enumerable.Range(0, 600).Select(tool => $"{{ name: tool-{tool}, shared: 5/1m, perUser: 5/1m }}"));
        await using AdminFixture admin = await AdminFixture.StartAsync(
            $"[ {Limited($"tools: [ {tools} ]")} ]", more: "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User }, anonymous: true }");

        JsonElement answer = await admin.JsonAsync("/api/v1/limits");

        answer.GetProperty("limits").GetArrayLength().ShouldBe(LimitsResource.MaxLimits);
        answer.GetProperty("truncated").GetBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData("/api/v1/history?span=2h", 400, "Write 5m or 1h")]
    [InlineData("/api/v1/history?span=", 400, "Write 5m or 1h")]
    [InlineData("/api/v1/refused?span=", 400, "Write 5m or 1h")]
    [InlineData("/api/v1/limits?limit=shred", 404, "Did you mean 'shared'?")]
    [InlineData("/api/v1/limits?server=limited&limit=zzzzzz", 404, "No limit of 'limited' has the name 'zzzzzz'. /api/v1/limits lists the limits.")]
    [InlineData("/api/v1/buckets?server=limited&limit=shred", 404, "Did you mean 'shared'?")]
    [InlineData("/api/v1/buckets?limit=", 404, "No limit has the name")]
    [InlineData("/api/v1/history?spam=5m", 400, "Did you mean 'span'?")]
    [InlineData("/api/v1/history?span=5m&span=1h", 400, "'span' is there 2 times")]
    [InlineData("/api/v1/status?x=1", 400, "'x' is not a parameter, and there are none")]
    [InlineData("/api/v1/servers/limitd/history", 404, "Did you mean 'limited'?")]
    [InlineData("/api/v1/limits?server=limitd", 404, "Did you mean 'limited'?")]
    [InlineData("/api/v1/nothing", 404, "Nothing is at this path")]
    public async Task Request_ThatIsWrong_GetsAProblemThatSaysTheWayOut(string path, int status, string detail)
    {
        await using AdminFixture admin = await AdminFixture.StartAsync($"[ {Limited("shared: 2/1d")} ]");

        using HttpResponseMessage response = await admin.Client.GetAsync(path);

        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/problem+json");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        JsonElement problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Number(problem, "status").ShouldBe(status);
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
    }

    [Fact]
    public async Task Config_OfJournals_IsShownWithDefaultsAndWithoutPaths()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-");
        try
        {
            string file = Path.Combine(folder.FullName, "calls.jsonl");
            await using AdminFixture admin = await AdminFixture.StartAsync(
                $"[ {Unlimited} ]", more: $"audit: {{ identities: clear }}\nrecord: {{ file: {file}, rotate: 1MiB }}\ndecisionIds: true");

            JsonElement document = (await admin.JsonAsync("/api/v1/config")).GetProperty("document");

            document.GetProperty("audit").GetRawText().ShouldBe("""{"file":null,"rotate":null,"keep":null,"identities":"clear"}""");
            document.GetProperty("record").GetRawText().ShouldBe("""{"file":"***","rotate":1048576,"keep":10}""");
            document.GetProperty("decisionIds").GetBoolean().ShouldBeTrue();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Config_WithoutJournals_SaysSo()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync($"[ {Unlimited} ]");

        JsonElement document = (await admin.JsonAsync("/api/v1/config")).GetProperty("document");

        document.GetProperty("audit").ValueKind.ShouldBe(JsonValueKind.Null);
        document.GetProperty("record").ValueKind.ShouldBe(JsonValueKind.Null);
        document.GetProperty("decisionIds").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Request_WithoutTheToken_GetsAProblem()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(
            $"[ {Limited("shared: 2/1d")} ]", $"{{ listen: \"http://127.0.0.1:0\", token: {AdminFixture.Token} }}");

        (HttpStatusCode status, string body) = await admin.GetAsync("/api/v1/status");

        status.ShouldBe(HttpStatusCode.Unauthorized);
        Number(JsonDocument.Parse(body).RootElement, "status").ShouldBe(401);
        (await admin.GetAsync("/api/v1/status", AdminFixture.Token)).Status.ShouldBe(HttpStatusCode.OK);
    }

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));

    public Task DisposeAsync() => _upstream.DisposeAsync().AsTask();

    private string Limited(string limits) =>
        $"{{ name: limited, upstream: \"{_upstream.Endpoint}\", rateLimiting: {{ {limits} }} }}";

    private static async Task<(double Allowed, double Refused)> RateAsync(AdminFixture admin)
    {
        JsonElement rate = (await admin.JsonAsync("/api/v1/status")).GetProperty("calls").GetProperty("perSecond");
        return (rate.GetProperty("allowed").GetDouble(), rate.GetProperty("refused").GetDouble());
    }

    private static JsonValueKind[] Reachable(JsonElement servers) =>
        [.. servers.GetProperty("servers").EnumerateArray().Select(server => server.GetProperty("reachable").ValueKind)];

    private static JsonElement Limit(JsonElement answer, string name) =>
        answer.GetProperty("limits").EnumerateArray().Single(limit => limit.GetProperty("limit").GetString() == name);

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private static long[] Numbers(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(number => number.GetInt64())];
}
