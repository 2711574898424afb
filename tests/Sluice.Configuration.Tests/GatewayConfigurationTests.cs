namespace Sluice.Configuration.Tests;

/// <summary>What a valid file comes to.</summary>
public sealed class GatewayConfigurationTests
{
    private static readonly GatewayConfiguration Everything =
        GatewayFile.Parse(Documents.Everything, "everything.yaml", Documents.Values).RequireConfiguration();

    [Fact]
    public void Parse_Keys_AreWhatTheFileSays()
    {
        Everything.Auth.ApiKeys.Count.ShouldBe(2);
        Everything.Auth.ApiKeys[0].User.ShouldBe("ci-bot");
        Everything.Auth.ApiKeys[0].Tenant.ShouldBe("acme");
        Everything.Auth.ApiKeys[0].Name.ShouldBe("ci");
        Convert.ToHexStringLower(Everything.Auth.ApiKeys[0].Sha256.AsSpan())
            .ShouldBe("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        Everything.Auth.ApiKeys[1].User.ShouldBe("42");
        Everything.Auth.ApiKeys[1].Tenant.ShouldBeNull();
        Everything.Auth.ApiKeys[1].Name.ShouldBeNull();
        Convert.ToHexStringLower(Everything.Auth.ApiKeys[1].Sha256.AsSpan()).ShouldBe(new string('a', 64));
    }

    [Fact]
    public void Parse_Servers_AreWhatTheFileSays()
    {
        Everything.Listen.ShouldBe(new Uri("http://0.0.0.0:0"));
        Everything.Servers.Length.ShouldBe(2);
        Everything.Servers[0].Upstream.ShouldBe(new HttpUpstreamConfiguration(new Uri("http://127.0.0.1:3001/mcp")));
        Everything.Servers[0].Path.ShouldBe("/v1/weather/mcp");
        Everything.Servers[1].Name.ShouldBe("free");
        Everything.Servers[1].Upstream.ShouldBe(new HttpUpstreamConfiguration(new Uri("https://mcp.example.com/mcp?version=2")));
        Everything.Servers[1].Path.ShouldBe("/free/mcp");
        Everything.Servers[1].Policy.ShouldBeNull();
    }

    [Fact]
    public void Parse_Bounds_AreWhatTheFileSays()
    {
        GatewayConfiguration configuration = GatewayFile.Parse(
            """
            listen: https://[::1]:8443
            tls: { certificate: /a.crt, key: /a.key }
            streams: { perUser: 1, total: 2, maxAge: 90m, keepAlive: 30s }
            servers:
              - { name: a, upstream: "http://127.0.0.1:1/mcp", maxRequestBytes: 1024, strictHeaders: true }
              - { name: b, upstream: "http://127.0.0.1:1/mcp" }
            """,
            "bounds.yaml").RequireConfiguration();

        configuration.Listen.ShouldBe(new Uri("https://[::1]:8443"));
        configuration.Tls.ShouldBe(new TlsConfiguration { Certificate = "/a.crt", Key = "/a.key" });
        configuration.Streams.ShouldBe(new StreamBounds { PerUser = 1, Total = 2, MaxAge = TimeSpan.FromMinutes(90), KeepAlive = TimeSpan.FromSeconds(30) });
        configuration.Servers.Select(server => (server.MaxRequestBytes, server.StrictHeaders)).ShouldBe([(1024, true), (4_194_304, false)]);
        Everything.Streams.ShouldBe(StreamBounds.Default);
        Everything.Tls.ShouldBeNull();
    }

    [Fact]
    public void Parse_Command_IsWhatTheFileSays()
    {
        CommandUpstreamConfiguration command = Command(
            """
            { command: " npx ", args: ["-y", "", "a b"], env: { KEY: s3cr3t-value, EMPTY_: "" }, cwd: /srv, instances: shared,
              maxSessions: 7, maxSessionsPerUser: 3, startRate: 9/1m, startRatePerUser: 4/10s, idleTimeout: 90s }
            """);

        command.Command.ShouldBe("npx");
        command.Arguments.ShouldBe(["-y", "", "a b"]);
        command.Environment.ShouldBe([new("KEY", "s3cr3t-value"), new("EMPTY_", "")]);
        command.WorkingDirectory.ShouldBe("/srv");
        command.Instances.ShouldBe(CommandInstances.Shared);
        command.MaxSessions.ShouldBe(7);
        command.MaxSessionsPerUser.ShouldBe(3);
        command.StartRate.ShouldBe(new Rate(9, TimeSpan.FromMinutes(1)));
        command.StartRatePerUser.ShouldBe(new Rate(4, TimeSpan.FromSeconds(10)));
        command.IdleTimeout.ShouldBe(TimeSpan.FromSeconds(90));
        command.ToString().ShouldNotContain("s3cr3t-value");
    }

    [Fact]
    public void Parse_CommandAlone_TakesTheDefaults()
    {
        CommandUpstreamConfiguration command = Command("{ command: server }");

        command.Arguments.ShouldBeEmpty();
        command.Environment.ShouldBeEmpty();
        command.WorkingDirectory.ShouldBeNull();
        command.Instances.ShouldBe(CommandInstances.PerSession);
        command.MaxSessions.ShouldBe(100);
        command.MaxSessionsPerUser.ShouldBe(10);
        command.StartRate.ShouldBe(new Rate(300, TimeSpan.FromMinutes(1)));
        command.StartRatePerUser.ShouldBe(new Rate(60, TimeSpan.FromMinutes(1)));
        command.IdleTimeout.ShouldBe(TimeSpan.FromMinutes(30));
    }

    [Theory]
    [InlineData("", 0, 10)]
    [InlineData("stop: { delay: 5s }", 5, 10)]
    [InlineData("stop: { drain: 2m }", 0, 120)]
    [InlineData("stop: { delay: 0s, drain: 0s }", 0, 0)]
    public void Parse_Stop_IsWhatTheFileSays(string stop, int delay, int drain)
    {
        StopConfiguration read = GatewayFile.Parse(
            $"servers: [ {{ name: a, upstream: 'http://127.0.0.1:1/mcp' }} ]\n{stop}", "sluice.yaml").RequireConfiguration().Stop;

        read.Delay.ShouldBe(TimeSpan.FromSeconds(delay));
        read.Drain.ShouldBe(TimeSpan.FromSeconds(drain));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(19, 2)]
    [InlineData(30, 3)]
    [InlineData(10_000, 1_000)]
    public void Parse_MaxSessionsAlone_GivesAUserATenthAndAtLeastTwo(int maxSessions, int expected) =>
        Command($"{{ command: server, maxSessions: {maxSessions} }}").MaxSessionsPerUser.ShouldBe(expected);

    [Fact]
    public void Parse_Limits_AreWhatTheFileSays()
    {
        RateLimitingSettings settings = Everything.Servers[0].Policy.ShouldNotBeNull().Settings;

        Everything.Servers[0].Policy!.Server.ShouldBe("weather");
        settings.Shared.ShouldBe(new Rate(100, TimeSpan.FromSeconds(90), RateLimitAlgorithm.TokenBucket, burst: 20, align: false));
        settings.PerTenant.ShouldBe(new Rate(10, TimeSpan.FromHours(1), RateLimitAlgorithm.FixedWindow, burst: null, align: true));
        settings.PerUser.ShouldBe(new Rate(10, TimeSpan.FromMinutes(1), RateLimitAlgorithm.SlidingWindow, burst: null, align: false));
        settings.Concurrency.ShouldBe(new() { Shared = 50, PerTenant = 20, PerUser = 4, MaxAge = TimeSpan.FromMinutes(10) });
        settings.Meter.ShouldBe(MeteredRequests.All);
        settings.MissingIdentity.ShouldBe(MissingIdentity.Reject);
        settings.ErrorCode.ShouldBe(-32029);
        settings.Headers.ShouldBe(LimitHeadersMode.Always);
        settings.HeaderStyle.ShouldBe(LimitHeadersStyle.Both);
        settings.CaseSensitive.ShouldBeTrue();
        settings.SlidingWindowCeiling.ShouldBe(20_000);
        settings.Tools.ShouldBe(
        [
            new()
            {
                Name = "search",
                Shared = new Rate(100, TimeSpan.FromMinutes(1)),
                PerTenant = new Rate(10, TimeSpan.FromMinutes(5)),
                PerUser = new Rate(2, TimeSpan.FromDays(1)),
                Concurrency = new() { PerUser = 1 },
                Cost = 2,
                Mode = LimitMode.Permissive,
                OnStoreFailure = StoreFailureMode.Deny,
                Rejection = RejectionForm.ToolResult,
            },
            new() { Name = "search_*", PerUser = [Rate.Parse("30/1m"), Rate.Parse("500/1d"), new Rate(2, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, 5, false)] },
        ]);
        settings.Prompts.ShouldBe([new() { Name = "summarise", Cost = 3 }]);
        settings.Resources.ShouldBe([new() { Name = "file:///notes/*", PerUser = new Rate(3, TimeSpan.FromSeconds(1)) }]);
        settings.Methods.ShouldBe([new() { Name = "tools/list", PerUser = new Rate(60, TimeSpan.FromMinutes(1)) }]);
    }

    [Fact]
    public void Parse_NothingButAServer_TakesTheDefaults()
    {
        GatewayConfiguration configuration = GatewayFile.Parse(
            "servers: [ { name: a, upstream: \"http://127.0.0.1:3001/mcp\", rateLimiting: { shared: 1/s } } ]", "f").RequireConfiguration();

        configuration.Listen.ShouldBe(new Uri("http://127.0.0.1:8080"));
        configuration.Auth.ApiKeys.ShouldBeEmpty();
        configuration.Servers.ShouldHaveSingleItem().Path.ShouldBe("/a/mcp");
        RateLimitingSettings defaults = new();
        RateLimitingSettings settings = configuration.Servers[0].Policy.ShouldNotBeNull().Settings;
        settings.ToString().ShouldBe((defaults with { Shared = new Rate(1, TimeSpan.FromSeconds(1)) }).ToString());
        settings.Tools.Concat(settings.Prompts).Concat(settings.Resources).Concat(settings.Methods).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("onRefusal", LimitHeadersMode.OnRefusal, LimitHeadersStyle.Draft11)]
    [InlineData("always", LimitHeadersMode.Always, LimitHeadersStyle.Draft11)]
    [InlineData("never", LimitHeadersMode.Never, LimitHeadersStyle.Draft11)]
    [InlineData("{ style: x-ratelimit }", LimitHeadersMode.OnRefusal, LimitHeadersStyle.XRateLimit)]
    [InlineData("{ mode: always, style: draft11 }", LimitHeadersMode.Always, LimitHeadersStyle.Draft11)]
    public void Parse_Headers_TakesBothForms(string headers, LimitHeadersMode mode, LimitHeadersStyle style)
    {
        RateLimitingSettings settings = Settings("shared: 1/s", $"headers: {headers}");

        settings.Headers.ShouldBe(mode);
        settings.HeaderStyle.ShouldBe(style);
    }

    [Theory]
    [InlineData("listen: http://localhost:8080", "http://localhost:8080")]
    [InlineData("listen: http://[::1]:9000/", "http://[::1]:9000")]
    [InlineData("listen: \" http://10.0.0.1:1 \"", "http://10.0.0.1:1")]
    public void Parse_Listen_IsAnAddress(string line, string expected) =>
        GatewayFile.Parse($"{line}\n{Documents.WithLimits("shared: 1/s")}", "f").RequireConfiguration().Listen.ShouldBe(new Uri(expected));

    [Theory]
    [InlineData("listen: http://127.0.0.1:8080/mcp")]
    [InlineData("listen: http://user@127.0.0.1:8080")]
    [InlineData("listen: http://127.0.0.1:65536")]
    [InlineData("listen: 127.0.0.1:8080")]
    [InlineData("listen: 8080")]
    [InlineData("listen: http://*:8080")]
    [InlineData("listen: http://localhost:0")]
    [InlineData("listen: ftp://127.0.0.1:21")]
    public void Parse_ListenThatIsNoAddress_IsAFault(string line) =>
        GatewayFile.Parse($"{line}\n{Documents.WithLimits("shared: 1/s")}", "f").Faults.ShouldHaveSingleItem().Path.ShouldBe("listen");

    [Theory]
    [InlineData("  \u00E9va  ", "\u00E9va")]
    [InlineData("\u6771\u4EAC", "\u6771\u4EAC")]
    [InlineData("\uAC00", "\uAC00")]
    [InlineData("e\u0301va", "\u00E9va")]
    [InlineData("\u212Bngstrom", "\u00C5ngstrom")]
    [InlineData("\u1100\u1161", "\uAC00")]
    public void Parse_User_HasOneSpelling(string user, string expected) =>
        WithUser(user).RequireConfiguration().Auth.ApiKeys[0].User.ShouldBe(expected);

    [Fact]
    public void Parse_Auth_IsWhatTheFileSays()
    {
        GatewayConfiguration configuration = GatewayFile.Parse(Documents.Case("valid/auth"), "f").RequireConfiguration();
        AuthConfiguration auth = configuration.Auth;

        auth.IdentifiesCallers.ShouldBeTrue();
        auth.JwtIssuers.Select(issuer => issuer.Issuer).ShouldBe(
            ["https://login.example.com/realms/one", "http://127.0.0.1:9000", "https://resources.example.com", "internal"]);
        auth.JwtIssuers[0].Audiences.ShouldBe(["https://mcp.example.com"]);
        auth.JwtIssuers[0].UserClaim.ShouldBe("email");
        auth.JwtIssuers[0].TenantClaims.ShouldBe(["realm_access.tenant"]);
        auth.JwtIssuers[0].ClientClaims.ShouldBe(["appid"]);
        auth.JwtIssuers[0].KeyFile.ShouldBeNull();
        auth.JwtIssuers[1].Audiences.ShouldBe(["one", "two"]);
        auth.JwtIssuers[1].UserClaim.ShouldBe("sub");
        auth.JwtIssuers[1].TenantClaims.ShouldBe(["tid", "org_id"]);
        auth.JwtIssuers[1].ClientClaims.ShouldBe(["azp", "client_id"]);
        auth.JwtIssuers[2].Audiences.ShouldBeEmpty();
        auth.JwtIssuers[3].KeyFile.ShouldBe("/etc/sluice/internal.pem");
        auth.ApiKeys.ShouldHaveSingleItem().Scopes.ShouldBe(["files:read", "files:write"]);
        TrustedProxy proxy = auth.TrustedProxy.ShouldNotBeNull();
        proxy.From.Select(network => network.ToString()).ShouldBe(["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]);
        (proxy.UserHeader, proxy.TenantHeader, proxy.ClientHeader).ShouldBe(("X-Auth-User", "X-Auth-Tenant", "X-Auth-Client"));
        auth.PublicUrl.ShouldBe(new Uri("https://mcp.example.com/tools"));
        auth.Origins.Select(origin => origin.Scheme).ShouldBe(["vscode-webview", "tauri", "http"]);
        auth.AllowsAnonymous.ShouldBeTrue();
        auth.UserAcrossTenants.ShouldBeTrue();
        configuration.Servers.Single().Scopes.ShouldBe(["files:read"]);
        auth.Failures.ShouldBe(new Rate(20, TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public void Parse_AllowList_IsWhatTheFileSays()
    {
        AllowRule[] rules = [.. GatewayFile.Parse(Documents.Case("valid/auth"), "f").RequireConfiguration().Servers[0].Allow!.Value];

        rules.Length.ShouldBe(3);
        rules[0].Claim.ShouldBe("scope");
        rules[0].Values.ShouldBe(["files:read", "files:write"]);
        rules[0].AppliesTo(OperationKind.Tool, "READ_it").ShouldBeTrue();
        rules[0].AppliesTo(OperationKind.Tool, "list").ShouldBeTrue();
        rules[0].AppliesTo(OperationKind.Tool, "write_it").ShouldBeFalse();
        rules[0].AppliesTo(OperationKind.Resource, "file:///x").ShouldBeTrue();
        rules[0].AppliesTo(OperationKind.Prompt, "list").ShouldBeFalse();
        rules[1].Values.ShouldBe(["files:write"]);
        rules[2].Claim.ShouldBeNull();
        rules[2].Values.ShouldBeEmpty();
        rules[2].AppliesTo(OperationKind.Prompt, "any").ShouldBeTrue();
        Everything.Servers[0].Allow.ShouldBeNull();
    }

    [Fact]
    public void Parse_NoAuth_IdentifiesNoCallerAndAllowsTenFailures()
    {
        AuthConfiguration auth = GatewayFile.Parse("servers: [{ name: a, upstream: 'http://127.0.0.1:1/mcp' }]", "f").RequireConfiguration().Auth;

        auth.IdentifiesCallers.ShouldBeFalse();
        auth.Failures.ShouldBe(new Rate(10, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Parse_ToolName_KeepsItsCharacters() =>
        Settings("tools:", "  - { name: \"e\u0301\", shared: 1/s }").Tools.ShouldHaveSingleItem().Name.ShouldBe("e\u0301");

    [Fact]
    public void Parse_OneKeyWithATenant_IsEnoughForPerTenant() =>
        Settings("perTenant: 1/s").PerTenant.ShouldBe(new Rate(1, TimeSpan.FromSeconds(1)));

    [Fact]
    public void Parse_ThousandEntries_IsTheMost()
    {
        string[] entries = [.. Enumerable.Range(0, 1_001).Select(index => $"  - {{ name: t{index}, shared: 1/s }}")];

        Settings([.. entries.Take(1_000).Prepend("tools:")]).Tools.Length.ShouldBe(1_000);
        GatewayFile.Parse(Documents.WithLimits([.. entries.Prepend("tools:")]), "f").Faults.ShouldHaveSingleItem().ToString()
            .ShouldBe("f:11:9 servers[0].rateLimiting.tools: has 1001 entries, and at most 1000 are allowed. Use a glob.");
    }

    private static GatewayFileResult WithUser(string user) => GatewayFile.Parse(
        Documents.WithLimits("shared: 1/s").Replace("user: alice", $"user: \"{user}\"", StringComparison.Ordinal), "f");

    private static RateLimitingSettings Settings(params string[] lines) =>
        GatewayFile.Parse(Documents.WithLimits(lines), "f").RequireConfiguration().Servers[0].Policy.ShouldNotBeNull().Settings;

    private static CommandUpstreamConfiguration Command(string upstream) =>
        GatewayFile.Parse($"servers: [ {{ name: a, upstream: {upstream} }} ]", "f", Documents.Values).RequireConfiguration()
            .Servers.ShouldHaveSingleItem().Upstream.ShouldBeOfType<CommandUpstreamConfiguration>();
}
