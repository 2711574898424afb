using System.Net;
using System.Text.Json;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>What the admin address never tells: secrets in every field that can have one, and everything that names a caller.</summary>
public sealed class NoLeakTests
{
    private const string Secret = "secretvalue";

    [Fact]
    public async Task Answers_OfAGatewayFullOfSecrets_HaveNoneOfThem()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        string hash = GatewayFixture.HashOf($"{Secret}-key");
        string folder = Path.GetTempPath().TrimEnd('/');
        await using AdminFixture admin = await AdminFixture.StartAsync(
            $$"""
            [
              {
                name: limited,
                upstream: "{{upstream.Endpoint}}/{{Secret}}-path",
                headers: { Authorization: "Bearer {{Secret}}-header" },
                allow: [ { tools: ["*"], claim: team, values: [{{Secret}}-team] }, { tools: ["*"] } ],
                rateLimiting: {
                  perUser: 2/1h,
                  limits: [ { name: teams, per: ["claim:team"], rate: 9/1h, when: { users: [{{Secret}}-boss] } } ],
                  overrides: [ { when: { users: [{{Secret}}-guest], claims: { team: {{Secret}}-team } }, perUser: 3/1h } ]
                }
              },
              {
                name: program,
                upstream: { command: {{folder}}/{{Secret}}-program, args: [{{Secret}}-argument], env: { KEY: {{Secret}}-variable }, cwd: {{folder}} }
              }
            ]
            """.ReplaceLineEndings(" "),
            admin: $"{{ listen: \"http://127.0.0.1:0\", token: {Secret}-admin-token }}",
            more: $$"""
                auth:
                  apiKeys: [ { user: {{Secret}}-alice, name: {{Secret}}-name, sha256: {{hash}}, claims: { team: {{Secret}}-team } } ]
                  trustedProxy: { from: [127.0.0.1], userHeader: X-User, claimHeaders: { team: X-Team } }
                  publicUrl: "http://127.0.0.1/{{Secret}}-public"
                  anonymous: true
                decisionIds: true
                """);
        List<string> ids = [];
        foreach (string user in new[] { $"{Secret}-guest", $"{Secret}-boss", $"{Secret}-carol" })
        {
            for (int call = 0; call < 4; call++)
            {
                string answer = await admin.CallAsync("/limited/mcp", user: user);
                if (answer.Contains("decisionId", StringComparison.Ordinal))
                {
                    ids.Add(JsonDocument.Parse(answer).RootElement.GetProperty("error").GetProperty("data").GetProperty("decisionId").GetString()!);
                }
            }
        }

        ids.ShouldNotBeEmpty();
        string[] paths =
        [
            "/healthz", "/readyz", "/metrics", "/", "/api/v1/status", "/api/v1/servers", "/api/v1/history", "/api/v1/servers/limited/history",
            "/api/v1/limits", "/api/v1/buckets", "/api/v1/refused", "/api/v1/held", "/api/v1/config", "/api/v1/openapi.json",
            .. ids.Select(id => $"/api/v1/why/{id}"),
        ];
        foreach (string path in paths)
        {
            (HttpStatusCode status, string body) = await admin.GetAsync(path, $"{Secret}-admin-token");
            status.ShouldBe(HttpStatusCode.OK, path + body);
            body.ShouldNotContain(Secret, Case.Insensitive, path);
            body.ShouldNotContain(hash, Case.Insensitive, path);
            body.ShouldNotContain(folder + "/", Case.Sensitive, path);
        }

        JsonElement config = await admin.JsonAsync("/api/v1/config", $"{Secret}-admin-token");
        config.GetProperty("document").GetProperty("auth").GetProperty("apiKeys").GetInt32().ShouldBe(1); // It is there, and not shown.
        config.GetProperty("document").GetProperty("servers")[0].GetProperty("headers").GetProperty("Authorization").GetString().ShouldBe("***");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/status")]
    [InlineData("/api/v1/config")]
    [InlineData("/api/v1/events")]
    [InlineData("/api/v1/openapi.json")]
    [InlineData("/metrics")]
    public async Task AddressOfClients_HasNothingOfTheApi(string path)
    {
        await using AdminFixture admin = await AdminFixture.StartAsync("[ { name: one, upstream: \"http://127.0.0.1:1/mcp\" } ]");

        using HttpResponseMessage response = await admin.GatewayClient.GetAsync(path);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    public async Task Api_NameOfAnotherMachineOnLoopback_IsForbidden(string host)
    {
        await using AdminFixture admin = await AdminFixture.StartAsync("[ { name: one, upstream: \"http://127.0.0.1:1/mcp\" } ]");
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/v1/status") { Headers = { Host = host } };

        using HttpResponseMessage response = await admin.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }
}
