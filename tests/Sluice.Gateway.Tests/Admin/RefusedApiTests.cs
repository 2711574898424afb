using System.Net;
using System.Text.Json;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>What the admin API tells of rejections.</summary>
public sealed class RefusedApiTests : IAsyncLifetime
{
    private const string Proxy = "auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User }, anonymous: true }";
    private readonly ManualTimeProvider _time = new();
    private FakeUpstream _upstream = null!;

    [Fact]
    public async Task Refused_AfterRejections_GivesTheCallersWithTheMostFirst()
    {
        await using AdminFixture admin = await StartAsync(Proxy);
        await RejectAsync(admin, "alice", 3);
        await RejectAsync(admin, "bob", 2);

        JsonElement answer = await admin.JsonAsync("/api/v1/refused");

        JsonElement[] callers = [.. answer.GetProperty("callers").EnumerateArray()];
        callers.Select(caller => caller.GetProperty("refused").GetInt64()).ShouldBe([3, 2]);
        callers[0].GetProperty("limit").GetString().ShouldBe("perUser");
        callers[0].GetProperty("lastAt").GetString().ShouldBe("2026-01-01T09:00:00.000Z");
        answer.GetProperty("omitted").GetInt64().ShouldBe(0);
        answer.GetRawText().ShouldNotContain("alice");
        JsonElement one = await admin.JsonAsync("/api/v1/refused?top=1");
        one.GetProperty("callers").GetArrayLength().ShouldBe(1);
        one.GetProperty("omitted").GetInt64().ShouldBe(2);
        _time.Advance(TimeSpan.FromMinutes(10));
        (await admin.JsonAsync("/api/v1/refused")).GetProperty("callers").GetArrayLength().ShouldBe(0);
        (await admin.JsonAsync("/api/v1/refused?span=1h")).GetProperty("callers").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Refused_IdentitiesInClear_NamesTheCallers()
    {
        await using AdminFixture admin = await StartAsync($"{Proxy}\naudit: {{ identities: clear }}");
        await RejectAsync(admin, "alice", 1);

        (await admin.JsonAsync("/api/v1/refused")).GetProperty("callers")[0].GetProperty("caller").GetString().ShouldBe("alice");
        (await admin.JsonAsync("/api/v1/status")).GetProperty("identities").GetString().ShouldBe("clear");
    }

    [Fact]
    public async Task Why_RejectionThatIsKept_TellsTheLevelsBeforeIt()
    {
        await using AdminFixture admin = await StartAsync($"{Proxy}\ndecisionIds: true");
        await admin.CallAsync(user: "alice");
        string rejection = await admin.CallAsync(user: "alice", tool: "search");
        string id = JsonDocument.Parse(rejection).RootElement.GetProperty("error").GetProperty("data").GetProperty("decisionId").GetString()!;

        JsonElement why = await admin.JsonAsync($"/api/v1/why/{id}");

        why.GetProperty("id").GetString().ShouldBe(id);
        why.GetProperty("server").GetString().ShouldBe("limited");
        why.GetProperty("operation").GetString().ShouldBe("tools/call");
        why.GetProperty("name").GetString().ShouldBe("search");
        why.GetProperty("outcome").GetString().ShouldBe("refused");
        why.GetProperty("retryAfterMs").GetInt64().ShouldBe(3_600_000);
        JsonElement limit = why.GetProperty("limits")[0];
        (limit.GetProperty("levelBefore").GetInt32(), limit.GetProperty("cost").GetInt32(), limit.GetProperty("allowed").GetBoolean())
            .ShouldBe((0, 1, false));
        why.GetRawText().ShouldNotContain("alice");
        (HttpStatusCode status, string unknown) = await admin.GetAsync("/api/v1/why/abc");
        status.ShouldBe(HttpStatusCode.NotFound);
        unknown.ShouldContain("The gateway keeps the last 10,000 since its start");
    }

    [Fact]
    public async Task Why_WithoutIds_SaysHowToGetThem()
    {
        await using AdminFixture admin = await StartAsync(Proxy);

        (HttpStatusCode status, string body) = await admin.GetAsync("/api/v1/why/abc");

        status.ShouldBe(HttpStatusCode.NotFound);
        body.ShouldContain("decisionIds: true");
    }

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));

    public Task DisposeAsync() => _upstream.DisposeAsync().AsTask();

    private Task<AdminFixture> StartAsync(string more) => AdminFixture.StartAsync(
        $"[ {{ name: limited, upstream: \"{_upstream.Endpoint}\", rateLimiting: {{ perUser: 1/1h }} }} ]", time: _time, more: more);

    private static async Task RejectAsync(AdminFixture admin, string user, int times)
    {
        for (int call = 0; call <= times; call++)
        {
            await admin.CallAsync(user: user);
        }
    }
}
