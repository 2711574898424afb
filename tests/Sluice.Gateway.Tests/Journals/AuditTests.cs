using System.Net;
using System.Text.Json;

namespace Sluice.Gateway.Tests.Journals;

/// <summary>The audit events of a gateway, as its file has them.</summary>
public sealed class AuditTests : IDisposable
{
    private const string Hostile = "<img onerror=\\\"x\\\">\\n\\u2028\\u0001\\\\";
    private readonly JournalFolder _folder = new();

    [Fact]
    public async Task Rejection_HasALineWithEveryField()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using (GatewayFixture gateway = await StartAsync(upstream, "{ perUser: 1/1d }", "decisionIds: true"))
        {
            await CallAsync(gateway, "search", key: GatewayFixture.AliceKey);
            await CallAsync(gateway, "search", key: GatewayFixture.AliceKey, id: "\"r-17\"");
        }

        JsonElement line = _folder.Json("audit.jsonl").ShouldHaveSingleItem();
        line.EnumerateObject().Select(field => field.Name).ShouldBe(
            ["time", "event", "server", "operation", "name", "limit", "scope", "source", "protocol", "request", "decisionId", "caller", "config"]);
        Text(line, "config").Length.ShouldBe(16);
        Text(line, "event").ShouldBe("refused");
        Text(line, "server").ShouldBe("one");
        Text(line, "operation").ShouldBe("tool");
        Text(line, "name").ShouldBe("search");
        Text(line, "limit").ShouldBe("perUser");
        Text(line, "scope").ShouldBe("perUser");
        Text(line, "source").ShouldBe("store");
        Text(line, "protocol").ShouldBe("2025-06-18");
        Text(line, "request").ShouldBe("\"r-17\"");
        Text(line, "caller").Length.ShouldBe(16);
        line.GetRawText().ShouldNotContain("alice");
    }

    [Fact]
    public async Task Rejection_IdentitiesClear_NamesTheCaller()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using (GatewayFixture gateway = await StartAsync(upstream, "{ perUser: 1/1d }", identities: "clear"))
        {
            await CallAsync(gateway, "search", key: GatewayFixture.AliceKey);
            await CallAsync(gateway, "search", key: GatewayFixture.AliceKey);
        }

        Text(_folder.Json("audit.jsonl").ShouldHaveSingleItem(), "caller").ShouldBe("alice");
    }

    [Fact]
    public async Task PermissiveLimit_HasALineForEachLimitOfAnAllowedCall()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using (GatewayFixture gateway = await StartAsync(
            upstream, "{ mode: permissive, shared: 1/1d, tools: [ { name: search, shared: 1/1d } ] }"))
        {
            for (int call = 0; call < 2; call++)
            {
                (await CallAsync(gateway, "search", key: GatewayFixture.AliceKey)).ShouldNotContain("Rate limit");
            }
        }

        JsonElement[] lines = _folder.Json("audit.jsonl");
        lines.Select(line => Text(line, "event")).ShouldBe(["would_refuse", "would_refuse"]);
        lines.Select(line => Text(line, "limit")).Order().ShouldBe(["search/shared", "shared"]);
    }

    [Fact]
    public async Task MissingIdentity_HasALineWithoutASource()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using (GatewayFixture gateway = await StartAsync(upstream, "{ perTenant: 1/1d, missingIdentity: reject }"))
        {
            await CallAsync(gateway, "search", key: GatewayFixture.AliceKey);
        }

        JsonElement line = _folder.Json("audit.jsonl").ShouldHaveSingleItem();
        Text(line, "source").ShouldBe("none");
        Text(line, "limit").ShouldBe("perTenant");
    }

    [Fact]
    public async Task HostileNames_AreEscapedAndStayOnOneLine()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using (GatewayFixture gateway = await StartAsync(upstream, "{ shared: 1/1d }"))
        {
            await CallAsync(gateway, "search", key: GatewayFixture.AliceKey);
            await CallAsync(gateway, Hostile, key: GatewayFixture.AliceKey);
            await CallAsync(gateway, new string('x', 1_000), key: GatewayFixture.AliceKey, id: $"\"{new string('9', 200)}\"");
        }

        string[] lines = _folder.Lines("audit.jsonl");
        lines.Length.ShouldBe(2);
        lines.ShouldAllBe(line => line.All(char.IsAscii));
        lines[0].ShouldNotContain("<");
        JsonElement[] json = _folder.Json("audit.jsonl");
        Text(json[0], "name").ShouldBe("<img onerror=\"x\">\n\u2028\u0001\\");
        Text(json[1], "name").Length.ShouldBe(Rejections.MaxNameLength);
        lines[1].Length.ShouldBeLessThan(1_000);
    }

    [Fact]
    public async Task Flood_OfManyCallersAcrossRotations_AddsUpExactly()
    {
        const int Callers = 5;
        const int Calls = 400;
        string keys = string.Join(", ", Enumerable.Range(0, Callers).Select(i => $"{{ user: u{i}, sha256: {GatewayFixture.HashOf($"the-key-of-u{i}")} }}"));
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        int[] refused = new int[Callers];
        await using (GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            audit: { file: "{{_folder["audit.jsonl"]}}", rotate: 1KiB, keep: 1000 }
            auth: { apiKeys: [ {{keys}} ] }
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: { perUser: 3/1d, tools: [ { name: b, perUser: 2/1d } ] } }
            """))
        {
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
            {
                for (int call = 0; call < Calls; call++)
                {
                    string body = await CallAsync(gateway, call % 2 == 0 ? "a" : "b", key: $"the-key-of-u{caller}");
                    refused[caller] += body.Contains("Rate limit exceeded", StringComparison.Ordinal) ? 1 : 0;
                }
            }));
        }

        refused.ShouldBe(Enumerable.Repeat(Calls - 3, Callers));
        _folder.Events("audit.jsonl").ShouldBe(refused.Sum());
        File.Exists(_folder["audit.jsonl.1"]).ShouldBeTrue();
        _folder.Json("audit.jsonl").GroupBy(line => Text(line, "caller")).Select(group => group.Sum(JournalFolder.EventsOf))
            .ShouldBe(refused.Select(count => (long)count));
    }

    [SkippableFact]
    public async Task FullDisk_CallsContinue()
    {
        Skip.IfNot(File.Exists("/dev/full"), "There is no /dev/full.");
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            audit: { file: /dev/full }
            record: { file: "{{_folder["decisions.jsonl"]}}" }
            servers: [ { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: { shared: 2/1d } } ]
            """);

        for (int call = 0; call < 10; call++)
        {
            (await CallAsync(gateway, "a", key: null)).Contains("Rate limit", StringComparison.Ordinal).ShouldBe(call >= 2);
        }
    }

    [Fact]
    public async Task Restart_KeepsTheHashes_AndAnotherSaltGivesOthers()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        for (int start = 0; start < 3; start++)
        {
            if (start == 2)
            {
                File.Delete(_folder[InstallationSalt.FileName]);
            }

            await using GatewayFixture gateway = await StartAsync(upstream, "{ perUser: 1/1d }");
            await CallAsync(gateway, "a", key: GatewayFixture.AliceKey);
            await CallAsync(gateway, "a", key: GatewayFixture.AliceKey);
        }

        string[] callers = [.. _folder.Json("audit.jsonl").Select(line => Text(line, "caller"))];
        callers.Length.ShouldBe(3);
        callers[1].ShouldBe(callers[0]);
        callers[2].ShouldNotBe(callers[0]);
    }

    public void Dispose() => _folder.Dispose();

    private static string Text(JsonElement line, string field) => line.GetProperty(field).GetString()!;

    private static async Task<string> CallAsync(GatewayFixture gateway, string tool, string? key, string id = "1")
    {
        using HttpRequestMessage request = GatewayFixture.Post(
            $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"{{{tool}}}"}}""");
        request.Headers.Add("MCP-Protocol-Version", "2025-06-18");
        if (key is not null)
        {
            request.Headers.Add("Authorization", $"Bearer {key}");
        }

        (HttpStatusCode status, string body) = await gateway.SendAsync(request);
        ((int)status).ShouldBeLessThan(500, body);
        return body;
    }

    private Task<GatewayFixture> StartAsync(FakeUpstream upstream, string rateLimiting, string more = "", string identities = "hashed") =>
        GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            {{more}}
            audit: { file: "{{_folder["audit.jsonl"]}}", identities: {{identities}} }
            auth: { apiKeys: [{ user: alice, sha256: {{GatewayFixture.HashOf(GatewayFixture.AliceKey)}} }, { user: bob, tenant: acme, sha256: {{GatewayFixture.HashOf("bob")}} }] }
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: {{rateLimiting}} }
            """);
}
