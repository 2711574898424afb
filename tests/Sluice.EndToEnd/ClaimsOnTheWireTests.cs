using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Sluice.EndToEnd;

/// <summary>Lists, overrides and limits by claims, by <c>sluice run --verbose</c> in memory and over Redis.</summary>
public sealed class ClaimsOnTheWireTests
{
    private const string Team = "team-quokka";
    private const string Tier = "tier-numbat";
    private const string State = "state-wombat";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_OfCallersWithClaims_MeetTheirLimitsAndShowNoClaim(bool isShared)
    {
        using RedisServer? redis = isShared ? RedisServer.Start() : null;
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        string configuration = Configuration(await upstream.ServerEndpointAsync(), redis);
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(configuration, "--verbose");
        await using SluiceProgram another = await SluiceProgram.StartAsync(configuration, "--verbose");
        Uri second = (isShared ? another : sluice).Endpoint; // With Redis, the gateways count together.
        using HttpClient http = new();
        StringBuilder shown = new();

        // A list of two rates: the name says which of them rejects.
        (await CallAsync(http, sluice.Endpoint, "plain", shown)).ShouldBeNull();
        (await CallAsync(http, second, "plain", shown))!["limit"]!.GetValue<string>().ShouldBe("perUser/1d");

        // An override gives other numbers, and the next caller of the team finds what the first one left.
        (await CallAsync(http, sluice.Endpoint, "pro", shown)).ShouldBeNull();
        (await CallAsync(http, second, "pro", shown)).ShouldBeNull();
        (await CallAsync(http, second, "teammate", shown)).ShouldBeNull();
        JsonNode team = (await CallAsync(http, sluice.Endpoint, "pro", shown))!;
        team["limit"]!.GetValue<string>().ShouldBe("by-team");
        team["limitType"]!.GetValue<string>().ShouldBe("claim:team");

        // 0 admits no call, and waiting does not help.
        JsonNode nothing = (await CallAsync(http, sluice.Endpoint, "suspended", shown))!;
        nothing["limit"]!.GetValue<string>().ShouldBe("perUser");
        nothing["retryAfterMs"].ShouldBeNull();

        // Logs are written later than answers are.
        await sluice.Process.WaitForLineAsync(line => line.Contains("was rejected by the limit 'by-team': retry after ", StringComparison.Ordinal));
        await sluice.Process.WaitForLineAsync(line => line.EndsWith("was rejected by the limit 'perUser', which can never admit it.", StringComparison.Ordinal));
        shown.Append(sluice.Process.Captured()).Append(another.Process.Captured());
        foreach (string value in new[] { Team, Tier, State })
        {
            shown.ToString().ShouldNotContain(value, Case.Insensitive);
        }
    }

    private static string Configuration(Uri upstream, RedisServer? redis) =>
        $$"""
        listen: http://127.0.0.1:0
        auth:
          apiKeys:
            - { user: plain, sha256: {{Hash("plain")}} }
            - { user: pro, sha256: {{Hash("pro")}}, claims: { tier: [{{Tier}}], team: {{Team}} } }
            - { user: teammate, sha256: {{Hash("teammate")}}, claims: { team: [{{Team}}] } }
            - { user: suspended, sha256: {{Hash("suspended")}}, claims: { state: {{State}}, tier: {{Tier}} } }
        servers:
          - name: everything
            upstream: {{upstream}}
            rateLimiting:
              perUser: [100/1m, 1/1d]
              overrides:
                - { when: { claims: { state: {{State}} } }, perUser: 0 }
                - { when: { claims: { tier: [other, {{Tier}}] } }, perUser: [200/1m, 100/1d] }
              limits:
                - { name: by-team, per: "claim:team", when: { tools: "ech*" }, rate: 3/1d }
              missingIdentity: skip
        """ + (redis is null ? "" : $"\nstore: {{ redis: '{redis.Configuration}', timeout: 5s }}");

    /// <summary>A call of the tool <c>echo</c>: the data of the rejection, or null when the server answered.</summary>
    private static async Task<JsonNode?> CallAsync(HttpClient http, Uri endpoint, string user, StringBuilder shown)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, endpoint)
        {
            Content = JsonContent.Create(new
            {
                jsonrpc = "2.0",
                id = 1,
                method = "tools/call",
                @params = new { name = "echo", arguments = new { message = "hello" } },
            }),
        };
        request.Headers.Add("X-API-Key", KeyOf(user));
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using HttpResponseMessage response = await http.SendAsync(request);
        string body = await response.Content.ReadAsStringAsync();
        shown.Append(response.Headers).Append(response.Content.Headers).Append(body);
        if (EchoCalls.IsAdmitted(body))
        {
            return null;
        }

        response.StatusCode.ShouldBe(HttpStatusCode.OK, body);
        JsonNode data = JsonNode.Parse(body)!["error"]!["data"]!;
        response.Headers.Contains("Retry-After").ShouldBe(data["retryAfterSeconds"] is not null);
        return data;
    }

    private static string KeyOf(string user) => $"key-of-{user}";

    private static string Hash(string user) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(KeyOf(user))));
}
