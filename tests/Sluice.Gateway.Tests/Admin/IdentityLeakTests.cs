using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>No message, header, metric, span or log has an identity or a value of a claim, whatever limits there are.</summary>
/// <remarks>Every identity and every claim of this test has a mark, and all that the gateway says is searched for it.</remarks>
public sealed class IdentityLeakTests : IDisposable
{
    private const string Mark = "MARKED";
    private const string Limits =
        """
        headers: always, cost: 2,
        perUser: [ 8/1h, { maxTokens: 40, window: month, timeZone: Asia/Tokyo } ], perTenant: 60/1h, perClient: [ 50/1h, 400/1d ],
        overrides: [
          { when: { claims: { suspended: ["MARKED-yes"] } }, perUser: 0 },
          { when: { users: [MARKED-guest], tenants: [MARKED-acme], clients: [MARKED-agent] }, perUser: [ 4/1h, 6/1d ] } ],
        limits: [
          { name: teams, per: [tenant, "claim:team"], rate: [ 12/1h, 90/1d ], when: { claims: { tier: [MARKED-pro, MARKED-free] } } },
          { name: watched, per: ["claim:team"], rate: 2/1h, mode: permissive } ]
        """;

    private static readonly string[] Servers = ["limited", "limited-rpc", "limited-tool", "slots", "waits", "watched", "strict"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-marks-");
    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _said = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Everything_WithEveryKindOfLimit_HasNoIdentityAndNoValueOfAClaim()
    {
        using ActivityListener spans = ListenToSpans();
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            if (Encoding.UTF8.GetString((byte[])context.Items["body"]!).Contains("slow", StringComparison.Ordinal))
            {
                await _release.Task;
            }

            await FakeUpstream.Json("""{"jsonrpc":"2.0","id":1,"result":{}}""")(context);
        });
        CapturedLog log;
        CapturedLog adminLog;
        HashSet<string> codes = [];
        await using (AdminFixture admin = await StartAsync(upstream))
        {
            log = new CapturedLog();
            admin.Gateway.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
            adminLog = admin.Capture();
            List<string> ids = [];
            foreach (string server in Servers[..3])
            {
                foreach (string user in new[] { "guest", "carol", "guest", "carol", "carol", "carol", "carol" })
                {
                    codes.Add(await CallAsync(admin, server, user, ids));
                    codes.Add(await CallAsync(admin, server, user, ids, isModern: true));
                }

                codes.Add(await CallAsync(admin, server, "dave", ids, suspended: true));
                await SayAsync(admin.GatewayClient, Request(HttpMethod.Get, $"/{server}/limits", "carol"));
            }

            codes.Add(await CallAsync(admin, "strict", "erin", ids, isWithoutTenant: true));
            for (int call = 0; call < 3; call++)
            {
                await CallAsync(admin, "watched", "carol", ids);
            }

            Task<string> running = CallAsync(admin, "slots", "carol", ids, tool: "slow");
            await Eventually.HoldsAsync(async () => (await admin.JsonAsync("/api/v1/status", AdminFixture.Token)).GetProperty("slots").GetInt32() == 1);
            codes.Add(await CallAsync(admin, "slots", "carol", ids));
            await CallAsync(admin, "waits", "carol", ids);
            Task<string> held = CallAsync(admin, "waits", "carol", ids);
            await Eventually.HoldsAsync(async () => (await admin.JsonAsync("/api/v1/status", AdminFixture.Token)).GetProperty("held").GetInt32() == 1);
            await SayAdminAsync(admin, ids);
            _time.Advance(TimeSpan.FromMinutes(2)); // Reports of permissive limits, and the held call goes.
            await held;
            _release.SetResult();
            await running;
            await SayAdminAsync(admin, ids);
            ids.Count.ShouldBeGreaterThan(10);
        }

        Note([.. log.Lines, .. adminLog.Lines]);
        foreach (FileInfo file in _folder.GetFiles())
        {
            Note(file.Name, File.ReadAllText(file.FullName));
        }

        string said = Said();
        codes.ShouldBe(["allowed", "rate", "calendar", "concurrency", "nothing", "identity"], ignoreOrder: true);
        Telling(said, "teams/1h", "perUser/1h", "perClient/1d", "\"concurrency\"", "resetsAt", "would now reject", "sluice_", "is held for", "was rejected by");
        Lines(said).ShouldBeEmpty();
    }

    // The listener hears the spans of every gateway of the process, so another thread may add one at any time.
    private void Note(params ReadOnlySpan<string> lines)
    {
        lock (_said)
        {
            foreach (string line in lines)
            {
                _said.AppendLine(line);
            }
        }
    }

    private string Said()
    {
        lock (_said)
        {
            return _said.ToString();
        }
    }

    private static void Telling(string said, params string[] words)
    {
        foreach (string word in words)
        {
            said.Contains(word, StringComparison.Ordinal).ShouldBeTrue($"Nothing says '{word}', so nothing was looked for there.");
        }
    }

    private static string[] Lines(string said) => [.. said.Split('\n').Where(line => line.Contains(Mark, StringComparison.OrdinalIgnoreCase))];

    private async Task<AdminFixture> StartAsync(FakeUpstream upstream)
    {
        string One(string name, string limits) =>
            $"{{ name: {name}, upstream: \"{upstream.Endpoint}\", usage: true, rateLimiting: {{ {limits.ReplaceLineEndings(" ")} }} }}";
        string[] servers =
        [
            One("limited", $"rejection: http429, {Limits}"),
            One("limited-rpc", $"rejection: jsonrpc, {Limits}"),
            One("limited-tool", $"rejection: toolResult, {Limits}, tools: [ {{ name: x, perUser: {{ maxTokens: 2, window: day }} }} ]"),
            One("slots", "concurrency: { perUser: 1 }, limits: [ { name: team-slots, per: [\"claim:team\"], concurrency: 3 } ]"),
            One("waits", "wait: 60s, perUser: { maxTokens: 1, refillPeriod: 30s }, limits: [ { name: team-rate, per: [\"claim:team\"], rate: 9/1h } ]"),
            One("watched", "mode: permissive, perUser: 1/1h"),
            One("strict", "rejection: http429, missingIdentity: reject, perTenant: 5/1h"),
        ];
        IConfiguration levels = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Logging:LogLevel:Default", "Debug"), new("Logging:LogLevel:Microsoft", "Information")])
            .Build();
        return await AdminFixture.StartAsync(
            $"[ {string.Join(", ", servers)} ]",
            admin: $"{{ listen: \"http://127.0.0.1:0\", token: {AdminFixture.Token} }}",
            time: _time,
            more: $$"""
                auth:
                  trustedProxy:
                    from: [127.0.0.1]
                    userHeader: X-User
                    tenantHeader: X-Tenant
                    clientHeader: X-Client
                    claimHeaders: { team: X-Team, tier: X-Tier, suspended: X-Suspended }
                decisionIds: true
                audit: { file: {{_folder.FullName}}/audit.jsonl }
                record: { file: {{_folder.FullName}}/record.jsonl }
                """,
            logs: LogSettings.Read(isVerbose: true, levels, out _));
    }

    /// <summary>Calls, and says by what the call was rejected.</summary>
    private async Task<string> CallAsync(
        AdminFixture admin,
        string server,
        string user,
        List<string> ids,
        bool isModern = false,
        bool suspended = false,
        bool isWithoutTenant = false,
        string tool = "x")
    {
        using HttpRequestMessage request = Request(HttpMethod.Post, $"/{server}/mcp", user);
        request.Content = new StringContent(
            $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{tool}}}"{{{(isModern ? Modern : "")}}}}}""", Encoding.UTF8, "application/json");
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (isModern)
        {
            request.Headers.Add("MCP-Protocol-Version", Mcp.McpVersions.FirstModern);
            request.Headers.Add("Mcp-Method", "tools/call");
            request.Headers.Add("Mcp-Name", tool);
        }

        if (suspended)
        {
            request.Headers.Add("X-Suspended", $"{Mark}-yes");
        }

        if (isWithoutTenant)
        {
            request.Headers.Remove("X-Tenant");
        }

        (string body, HttpStatusCode status) = await SayAsync(admin.GatewayClient, request);
        int id = body.IndexOf("\"decisionId\":\"", StringComparison.Ordinal);
        if (id >= 0)
        {
            ids.Add(body[(id + 14)..].Split('"')[0]);
        }

        return body.Contains("resetsAt", StringComparison.Ordinal) ? "calendar"
            : body.Contains("\"limitKind\":\"concurrency\"", StringComparison.Ordinal) ? "concurrency"
            : body.Contains("admits no call", StringComparison.Ordinal) ? "nothing"
            : status == HttpStatusCode.Forbidden ? "identity"
            : body.Contains("\"limitKind\":\"rate\"", StringComparison.Ordinal) ? "rate"
            : "allowed";
    }

    private const string Modern =
        ""","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}""";

    private static HttpRequestMessage Request(HttpMethod method, string path, string user)
    {
        HttpRequestMessage request = new(method, path);
        request.Headers.Add("X-User", $"{Mark}-{user}");
        request.Headers.Add("X-Tenant", $"{Mark}-acme");
        request.Headers.Add("X-Client", $"{Mark}-agent");
        request.Headers.Add("X-Team", $"{Mark}-red,{Mark}-blue");
        request.Headers.Add("X-Tier", $"{Mark}-pro");
        return request;
    }

    private async Task SayAdminAsync(AdminFixture admin, List<string> ids)
    {
        string[] paths =
        [
            "/healthz", "/readyz", "/metrics", "/", "/api/v1/status", "/api/v1/servers", "/api/v1/history", "/api/v1/limits", "/api/v1/buckets",
            "/api/v1/refused", "/api/v1/held", "/api/v1/config", .. Servers.Select(server => $"/api/v1/servers/{server}/history"),
            .. ids.Select(id => $"/api/v1/why/{id}"),
        ];
        foreach (string path in paths)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, path);
            request.Headers.Authorization = new("Bearer", AdminFixture.Token);
            await SayAsync(admin.Client, request);
        }
    }

    private async Task<(string Body, HttpStatusCode Status)> SayAsync(HttpClient client, HttpRequestMessage request)
    {
        using HttpResponseMessage response = await client.SendAsync(request);
        string body = await response.Content.ReadAsStringAsync();
        Note($"{request.RequestUri} {response}", body);
        return (body, response.StatusCode);
    }

    private ActivityListener ListenToSpans()
    {
        ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name.StartsWith("Sluice", StringComparison.OrdinalIgnoreCase),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
                Note($"span {span.DisplayName} {string.Join(' ', span.TagObjects)} {string.Join(' ', span.Events.SelectMany(one => one.Tags))}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
