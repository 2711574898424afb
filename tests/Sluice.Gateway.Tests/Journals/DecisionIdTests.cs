using System.Net;
using System.Text.Json;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Journals;

/// <summary>The id of a rejection, in each form, and what is kept under it.</summary>
public sealed class DecisionIdTests
{
    [Theory]
    [InlineData("auto", "2025-06-18", "error.data")]
    [InlineData("auto", "2026-07-28", "error.data")]
    [InlineData("http429", "2025-06-18", "error.data")]
    [InlineData("jsonrpc", "2026-07-28", "error.data")]
    [InlineData("toolResult", "2025-06-18", "result._meta.sluice/error.data")]
    [InlineData("toolResult", "2026-07-28", "result._meta.sluice/error.data")]
    public async Task Rejection_EachForm_CarriesTheIdUnderWhichItIsKept(string form, string protocol, string path)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await StartAsync(upstream, $"{{ rejection: {form}, shared: 1/1d, perUser: 5/1m, tools: [ {{ name: x, cost: 1 }} ] }}");
        await CallAsync(gateway, protocol);

        string body = await CallAsync(gateway, protocol);

        JsonElement data = JsonDocument.Parse(body).RootElement;
        foreach (string step in path.Split('.'))
        {
            data = data.GetProperty(step);
        }

        string id = data.GetProperty("decisionId").GetString()!;
        DecisionId.IsOne(id).ShouldBeTrue(id);
        KeptRejection kept = gateway.Journals.Rejections!.Find(id).ShouldNotBeNull();
        kept.Server.ShouldBe("one");
        kept.Method.ShouldBe("tools/call");
        kept.Name.ShouldBe("x");
        kept.Limit.ShouldBe("shared");
        kept.Source.ShouldBe("store");
        kept.Outcome.ShouldBe(RateLimitOutcome.Denied);
        kept.RetryAfter!.Value.ShouldBeGreaterThan(TimeSpan.FromHours(23));
        kept.Caller.ShouldNotBe("alice");
        kept.Limits.Select(limit => (limit.Limit, limit.Scope, limit.LevelBefore, limit.MaxTokens, limit.Cost, limit.IsAllowed)).ShouldBe(
            [("shared", "shared", 0, 1, 1, false), ("perUser", "perUser", 4, 5, 1, true)], ignoreOrder: true);
    }

    [Fact]
    public async Task Rejection_MissingIdentityAndLimitThatAdmitsNothing_AreKept()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await StartAsync(
            upstream, "{ missingIdentity: reject, tools: [ { name: x, perTenant: 1/1d }, { name: y, perUser: 1/1d, overrides: [ { when: { users: alice }, perUser: 0 } ] } ] }");

        KeptRejection missing = Find(gateway, await CallAsync(gateway, "2026-07-28"));
        KeptRejection never = Find(gateway, await CallAsync(gateway, "2026-07-28", "y"));

        (missing.Source, missing.Limit, missing.RetryAfter, missing.Limits.IsEmpty).ShouldBe(("none", "x/perTenant", null, true));
        (never.Outcome, never.RetryAfter, never.Limits[0].MaxTokens).ShouldBe((RateLimitOutcome.Unsatisfiable, null, 0));
    }

    [Fact]
    public async Task Rejection_WithoutTheSetting_CarriesNone()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await StartAsync(upstream, "{ shared: 1/1d }", ids: false);
        await CallAsync(gateway, "2026-07-28");

        (await CallAsync(gateway, "2026-07-28")).ShouldNotContain("decisionId");
    }

    [Fact]
    public void New_ManyIds_AreDifferent()
    {
        string[] ids = [.. Enumerable.Range(0, 10_000).Select(_ => DecisionId.New())];

        ids.ShouldBeUnique();
        ids.ShouldAllBe(id => DecisionId.IsOne(id));
    }

    [Theory]
    [InlineData("00000000000000000000000000000000", "aaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("ffffffffffffffffffffffffffffffff", "77777777777777777777777774")]
    [InlineData("00010203040506070809000000000001", "aaaqeayeaudaocajaaaaaaaaae")]
    public void Of_Bytes_IsTheirBase32(string hex, string expected) => DecisionId.Of(Convert.FromHexString(hex)).ShouldBe(expected);

    private static KeptRejection Find(GatewayFixture gateway, string body) =>
        gateway.Journals.Rejections!.Find(
            JsonDocument.Parse(body).RootElement.GetProperty("error").GetProperty("data").GetProperty("decisionId").GetString()!).ShouldNotBeNull();

    private static async Task<string> CallAsync(GatewayFixture gateway, string protocol, string tool = "x")
    {
        using HttpRequestMessage request = GatewayFixture.Post(
            $$$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{{tool}}}}","_meta":{"io.modelcontextprotocol/protocolVersion":"{{{{protocol}}}}"}}}""");
        request.Headers.Add("Authorization", $"Bearer {GatewayFixture.AliceKey}");
        (HttpStatusCode _, string body) = await gateway.SendAsync(request);
        return body;
    }

    private static Task<GatewayFixture> StartAsync(FakeUpstream upstream, string rateLimiting, bool ids = true) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        decisionIds: {{(ids ? "true" : "false")}}
        auth: { apiKeys: [{ user: alice, sha256: {{GatewayFixture.HashOf(GatewayFixture.AliceKey)}} }, { user: bob, tenant: acme, sha256: {{GatewayFixture.HashOf("bob")}} }] }
        servers: [ { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: {{rateLimiting}} } ]
        """);
}
