using System.Net;
using System.Text;
using System.Text.Json;
using Sluice.Redis;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>What the admin API tells of buckets, and how it changes them.</summary>
public sealed class BucketsApiTests : IAsyncLifetime
{
    private const string Proxy = "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User, tenantHeader: X-Tenant }, anonymous: true }";
    private readonly ManualTimeProvider _time = new();
    private FakeUpstream _upstream = null!;

    [Fact]
    public async Task Buckets_AfterCalls_AreTheFullestFirstWithHashedCallers()
    {
        await using AdminFixture admin = await StartAsync("perUser: 10/1m, shared: 100/1m, tools: [ { name: search, perUser: 2/1h } ]");
        await admin.CallAsync(user: "alice");
        await admin.CallAsync(user: "alice", tool: "search");
        await admin.CallAsync(user: "bob");

        JsonElement answer = await admin.JsonAsync("/api/v1/buckets");

        JsonElement[] buckets = [.. answer.GetProperty("buckets").EnumerateArray()];
        buckets.Select(bucket => bucket.GetProperty("limit").GetString()).ShouldBe(["search/perUser", "perUser", "perUser", "shared"]);
        buckets.Select(bucket => bucket.GetProperty("level").GetInt32()).ShouldBe([1, 8, 9, 97]);
        string?[] callers = [.. buckets.Select(bucket => bucket.GetProperty("caller").GetString())];
        callers[0].ShouldBe(callers[1]);
        callers[1].ShouldNotBe(callers[2]);
        callers[3].ShouldBeNull();
        callers[0]!.ShouldMatch("^[0-9a-f]{16}$");
        buckets[1].GetProperty("fullInMs").GetInt64().ShouldBe(12_000);
        answer.GetProperty("complete").GetBoolean().ShouldBeTrue();
        answer.GetRawText().ShouldNotContain("alice");
        (await admin.JsonAsync("/api/v1/buckets?limit=perUser&top=1")).GetProperty("buckets").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Held_SlotsInUse_AreTold()
    {
        TaskCompletionSource reached = new();
        TaskCompletionSource answer = new();
        await using FakeUpstream slow = await FakeUpstream.StartAsync(async context =>
        {
            reached.TrySetResult();
            await answer.Task;
            await FakeUpstream.Json("{}")(context);
        });
        await using AdminFixture admin = await StartAsync("concurrency: { perUser: 3 }", slow);
        Task call = admin.CallAsync(user: "alice");
        await reached.Task;

        JsonElement slots = (await admin.JsonAsync("/api/v1/held")).GetProperty("slots")[0];

        slots.GetProperty("limit").GetString().ShouldBe("perUser/concurrency");
        (slots.GetProperty("used").GetInt32(), slots.GetProperty("of").GetInt32()).ShouldBe((1, 3));
        (await admin.JsonAsync("/api/v1/status")).GetProperty("slots").GetInt32().ShouldBe(1);
        answer.SetResult();
        await call;
    }

    [Fact]
    public async Task Held_CallThatWaits_IsToldWithItsWait()
    {
        await using AdminFixture admin = await StartAsync("shared: 1/10s, wait: 30s");
        await admin.CallAsync(user: "alice");
        Task call = admin.CallAsync(user: "alice");
        while ((await admin.JsonAsync("/api/v1/status")).GetProperty("held").GetInt32() == 0)
        {
            await Task.Yield();
        }

        _time.Advance(TimeSpan.FromSeconds(4));

        JsonElement held = (await admin.JsonAsync("/api/v1/held")).GetProperty("held")[0];
        held.GetProperty("limit").GetString().ShouldBe("shared");
        (held.GetProperty("sinceMs").GetInt64(), held.GetProperty("waitMs").GetInt64()).ShouldBe((4_000, 6_000));
        _time.Advance(TimeSpan.FromSeconds(6));
        await call;
    }

    [Fact]
    public async Task Held_MoreThanAnAnswerHolds_SaysHowManyAreLeftOut()
    {
        await using AdminFixture admin = await StartAsync("shared: { maxTokens: 600, refillPeriod: 1m, burst: 1 }, wait: 60s");
        Task[] calls = [.. Enumerable.Range(0, HeldResource.Max + 4).Select(_ => admin.CallAsync(user: "alice"))];
        await Eventually.HoldsAsync(async () =>
            (await admin.JsonAsync("/api/v1/status")).GetProperty("held").GetInt32() == HeldResource.Max + 3);

        JsonElement answer = await admin.JsonAsync("/api/v1/held");

        answer.GetProperty("held").GetArrayLength().ShouldBe(HeldResource.Max);
        answer.GetProperty("truncated").GetBoolean().ShouldBeTrue();
        answer.GetProperty("heldLeftOut").GetInt32().ShouldBe(3);
        answer.GetProperty("slotsLeftOut").GetInt32().ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(60));
        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task Try_CallThatWouldBeRejected_SaysWhyAndChargesNothing()
    {
        await using AdminFixture admin = await StartAsync("perUser: 2/1m, perTenant: 9/1m, missingIdentity: skip, tools: [ { name: search, shared: 5/1m } ]");
        await admin.CallAsync(user: "alice");
        const string Request = """{ "server": "limited", "name": "x", "user": "alice" }""";

        for (int attempt = 0; attempt < 3; attempt++)
        {
            JsonElement allowed = await TryAsync(admin, Request);
            allowed.GetProperty("outcome").GetString().ShouldBe("allowed");
            Limit(allowed, "perUser").GetProperty("level").GetInt32().ShouldBe(1);
        }

        await admin.CallAsync(user: "alice");
        JsonElement refused = await TryAsync(admin, Request);
        refused.GetProperty("outcome").GetString().ShouldBe("refused");
        refused.GetProperty("retryAfterMs").GetInt64().ShouldBe(30_000);
        Limit(refused, "perUser").GetProperty("why").GetString().ShouldBe("Its bucket lacks the tokens.");
        Limit(refused, "search/shared").GetProperty("why").GetString().ShouldBe("It is on the tool 'search'.");
        Limit(refused, "perTenant").GetProperty("why").GetString().ShouldBe("It counts by perTenant, and the caller has no tenant.");
        (await TryAsync(admin, """{ "server": "limited", "name": "x", "user": "bob", "cost": 3 }""")).GetProperty("outcome").GetString().ShouldBe("unsatisfiable");
        (await TryAsync(admin, """{ "server": "limited", "operation": "ping" }""")).GetProperty("outcome").GetString().ShouldBe("unmetered");
    }

    [Fact]
    public async Task Try_Claims_SelectOverridesAndKeys()
    {
        await using AdminFixture admin = await StartAsync(
            "limits: [ { name: team, per: [claim:team], rate: 3/1m } ], missingIdentity: skip",
            more: "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User, claimHeaders: { team: X-Team } }, anonymous: true }");

        JsonElement answer = await TryAsync(admin, """{ "server": "limited", "name": "x", "user": "alice", "claims": { "team": ["red", "blue"] } }""");

        Limit(answer, "team").GetProperty("applies").GetBoolean().ShouldBeTrue();
        Limit(await TryAsync(admin, """{ "server": "limited", "name": "x", "user": "alice" }"""), "team").GetProperty("applies").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Reset_OneUser_FillsItsBucketsAndNoOther()
    {
        await using AdminFixture admin = await StartAsync("perUser: 1/1h, shared: 4/1h, tools: [ { name: search, perUser: 1/1h } ]");
        using CapturedLog log = admin.Capture();
        await admin.CallAsync(user: "alice", tool: "search");
        await admin.CallAsync(user: "bob", tool: "search");
        (await admin.CallAsync(user: "alice", tool: "search")).ShouldContain("\"error\"");

        (HttpStatusCode status, JsonElement body) = await admin.SendAsync("/api/v1/reset", """{ "server": "limited", "user": "alice" }""");

        status.ShouldBe(HttpStatusCode.OK, body.GetRawText());
        body.GetProperty("reset").GetInt32().ShouldBe(2);
        body.GetProperty("limits").EnumerateArray().Select(limit => limit.GetString()).ShouldBe(["perUser", "search/perUser"]);
        (await admin.CallAsync(user: "alice", tool: "search")).ShouldNotContain("\"error\"");
        (await admin.CallAsync(user: "bob", tool: "search")).ShouldContain("\"error\"");
        JsonElement shared = await TryAsync(admin, """{ "server": "limited", "name": "x", "user": "carol" }""");
        Limit(shared, "shared").GetProperty("level").GetInt32().ShouldBe(1); // Not the caller's own.
        log.Lines.ShouldContain(line => line.StartsWith("An operator has reset buckets of 'limited'", StringComparison.Ordinal));
        log.Lines.ShouldNotContain(line => line.Contains("alice"));
    }

    [Fact]
    public async Task Reset_RedisDoesNotAnswer_IsUnavailableAndNamesTheStore()
    {
        await using RedisStore redis = RedisStore.Connect(
            new RedisStoreOptions { Configuration = "127.0.0.1:1", Timeout = TimeSpan.FromMilliseconds(20) });
        await using AdminFixture admin = await StartAsync("perUser: 1/1h", store: redis);
        using CapturedLog log = admin.Capture();

        (HttpStatusCode status, JsonElement problem) = await admin.SendAsync("/api/v1/reset", """{ "server": "limited", "user": "alice" }""");

        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        problem.GetProperty("status").GetInt32().ShouldBe(503);
        problem.GetProperty("detail").GetString()!.ShouldStartWith("Redis did not confirm the reset of buckets of 'limited'");
        log.Lines.ShouldNotContain(line => line.StartsWith("An operator has reset", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reset_OneLimit_LeavesTheOthers()
    {
        await using AdminFixture admin = await StartAsync("perUser: 1/1h, tools: [ { name: search, perUser: 1/1h } ]");
        await admin.CallAsync(user: "alice", tool: "search");

        (_, JsonElement body) = await admin.SendAsync("/api/v1/reset", """{ "server": "limited", "user": "alice", "limit": "search/perUser" }""");

        body.GetProperty("reset").GetInt32().ShouldBe(1);
        JsonElement now = await TryAsync(admin, """{ "server": "limited", "name": "search", "user": "alice" }""");
        Limit(now, "perUser").GetProperty("level").GetInt32().ShouldBe(0);
        Limit(now, "search/perUser").GetProperty("level").GetInt32().ShouldBe(1);
    }

    [Theory]
    [InlineData("""{ "user": "alice" }""", 400, "'server' is missing. Add it.")]
    [InlineData("""{ "server": "limitd", "user": "alice" }""", 404, "Did you mean 'limited'?")]
    [InlineData("""{ "server": "limited", "usr": "alice" }""", 400, "Did you mean 'user'?")]
    [InlineData("""{ "server": "limited", "user": 5 }""", 400, "'user' is not a text")]
    [InlineData("""{ "server": "limited" }""", 400, "The caller is missing")]
    [InlineData("""{ "server": "limited", "tenant": "acme" }""", 404, "Its limits count by: perUser")]
    [InlineData("""{ "server": "limited", "user": "alice", "limit": "perUsr" }""", 404, "Did you mean 'perUser'?")]
    [InlineData("""{ "server": "limited", "user": "alice", "all": true }""", 400, "'all'")]
    [InlineData("""{ "server": "limited", "user": "alice", "issuer": "apiKeys" }""", 400, "which is no issuer of this gateway")]
    [InlineData("""[]""", 400, "not a JSON object")]
    [InlineData("""{ "server": "limited", "user": "a", "user": "b" }""", 400, "different names")]
    public async Task Reset_BadInput_IsNamed(string body, int expected, string detail)
    {
        await using AdminFixture admin = await StartAsync("perUser: 1/1h");

        (HttpStatusCode status, JsonElement problem) = await admin.SendAsync("/api/v1/reset", body);

        ((int)status).ShouldBe(expected, problem.GetRawText());
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
    }

    [Theory]
    [InlineData("""{ "server": "\ud800" }""", "The text of 'server' is not valid Unicode")]
    [InlineData("""{ "server": "limited", "user": "\udfff" }""", "The text of 'user' is not valid Unicode")]
    [InlineData("""{ "server": "limited", "user": "a", "issuer": "\ud800\ud800" }""", "The text of 'issuer' is not valid Unicode")]
    [InlineData("""{ "server": "limited", "user": "\u00ff\u00fe" }""", "The text of 'user' is not valid Unicode", true)]
    [InlineData("""{ "server": "limited", "\ud800": "a" }""", "A name in the body is not valid Unicode")]
    [InlineData("""{ "server": "limited", "\u00ff": "a" }""", "A name in the body is not valid Unicode", true)]
    [InlineData("""{ "server": "limited", "claims": { "\ud800": "a" } }""", "A name in the body is not valid Unicode")]
    [InlineData("""{ "server": "limited", "claims": { "team": [ "a", "\ud800" ] } }""", "The text of 'team' is not valid Unicode")]
    [InlineData("""[ "\ud800" ]""", "A text in the body is not valid Unicode")]
    public async Task Body_TextThatIsNotUnicode_IsNamed(string body, string detail, bool asBytes = false)
    {
        await using AdminFixture admin = await StartAsync("perUser: 1/1h");
        byte[] bytes = Encoding.Latin1.GetBytes(asBytes ? System.Text.RegularExpressions.Regex.Unescape(body) : body);

        foreach (string path in new[] { "/api/v1/reset", "/api/v1/try" })
        {
            using ByteArrayContent content = new(bytes);
            content.Headers.ContentType = new("application/json");
            using HttpResponseMessage response = await admin.Client.PostAsync(path, content);

            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            response.Content.Headers.ContentType!.ToString().ShouldBe("application/problem+json");
            JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString()!.ShouldContain(detail);
        }
    }

    [Theory]
    [InlineData("/api/v1/try?x=1")]
    [InlineData("/api/v1/reset?x=1")]
    public async Task Post_ParameterThatIsNotKnown_IsNamed(string path)
    {
        await using AdminFixture admin = await StartAsync("perUser: 1/1h");

        (HttpStatusCode status, JsonElement problem) = await admin.SendAsync(path, """{ "server": "limited", "user": "alice" }""");

        status.ShouldBe(HttpStatusCode.BadRequest);
        problem.GetProperty("detail").GetString()!.ShouldContain("'x' is not a parameter, and there are none");
    }

    [Theory]
    [InlineData("text/plain", null, null, 415)]
    [InlineData("application/x-www-form-urlencoded", null, null, 415)]
    [InlineData("application/json", "http://localhost:1", null, 403)] // A page of this machine, and of another origin.
    [InlineData("application/json", null, "cross-site", 403)]
    [InlineData("application/json", null, "same-site", 403)]
    [InlineData("application/json", null, "same-origin", 200)]
    public async Task Reset_FromAnotherSite_IsRejected(string contentType, string? origin, string? site, int expected)
    {
        await using AdminFixture admin = await StartAsync("perUser: 1/1h");
        (string, string)[] headers =
            [.. new[] { ("Origin", origin), ("Sec-Fetch-Site", site) }.Where(header => header.Item2 is not null).Select(header => (header.Item1, header.Item2!))];

        foreach (string path in new[] { "/api/v1/reset", "/api/v1/try" })
        {
            (HttpStatusCode status, JsonElement body) = await admin.SendAsync(
                path, """{ "server": "limited", "user": "alice" }""", contentType, headers);
            ((int)status).ShouldBe(expected, body.GetRawText());
        }
    }

    [Fact]
    public async Task Reset_FromTheSameOrigin_IsServed()
    {
        await using AdminFixture admin = await StartAsync("perUser: 1/1h");

        (HttpStatusCode status, _) = await admin.SendAsync(
            "/api/v1/reset",
            """{ "server": "limited", "user": "alice" }""",
            headers: ("Origin", admin.Client.BaseAddress!.GetLeftPart(UriPartial.Authority)));

        status.ShouldBe(HttpStatusCode.OK);
    }

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));

    public Task DisposeAsync() => _upstream.DisposeAsync().AsTask();

    private Task<AdminFixture> StartAsync(
        string limits, FakeUpstream? upstream = null, string more = Proxy, IRateLimitStore? store = null) => AdminFixture.StartAsync(
        $"[ {{ name: limited, upstream: \"{(upstream ?? _upstream).Endpoint}\", rateLimiting: {{ {limits} }} }} ]",
        store: store,
        time: _time,
        more: more);

    private static async Task<JsonElement> TryAsync(AdminFixture admin, string request)
    {
        (HttpStatusCode status, JsonElement body) = await admin.SendAsync("/api/v1/try", request);
        status.ShouldBe(HttpStatusCode.OK, body.GetRawText());
        return body;
    }

    private static JsonElement Limit(JsonElement answer, string name) =>
        answer.GetProperty("limits").EnumerateArray().Single(limit => limit.GetProperty("limit").GetString() == name);
}
