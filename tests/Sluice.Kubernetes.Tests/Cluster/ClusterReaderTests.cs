using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Documents;

namespace Sluice.Kubernetes.Tests.Cluster;

/// <summary>What a gateway serves by the objects of a cluster.</summary>
public sealed class ClusterReaderTests
{
    private readonly ClusterReader _reader = new(Settings(""));

    [Fact]
    public void Read_NoObjects_ServesWhatTheFileServes()
    {
        new ClusterReader(Settings("servers: [ { name: a, upstream: 'http://127.0.0.1:1/mcp' } ]")).Read([]).Configuration.Servers
            .ShouldHaveSingleItem().Name.ShouldBe("a");
        _reader.Read([]).Configuration.Servers.ShouldBeEmpty();
    }

    [Fact]
    public void Read_ServerAndPolicy_AreOneLimitedServer()
    {
        ClusterSnapshot snapshot = _reader.Read([Server("weather"), Policy("p", "weather", "3/1m")]);

        ServerConfiguration server = snapshot.Configuration.Servers.ShouldHaveSingleItem();
        server.Path.ShouldBe("/tools.weather/mcp");
        RateOf(snapshot).ShouldBe("3/1m");
        snapshot.Reports.ShouldAllBe(report => report.UsedGeneration == 1 && report.Faults.IsEmpty && report.Conflicts.IsEmpty);
    }

    [Fact]
    public void Read_PolicyWhoseNewGenerationIsWrong_IsUsedByTheEarlierOne()
    {
        _reader.Read([Server("weather"), Policy("p", "weather", "3/1m")]);

        ClusterSnapshot snapshot = _reader.Read([Server("weather"), Policy("p", "weather", "3/fortnite", generation: 2)]);

        RateOf(snapshot).ShouldBe("3/1m");
        ResourceReport report = ReportOf(snapshot, "p");
        report.UsedGeneration.ShouldBe(1);
        report.Faults.ShouldHaveSingleItem().ToString()
            .ShouldStartWith("RateLimitPolicy tools/p: spec.rateLimiting.shared: '3/fortnite' is not a rate: unknown unit 'fortnite'.");
        RateOf(_reader.Read([Server("weather"), Policy("p", "weather", "9/1m", generation: 3)])).ShouldBe("9/1m");
    }

    [Fact]
    public void Read_PolicyThatWasNeverRight_KeepsItsServerFromBeingServed()
    {
        ClusterSnapshot snapshot = _reader.Read([Server("weather"), Server("other"), Policy("p", "weather", "3/fortnite")]);

        snapshot.Configuration.Servers.ShouldHaveSingleItem().Name.ShouldBe("tools.other");
        ReportOf(snapshot, "weather").Conflicts.ShouldHaveSingleItem().ShouldContain("the RateLimitPolicy that limits it is invalid");
    }

    [Fact]
    public void Read_PolicyThatWasDeletedAndCreatedAgain_DoesNotUseTheDeletedOne()
    {
        _reader.Read([Server("weather"), Policy("p", "weather", "3/1m")]);

        _reader.Read([Server("weather"), Policy("p", "weather", "3/fortnite", uid: "another")]).Configuration.Servers.ShouldBeEmpty();
    }

    [Fact]
    public void Read_ServerWhoseNewGenerationIsWrong_IsServedByTheEarlierOne()
    {
        _reader.Read([Server("weather")]);

        ClusterSnapshot snapshot = _reader.Read([Server("weather", "ftp://w/mcp", generation: 2)]);

        snapshot.Configuration.Servers.ShouldHaveSingleItem().Upstream.ShouldBeOfType<HttpUpstreamConfiguration>().Address.Host.ShouldBe("w");
        ReportOf(snapshot, "weather").UsedGeneration.ShouldBe(1);
    }

    [Fact]
    public void Read_TwoPoliciesOfOneServer_TheOlderApplies()
    {
        ClusterSnapshot snapshot = _reader.Read(
            [Server("weather"), Policy("a", "weather", "1/1m", created: "2026-02-01T00:00:00Z"), Policy("b", "weather", "2/1m", created: "2026-01-01T00:00:00Z")]);

        RateOf(snapshot).ShouldBe("2/1m");
        ReportOf(snapshot, "a").UsedGeneration.ShouldBeNull();
        ReportOf(snapshot, "a").Conflicts.ShouldHaveSingleItem()
            .ShouldBe("spec.targetRefs[0]: 'tools/b' is older, and limits 'tools.weather'. Remove this target, or that one.");
    }

    [Fact]
    public void Read_PolicyWithoutItsServer_SaysSo() =>
        ReportOf(_reader.Read([Policy("p", "weather", "1/1m")]), "p").Missing.ShouldHaveSingleItem()
            .ShouldBe("spec.targetRefs[0]: there is no Server 'weather' of sluice.dev in this namespace that is valid.");

    [Fact]
    public void Read_ServerWithAPathThatIsTaken_IsNotServed()
    {
        ClusterSnapshot snapshot = new ClusterReader(Settings("servers: [ { name: a, path: /tools.weather/mcp, upstream: 'http://127.0.0.1:1/mcp' } ]"))
            .Read([Server("weather")]);

        snapshot.Configuration.Servers.ShouldHaveSingleItem().Name.ShouldBe("a");
        ReportOf(snapshot, "weather").Conflicts.ShouldHaveSingleItem().ShouldStartWith("The path '/tools.weather/mcp' is taken by the gateway's file.");
    }

    [Fact]
    public void Read_LimitsByUserWithoutAuth_AreAFaultOfThePolicy() =>
        ReportOf(_reader.Read([Server("weather"), Policy("p", "weather", "1/1m", scope: "perUser")]), "p").Faults.ShouldHaveSingleItem()
            .Message.ShouldStartWith("needs to know who calls");

    [Fact]
    public void Read_ServerOfToolHive_IsServedAtItsProxyWhenItHasLimits()
    {
        ClusterSnapshot snapshot = _reader.Read([ToolHive("fetch", limits: true, "http://proxy:8080/mcp"), ToolHive("free", limits: false, "http://free:8080/mcp")]);

        ServerConfiguration server = snapshot.Configuration.Servers.ShouldHaveSingleItem();
        server.Name.ShouldBe("tools.fetch");
        server.Upstream.ShouldBeOfType<HttpUpstreamConfiguration>().Address.ShouldBe(new Uri("http://proxy:8080/mcp"));
    }

    [Fact]
    public void Read_ServerOfToolHiveThatIsNotStartedYet_IsServedOnceItHasAnAddress()
    {
        string before = _reader.Read([ToolHive("fetch", limits: true, null)]).Configuration.Version;

        ClusterSnapshot snapshot = _reader.Read([ToolHive("fetch", limits: true, "http://proxy:8080/mcp", version: 2)]);

        snapshot.Configuration.Servers.ShouldHaveSingleItem();
        snapshot.Configuration.Version.ShouldNotBe(before);
    }

    [Fact]
    public void Read_PolicyOfAServerOfToolHive_LimitsIt()
    {
        ClusterSnapshot snapshot = _reader.Read(
            [ToolHive("free", limits: false, "http://free:8080/mcp"), Policy("p", "free", "3/1m", ofToolHive: true)]);

        RateOf(snapshot).ShouldBe("3/1m");
    }

    [Fact]
    public void Read_SameObjects_HaveOneVersionInAnyOrder_AndTheSameCompiledLimits()
    {
        ClusterObject[] objects = [Server("weather"), Server("other"), Policy("p", "weather", "3/1m")];
        ClusterSnapshot first = _reader.Read(objects);
        ClusterSnapshot second = _reader.Read([.. objects.Reverse()]);

        second.Configuration.Version.ShouldBe(first.Configuration.Version);
        second.Configuration.Version.ShouldBe(new ClusterReader(Settings("")).Read(objects).Configuration.Version);
        LimitsOf(second).ShouldBeSameAs(LimitsOf(first));
        _reader.Read([.. objects, Server("third")]).Configuration.Version.ShouldNotBe(first.Configuration.Version);

        static RateLimitPolicy? LimitsOf(ClusterSnapshot snapshot) => snapshot.Configuration.Servers.Single(server => server.Name == "tools.weather").Policy;
    }

    [Fact]
    public void Read_VirtualServer_HasTheBackendsThatAreServed_UnderTheirShortNames()
    {
        ClusterSnapshot snapshot = _reader.Read([Server("weather"), Server("search"), Virtual("toolkit", "weather", "nowhere", "search")]);

        ServerConfiguration server = snapshot.Configuration.Servers.Single(server => server.Name == "tools.toolkit");
        server.Path.ShouldBe("/tools.toolkit/mcp");
        ((VirtualUpstreamConfiguration)server.Upstream).Backends.Select(backend => (backend.Server, backend.ShortName))
            .ShouldBe([("tools.weather", "weather"), ("tools.search", "search")]);
        ObjectStatus.Of(ReportOf(snapshot, "toolkit"))!.Conditions.Select(condition => (condition.Type, condition.Status, condition.Reason))
            .ShouldBe([("Accepted", "True", "Accepted"), ("ResolvedRefs", "False", "BackendNotFound"), ("Programmed", "True", "Programmed")]);
        ReportOf(snapshot, "toolkit").Missing.ShouldHaveSingleItem()
            .ShouldBe("spec.backendRefs[1]: there is no Server 'nowhere' in this namespace that is served. It is left out.");
    }

    [Fact]
    public void Read_VirtualServer_DoesNotLeadAroundALimitThatIsWrong()
    {
        ClusterObject[] objects = [Server("weather"), Server("search"), Policy("p", "weather", "3/fortnite"), Virtual("toolkit", "weather", "search")];

        ClusterSnapshot snapshot = _reader.Read(objects);

        Backends(snapshot).ShouldBe(["tools.search"]);
        ClusterSnapshot mended = _reader.Read([.. objects[..2], Policy("p", "weather", "3/1m", generation: 2), objects[3]]);
        Backends(mended).ShouldBe(["tools.weather", "tools.search"]);
        mended.Configuration.Version.ShouldNotBe(snapshot.Configuration.Version);

        static string[] Backends(ClusterSnapshot snapshot) =>
            [.. ((VirtualUpstreamConfiguration)snapshot.Configuration.Servers.Single(server => server.Name == "tools.toolkit").Upstream).Backends.Select(backend => backend.Server)];
    }

    [Fact]
    public void Read_VirtualServerWithoutABackend_IsNotServed()
    {
        ClusterSnapshot snapshot = _reader.Read([Virtual("toolkit", "nowhere"), Virtual("other", "toolkit")]);

        snapshot.Configuration.Servers.ShouldBeEmpty();
        snapshot.Reports.ShouldAllBe(report => report.UsedGeneration == null && report.Missing.Length == 1);
    }

    [Fact]
    public void Read_PolicyOfAVirtualServer_LimitsItAndNotTheServerOfTheSameName()
    {
        ClusterSnapshot snapshot = _reader.Read([Server("weather"), Virtual("toolkit", "weather"), Policy("p", "toolkit", "3/1m", kind: ("sluice.dev", "VirtualServer"))]);

        snapshot.Configuration.Servers.Single(server => server.Name == "tools.toolkit").Policy!.Settings.Shared!.ToString().ShouldBe("3/1m");
        snapshot.Configuration.Servers.Single(server => server.Name == "tools.weather").Policy.ShouldBeNull();
        ReportOf(_reader.Read([Server("toolkit"), Policy("p", "toolkit", "3/1m", kind: ("sluice.dev", "VirtualServer"))]), "p").Missing.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("""{"deployment":{"image":"i:1"}}""", "http://one.tools.svc:3000/mcp")]
    [InlineData("""{"deployment":{"image":"i:1","port":8080},"transportType":"http","httpTransport":{"targetPort":8080,"path":"/api"}}""", "http://one.tools.svc:8080/api")]
    [InlineData("""{"deployment":{"image":"i:1","port":8080},"transportType":"stdio","stdioTransport":{}}""", "http://one.tools.svc:8080/mcp")]
    public void Read_ServerOfKmcp_IsServedWithAPolicyAlone(string spec, string address)
    {
        ClusterObject server = Object(FollowedKinds.KmcpServers, "one", (JsonObject)JsonNode.Parse(spec)!, 1);

        _reader.Read([server]).Configuration.Servers.ShouldBeEmpty();
        ClusterSnapshot snapshot = _reader.Read([server, Policy("p", "one", "3/1m", kind: ("kagent.dev", "MCPServer"))]);

        ServerConfiguration served = snapshot.Configuration.Servers.ShouldHaveSingleItem();
        ((HttpUpstreamConfiguration)served.Upstream).Address.ShouldBe(new Uri(address));
        served.Path.ShouldBe("/tools.one/mcp");
        RateOf(snapshot).ShouldBe("3/1m");
        ObjectStatus.Of(ReportOf(snapshot, "one")).ShouldBeNull(); // Nothing is written to it.
    }

    [Fact]
    public void Read_ServersOfTwoOperatorsWithOneName_AreToldApartByGroup_AndTheSecondIsNotServed()
    {
        ClusterSnapshot snapshot = _reader.Read(
        [
            ToolHive("one", limits: false, url: "http://proxy:1/mcp"),
            Object(FollowedKinds.KmcpServers, "one", new JsonObject { ["deployment"] = new JsonObject() }, 1),
            Policy("p", "one", "3/1m", kind: ("toolhive.stacklok.dev", "MCPServer")),
        ]);

        ((HttpUpstreamConfiguration)snapshot.Configuration.Servers.ShouldHaveSingleItem().Upstream).Address.Host.ShouldBe("proxy");
    }

    [Fact]
    public void Read_ServerWithoutAPolicy_IsNotServedWherePoliciesAreRequired()
    {
        ClusterReader reader = new(Settings("servers: [ { name: a, upstream: 'http://127.0.0.1:1/mcp' } ]"), requiresPolicy: true);

        ClusterSnapshot open = reader.Read([Server("weather")]);
        ClusterSnapshot limited = reader.Read([Server("weather"), Policy("p", "weather", "3/1m")]);
        ClusterSnapshot deleted = reader.Read([Server("weather")]);

        open.Configuration.Servers.ShouldHaveSingleItem().Name.ShouldBe("a"); // The file's servers are whoever runs the gateway's business.
        ObjectStatus.Of(ReportOf(open, "weather"))!.Conditions.Select(condition => (condition.Type, condition.Status, condition.Reason))
            .ShouldBe([("Accepted", "True", "Accepted"), ("ResolvedRefs", "True", "ResolvedRefs"), ("Programmed", "False", "NoPolicy")]);
        limited.Configuration.Servers.Select(server => server.Name).ShouldBe(["a", "tools.weather"]);
        ObjectStatus.Of(ReportOf(limited, "weather"))!.Conditions.ShouldAllBe(condition => condition.Status == "True");
        deleted.Configuration.Servers.ShouldHaveSingleItem().Name.ShouldBe("a");
    }

    [Fact]
    public void With_AnotherFile_KeepsTheLastGoodGenerations()
    {
        _reader.Read([Server("weather"), Policy("p", "weather", "3/1m")]);
        ClusterObject[] wrong = [Server("weather"), Policy("p", "weather", "3/fortnite", generation: 2)];
        _reader.Read(wrong);

        RateOf(_reader.With(Settings("streams: { keepAlive: 30s }")).Read(wrong)).ShouldBe("3/1m");
        RateOf(_reader.With(Settings(Auth)).Read(wrong)).ShouldBe("3/1m");
    }

    [Fact]
    public void With_AnotherAuth_ReadsObjectsByIt()
    {
        ClusterObject[] objects = [Server("weather"), Policy("p", "weather", "3/1m", scope: "perUser")];
        _reader.Read(objects).Configuration.Servers.ShouldBeEmpty();

        ClusterReader known = _reader.With(Settings(Auth));
        ClusterSnapshot snapshot = known.Read(objects);

        snapshot.Configuration.Servers.ShouldHaveSingleItem().Policy!.Settings.PerUser.ShouldNotBeNull();
        ReportOf(known.With(Settings("")).Read(objects), "p").Faults.ShouldHaveSingleItem().Message.ShouldContain("needs to know who calls");
    }

    private const string Auth = "auth: { apiKeys: [ { user: alice, sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef } ] }";

    private static GatewayConfiguration Settings(string text) =>
        GatewayFile.Parse(text, "sluice.yaml", ProcessValueSource.Instance, ReadingOptions.ToRead with { IsToRun = true, IsWithCluster = true }).RequireConfiguration();

    private static string? RateOf(ClusterSnapshot snapshot) => snapshot.Configuration.Servers.ShouldHaveSingleItem().Policy?.Settings.Shared?.ToString();

    private static ResourceReport ReportOf(ClusterSnapshot snapshot, string name) => snapshot.Reports.Single(report => report.Object.Name == name);

    private static ClusterObject Server(string name, string url = "http://w/mcp", int generation = 1) =>
        Object(FollowedKinds.Servers, name, new JsonObject { ["upstream"] = new JsonObject { ["url"] = url } }, generation);

    private static ClusterObject Virtual(string name, params string[] backends) => Object(
        FollowedKinds.VirtualServers,
        name,
        new JsonObject { ["backendRefs"] = new JsonArray([.. backends.Select(backend => new JsonObject { ["name"] = backend })]) },
        1);

    private static ClusterObject Policy(
        string name, string server, string rate, int generation = 1, string created = "2026-01-01T00:00:00Z", string? uid = null, string scope = "shared", bool ofToolHive = false, (string Group, string Kind)? kind = null) =>
        Object(
            FollowedKinds.Policies,
            name,
            new JsonObject
            {
                ["targetRefs"] = new JsonArray(new JsonObject
                {
                    ["group"] = kind?.Group ?? (ofToolHive ? "toolhive.stacklok.dev" : "sluice.dev"),
                    ["kind"] = kind?.Kind ?? (ofToolHive ? "MCPServer" : "Server"),
                    ["name"] = server,
                }),
                ["rateLimiting"] = new JsonObject { [scope] = rate },
            },
            generation,
            created,
            uid);

    private static ClusterObject ToolHive(string name, bool limits, string? url, int version = 1)
    {
        JsonObject spec = new() { ["image"] = "i:1" };
        if (limits)
        {
            spec["sessionStorage"] = new JsonObject { ["provider"] = "redis", ["address"] = "redis:6379" };
            spec["rateLimiting"] = new JsonObject { ["shared"] = new JsonObject { ["maxTokens"] = 1, ["refillPeriod"] = "1m" } };
        }

        return Object(FollowedKinds.ToolHiveServers, name, spec, 1, status: url is null ? null : new JsonObject { ["url"] = url }, version: version);
    }

    private static ClusterObject Object(
        ResourceKind kind, string name, JsonObject spec, int generation, string created = "2026-01-01T00:00:00Z", string? uid = null, JsonNode? status = null, int? version = null)
    {
        JsonObject json = new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = "tools",
                ["uid"] = uid ?? $"uid-of-{kind.Name}-{name}",
                ["resourceVersion"] = $"{version ?? generation}",
                ["generation"] = generation,
                ["creationTimestamp"] = created,
            },
            ["spec"] = spec,
            ["status"] = status,
        };
        using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
        return ClusterObject.Read(document.RootElement, kind);
    }
}
