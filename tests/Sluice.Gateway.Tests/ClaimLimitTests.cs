using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>Lists, overrides and limits by claims, as clients of the gateway see them.</summary>
public sealed class ClaimLimitTests
{
    private const string Team = "team-quokka";
    private static readonly string Limits =
        """
        { perUser: [2/1m, 1000/1d],
          overrides: [
            { when: { claims: { state: [suspended-wombat] } }, perUser: 0 },
            { when: { claims: { tier: [pro-numbat] } }, perUser: [3/1m, 2000/1d] } ],
          limits: [{ name: x-by-team, per: ["claim:team"], when: { tools: ["x*"] }, rate: 3/1d }],
          missingIdentity: skip, headers: { mode: always } }
        """.ReplaceLineEndings(" ");

    private static readonly string[] Values = [Team, "pro-numbat", "suspended-wombat"];

    [Fact]
    public async Task Call_OverrideByClaimOfAKey_MeetsTheNumbersOfTheOverride()
    {
        await using Scene scene = await Scene.StartAsync(Limits);

        await scene.CallAsync("a", ("X-API-Key", "plain"));
        (await scene.CallAsync("a", ("X-API-Key", "plain"))).Policy.ShouldBe("\"perUser/1m\";q=2;w=60, \"perUser/1d\";q=1000;w=86400");
        Answer rejected = await scene.CallAsync("a", ("X-API-Key", "plain"));
        rejected.Limit.ShouldBe("perUser/1m");
        rejected.RetryAfter.ShouldNotBeNull();

        for (int i = 0; i < 3; i++)
        {
            (await scene.CallAsync("a", ("X-API-Key", "pro"))).Policy
                .ShouldBe("\"perUser/1m\";q=3;w=60, \"perUser/1d\";q=2000;w=86400");
        }

        (await scene.CallAsync("a", ("X-API-Key", "pro"))).Limit.ShouldBe("perUser/1m");
        scene.ShowsNoValue();
    }

    [Fact]
    public async Task Call_OverrideIsZero_IsRejectedWithoutRetryAfterAndNotForwarded()
    {
        await using Scene scene = await Scene.StartAsync(Limits);

        Answer rejected = await scene.CallAsync("a", ("X-API-Key", "suspended"));
        Answer modern = await scene.CallModernAsync(("X-API-Key", "suspended"));

        rejected.Status.ShouldBe(HttpStatusCode.OK);
        modern.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        foreach (Answer answer in new[] { rejected, modern })
        {
            answer.Limit.ShouldBe("perUser");
            answer.RetryAfter.ShouldBeNull();
            answer.Body.ShouldContain("\"code\":429");
            answer.Body.ShouldContain("admits no call of this caller");
            answer.Body.ShouldNotContain("retryAfter");
        }

        scene.Upstream.Received.ShouldBeEmpty();
        scene.ShowsNoValue();
    }

    [Fact]
    public async Task Call_TwoUsersOfATeam_ShareTheBucketOfTheTeam()
    {
        await using Scene scene = await Scene.StartAsync(Limits);

        (await scene.CallAsync("x1", ("X-API-Key", "pro"))).Limit.ShouldBeNull();
        (await scene.CallAsync("x2", ("X-API-Key", "teammate"))).Limit.ShouldBeNull();
        (await scene.CallAsync("x1", ("X-API-Key", "pro"))).Limit.ShouldBeNull();
        Answer rejected = await scene.CallAsync("x1", ("X-API-Key", "teammate"));

        rejected.Limit.ShouldBe("x-by-team");
        rejected.Body.ShouldContain("\"limitType\":\"claim:team\"");
        (await scene.CallAsync("a", ("X-API-Key", "teammate"))).Limit.ShouldBeNull("the limit counts only tools that begin with x");
        (await scene.CallAsync("x1", ("X-API-Key", "plain"))).Limit.ShouldBeNull("a user without a team is skipped");
        scene.ShowsNoValue();
    }

    [Fact]
    public async Task Call_ClaimsFromATrustedProxy_CountFromItsAddressOnly()
    {
        await using Scene scene = await Scene.StartAsync(Limits);
        (string, string)[] first = [("X-Auth-User", "ann"), ("X-Team", $"b, {Team}")];
        (string, string)[] second = [("X-Auth-User", "bob"), ("X-Team", $"{Team},b,{Team}")];

        (await scene.CallFromProxyAsync("x", first)).Limit.ShouldBeNull();
        (await scene.CallFromProxyAsync("x", second)).Limit.ShouldBeNull();
        (await scene.CallFromProxyAsync("x", first)).Limit.ShouldBeNull();
        (await scene.CallFromProxyAsync("x", second)).Limit.ShouldBe("x-by-team", "order and repetition of values do not matter");
        (await scene.CallFromProxyAsync("x", ("X-Auth-User", "bob"), ("X-Team", Team))).Limit.ShouldBeNull("another set of values");
        scene.Upstream.Received.Last().Headers.ContainsKey("X-Team").ShouldBeTrue();

        // An untrusted sender chooses neither a team nor a tier, with a key or without one.
        (await scene.CallAsync("x", ("X-Auth-User", "ann"), ("X-Team", Team))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        Answer own = await scene.CallAsync("x", ("X-API-Key", "plain"), ("X-Team", Team), ("X-Tier", "pro-numbat"), ("X_Team", Team));
        own.Policy.ShouldBe("\"perUser/1m\";q=2;w=60, \"perUser/1d\";q=1000;w=86400");
        scene.Upstream.Received.Last().Headers.Keys.ShouldNotContain(name => name.StartsWith("X-T", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X_T", StringComparison.OrdinalIgnoreCase));
        Answer key = await scene.CallFromProxyAsync("x", ("X-API-Key", "plain"), ("X-Team", Team), ("X-Tier", "pro-numbat"));
        key.Policy.ShouldBe(own.Policy, "a key has the claims of its entry and no others");
        scene.ShowsNoValue();
    }

    [Fact]
    public async Task Call_ClaimsFromAToken_CountAndChangeWithTheToken()
    {
        await using TokenScene scene = await TokenScene.StartAsync(Limits);
        CapturedLog log = scene.Gateway.Capture();
        string plain = scene.Provider.Token();
        string pro = Token(scene.Provider, "alice", ("tier", "pro-numbat"));
        string suspended = Token(scene.Provider, "alice", ("state", "suspended-wombat"));

        (await scene.CallAsync(plain, Named("a"))).Body.ShouldBe("{}");
        (await scene.CallAsync(plain, Named("a"))).Body.ShouldBe("{}");
        (await scene.CallAsync(plain, Named("a"))).Body.ShouldContain("\"limit\":\"perUser/1m\"");
        string none = (await scene.CallAsync(suspended, Named("a"))).Body;
        none.ShouldContain("admits no call");
        (await scene.CallAsync(pro, Named("a"))).Body.ShouldBe("{}", "the third of three: what was used is kept");
        (await scene.CallAsync(pro, Named("a"))).Body.ShouldContain("\"limit\":\"perUser/1m\"");

        JsonArray teams = ["b", Team];
        JsonArray reversed = [Team, "b", Team];
        string[] bodies =
        [
            (await scene.CallAsync(Token(scene.Provider, "c", ("team", teams)), Named("x"))).Body,
            (await scene.CallAsync(Token(scene.Provider, "d", ("team", reversed)), Named("x"))).Body,
            (await scene.CallAsync(Token(scene.Provider, "e", ("team", teams.DeepClone())), Named("x"))).Body,
            (await scene.CallAsync(Token(scene.Provider, "f", ("team", reversed.DeepClone())), Named("x"))).Body,
        ];
        bodies[..3].ShouldAllBe(body => body == "{}");
        bodies[3].ShouldContain("\"limit\":\"x-by-team\"");
        Values.ShouldAllBe(value => !(bodies[3] + none + string.Concat(log.Lines)).Contains(value, StringComparison.Ordinal));
    }

    private static string Token(OidcProvider provider, string user, (string Name, JsonNode Value) claim)
    {
        JsonObject claims = provider.Claims(user);
        claims[claim.Name] = claim.Value;
        return provider.Key.Sign(claims);
    }

    private static string Named(string tool) => TokenScene.Call.Replace("\"x\"", $"\"{tool}\"", StringComparison.Ordinal);

    /// <summary>What came back.</summary>
    private sealed record Answer(HttpStatusCode Status, string Body, string? RetryAfter, string? Policy)
    {
        /// <summary>The limit that rejected the call; null when the upstream answered.</summary>
        internal string? Limit => Body == "{}" ? null : JsonNode.Parse(Body)!["error"]!["data"]?["limit"]?.GetValue<string>() ?? Body;
    }

    /// <summary>A gateway with keys of some claims, and a trusted proxy on 127.0.0.2.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly List<string> _shown = [];
        private readonly GatewayFixture _gateway;
        private readonly CapturedLog _log;
        private readonly HttpClient _proxy;

        private Scene(FakeUpstream upstream, GatewayFixture gateway)
        {
            Upstream = upstream;
            _gateway = gateway;
            _log = gateway.Capture();
            _proxy = gateway.ClientFrom(IPAddress.Parse("127.0.0.2"));
        }

        internal FakeUpstream Upstream { get; }

        internal static async Task<Scene> StartAsync(string limits)
        {
            FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
            return new Scene(upstream, await GatewayFixture.StartAsync(
                $$"""
                listen: http://127.0.0.1:0
                auth:
                  apiKeys:
                    - { user: plain, sha256: {{GatewayFixture.HashOf("plain")}} }
                    - { user: pro, sha256: {{GatewayFixture.HashOf("pro")}}, claims: { tier: [pro-numbat], team: {{Team}} } }
                    - { user: teammate, sha256: {{GatewayFixture.HashOf("teammate")}}, claims: { team: {{Team}} } }
                    - { user: suspended, sha256: {{GatewayFixture.HashOf("suspended")}}, claims: { state: suspended-wombat, tier: pro-numbat } }
                  trustedProxy: { from: 127.0.0.2, userHeader: X-Auth-User, claimHeaders: { team: X-Team, tier: X-Tier } }
                servers:
                  - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: {{limits}} }
                """,
                new MovableClock()));
        }

        internal Task<Answer> CallAsync(string tool, params (string Name, string Value)[] headers) =>
            SendAsync(_gateway.Client, GatewayFixture.Post(Named(tool)), headers);

        internal Task<Answer> CallFromProxyAsync(string tool, params (string Name, string Value)[] headers) =>
            SendAsync(_proxy, GatewayFixture.Post(Named(tool)), headers);

        internal Task<Answer> CallModernAsync(params (string Name, string Value)[] headers) =>
            SendAsync(_gateway.Client, LimitingTests.Modern(), headers);

        /// <summary>Fails if an answer, one of its headers or the log had the value of a claim.</summary>
        internal void ShowsNoValue()
        {
            string shown = string.Join('\n', [.. _shown, .. _log.Lines]);
            shown.ShouldContain("HTTP");
            Values.ShouldAllBe(value => !shown.Contains(value, StringComparison.OrdinalIgnoreCase));
        }

        public async ValueTask DisposeAsync()
        {
            _proxy.Dispose();
            await _gateway.DisposeAsync();
            await Upstream.DisposeAsync();
        }

        private async Task<Answer> SendAsync(HttpClient client, HttpRequestMessage request, (string Name, string Value)[] headers)
        {
            foreach ((string name, string value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
            }

            using (request)
            {
                using HttpResponseMessage response = await client.SendAsync(request);
                string body = await response.Content.ReadAsStringAsync();
                _shown.Add($"HTTP {response.Headers}{response.Content.Headers}{body}");
                return new Answer(response.StatusCode, body, Header(response, "Retry-After"), Header(response, "RateLimit-Policy"));
            }
        }

        private static string? Header(HttpResponseMessage response, string name) =>
            response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : null;
    }
}
