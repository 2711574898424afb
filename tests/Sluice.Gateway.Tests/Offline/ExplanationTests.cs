using System.Collections.Immutable;
using System.Text.Json;

namespace Sluice.Gateway.Tests;

/// <summary>What <c>sluice explain</c> says of a call is what the policy does.</summary>
public sealed class ExplanationTests : IDisposable
{
    private const string Yaml =
        """
        auth:
          apiKeys:
            - { user: alice, tenant: acme, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }
            - { user: bob, sha256: 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752, claims: { tier: [pro] } }
        servers:
          - name: weather
            upstream: http://127.0.0.1:3001/mcp
            rateLimiting:
              global: 1000/1m
              perUser: [100/1m, 2000/1d]
              concurrency: { perUser: 4 }
              overrides:
                - { when: { claims: { tier: [pro] } }, perUser: 500/1m }
                - { when: { users: [bob] }, perUser: unlimited }
                - { when: { users: [ci] }, perUser: unlimited }
              tools:
                - { name: search, cost: 2, perUser: 10/1m }
                - { name: "search*", perUser: 30/1m }
                - { name: off, perUser: 1/1m, mode: disabled }
              limits:
                - { name: by-tier, per: [claim:tier], when: { tools: [search] }, rate: 200/1m, mode: permissive }
                - { name: others, when: { users: [carol] }, rate: 5/1m }
          - name: plain
            upstream: http://127.0.0.1:3002/mcp
        """;

    private static readonly DateTimeOffset At = new(2026, 3, 28, 20, 0, 0, TimeSpan.Zero);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-explain-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Limits_OfACall_StandInTheOrderOfDecidingWithTheirLines()
    {
        JsonElement explained = Explain("search", "bob");

        explained.GetProperty("limits").EnumerateArray()
            .Select(limit => $"{limit.GetProperty("limit")} {limit.GetProperty("source").GetString()!.Split("yaml:")[1]}")
            .ShouldBe(
            [
                "shared 9:15 servers[0].rateLimiting.global",
                "perUser 13:57 servers[0].rateLimiting.overrides[0].perUser",
                "perUser/concurrency 11:31 servers[0].rateLimiting.concurrency.perUser",
                "search/perUser 17:45 servers[0].rateLimiting.tools[0].perUser",
                "by-tier 21:80 servers[0].rateLimiting.limits[0].rate",
            ]);
        explained.GetProperty("cost").GetInt32().ShouldBe(2);
        explained.GetProperty("costSource").GetString()!.ShouldEndWith(":17:33 servers[0].rateLimiting.tools[0].cost");
    }

    [Fact]
    public void Limits_OfEveryCaller_AreThoseThatThePolicySelects()
    {
        PolicyFile file = Load();
        foreach (string user in new[] { "alice", "bob", "ci", "carol", "dave" })
        {
            foreach (string tool in new[] { "search", "searches", "off", "other" })
            {
                Explanation explanation = Explanation.Of(file, file.Servers[0], Tool(tool), Caller(user), At);

                explanation.Call.Limits.ShouldBeSameAs(explanation.Policy!.Select("tools/call", tool, explanation.Identity));
                explanation.Applicable.Select(limit => limit.Limit).ShouldBe(explanation.Call.Limits.Limits.ToArray());
            }
        }
    }

    [Fact]
    public void Caller_KnownByAnApiKey_GetsItsTenantAndClaims()
    {
        Explain("search", "alice").GetProperty("caller").GetProperty("tenant").GetString().ShouldBe("acme");
        Explain("search", "bob").GetProperty("caller").GetProperty("claims").GetProperty("tier")[0].GetString().ShouldBe("pro");
        JsonElement key = Explain("search", "alice").GetProperty("limits")[1].GetProperty("key");
        key.GetProperty("user").GetString().ShouldBe("alice of acme");
    }

    [Fact]
    public void Overrides_SeveralThatMatch_TheFirstDecides()
    {
        JsonElement[] overrides = [.. Explain("search", "bob").GetProperty("limits")[1].GetProperty("overrides").EnumerateArray()];

        overrides.Select(other => (other.GetProperty("matches").GetBoolean(), other.GetProperty("decides").GetBoolean()))
            .ShouldBe([(true, true), (true, false), (false, false)]);
    }

    [Fact]
    public void LeftOut_LimitsOfOtherCallersAndOperations_AreNamedWithTheReason()
    {
        PolicyFile file = Load();

        Explanation.Of(file, file.Servers[0], Tool("search"), Caller("ci"), At).LeftOut.Select(left => $"{left.Path}: {left.Why}").ShouldBe(
        [
            "overrides[2].perUser: an override says 'unlimited' for this caller",
            "limits[1].rate: its 'when' names other callers",
            "tools[1]: another entry names 'search' more exactly",
        ]);
        Explanation.Of(file, file.Servers[0], Tool("off"), Caller("alice"), At).LeftOut.Select(left => $"{left.Path}: {left.Why}").ShouldBe(
        [
            "limits[1].rate: its 'when' names other callers",
            "limits[0]: its 'when' names other operations",
            "tools[2]: its mode is disabled",
        ]);
    }

    [Fact]
    public void Rejection_InEachForm_IsByTheLimitThatIsReachedFirst()
    {
        JsonElement explained = Explain("search", "dave");

        explained.GetProperty("refusedBy").GetString().ShouldBe("perUser/concurrency");
        JsonElement[] rejections = [.. explained.GetProperty("refusals").EnumerateArray()];
        rejections.Select(rejection => $"{rejection.GetProperty("form")} {rejection.GetProperty("status")}").ShouldBe(
            ["http429 429", "jsonrpc 200", "toolResult 200"]);
        rejections.Select(rejection => (rejection.GetProperty("isForLegacy").GetBoolean(), rejection.GetProperty("isForModern").GetBoolean()))
            .ShouldBe([(false, true), (true, false), (false, false)]);
        rejections[0].GetProperty("headers").GetProperty("Retry-After").GetString().ShouldBe("1");
        rejections[0].GetProperty("body").GetProperty("error").GetProperty("data").GetProperty("running").GetInt32().ShouldBe(4);
        rejections[2].GetProperty("body").GetProperty("result").GetProperty("isError").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public void Rejection_ByAWindowOfTheCalendar_SaysWhenItEnds()
    {
        PolicyFile file = Load(
            """
            servers:
              - name: one
                upstream: http://127.0.0.1:3001/mcp
                rateLimiting: { shared: { maxTokens: 2, window: month, timeZone: Asia/Tokyo } }
            """);

        JsonElement explained = JsonDocument.Parse(ExplanationJson.Write(Explanation.Of(file, file.Servers[0], Tool("x"), Caller("alice"), At))).RootElement;

        JsonElement data = explained.GetProperty("refusals")[0].GetProperty("body").GetProperty("error").GetProperty("data");
        data.GetProperty("resetsAt").GetString().ShouldBe("2026-04-01T00:00:00+09:00");
        data.GetProperty("retryAfterSeconds").GetInt32().ShouldBe(((3 * 24) - 5) * 3600); // From 29 March, 05:00 in Tokyo.
    }

    [Fact]
    public void Notes_MisspeltNames_SayWhatIsMeant()
    {
        PolicyFile file = Load();
        DescribedCaller caller = new("alise", null, null, ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("teir", ["pro"]));

        Explanation.Of(file, file.Servers[0], Tool("serch"), caller, At).Notes.ShouldBe(
        [
            "no API key is for the user 'alise'. Did you mean 'alice'?",
            "no limit names the tool 'serch'. Did you mean 'search'?",
            "no limit asks for the claim 'teir'. Did you mean 'tier'?",
        ]);
        file.Find("wether", out string? why).ShouldBeNull();
        why!.ShouldEndWith("Did you mean 'weather'?");
        file.Find(null, out why).ShouldBeNull();
        why!.ShouldContain("weather, plain");
    }

    [Fact]
    public void Text_ServerWithoutLimits_SaysThatNoneApplies()
    {
        PolicyFile file = Load();

        ExplanationText.Write(Explanation.Of(file, file.Servers[1], Tool("search"), Caller("alice"), At))
            .ShouldContain("No limit applies: the server 'plain' has no 'rateLimiting'.");
        ExplanationText.Write(Explanation.Of(file, file.Servers[0], new ExplainedRequest("tools/list", OperationKind.Method, ""), Caller("alice"), At))
            .ShouldContain("No limit applies to this call.");
    }

    [Fact]
    public void Text_CallerWithoutATenant_SaysWhetherTheCallIsPooledOrRefused()
    {
        string path = Path.Combine(_folder.FullName, "tenants.yaml");
        const string Text = "auth: { jwt: { issuer: https://login.example.com, audience: a } }\n"
            + "servers: [{ name: s, upstream: 'http://127.0.0.1:1/mcp', rateLimiting: { perTenant: 5/1m, missingIdentity: MISSING } }]";
        string Explained(string missing)
        {
            File.WriteAllText(path, Text.Replace("MISSING", missing, StringComparison.Ordinal));
            PolicyFile file = PolicyFile.Load(path)!;
            return ExplanationText.Write(Explanation.Of(file, file.Servers[0], Tool("x"), Caller("alice"), At));
        }

        Explained("pool").ShouldContain("tenant unknown (pooled)");
        Explained("reject").ShouldContain("tenant unknown (rejected)");
        Explained("reject").ShouldContain("HTTP 403");
        Explained("skip").ShouldContain("the caller lacks 'tenant', and missingIdentity is skip");
    }

    [Fact]
    public void File_WithLimitsAtItsRoot_IsExplainedToo()
    {
        string path = Path.Combine(_folder.FullName, "local.yaml");
        File.WriteAllText(path, "rateLimiting:\n  tools:\n    - { name: search, perUser: 10/1m }\n");
        PolicyFile file = PolicyFile.Load(path)!;

        Explanation explanation = Explanation.Of(file, file.Find(null, out _)!, Tool("search"), Caller("alice"), At);

        explanation.LineOf("tools[0].perUser").ShouldBe($"{path}:3");
        explanation.Call.Limits.Count.ShouldBe(1);
    }

    private static ExplainedRequest Tool(string name) => new("tools/call", OperationKind.Tool, name);

    private static DescribedCaller Caller(string user) => new(user, null, null, ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty);

    private PolicyFile Load(string yaml = Yaml)
    {
        string path = Path.Combine(_folder.FullName, "sluice.yaml");
        File.WriteAllText(path, yaml);
        return PolicyFile.Load(path)!;
    }

    private JsonElement Explain(string tool, string user)
    {
        PolicyFile file = Load();
        return JsonDocument.Parse(ExplanationJson.Write(Explanation.Of(file, file.Servers[0], Tool(tool), Caller(user), At))).RootElement;
    }
}
