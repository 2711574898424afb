using System.Text.Json.Nodes;
using Sluice.Configuration;
using Sluice.Documents;
using Sluice.Kubernetes.Tests.Api;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>The roles of <c>deploy</c> are enough for a gateway, and have nothing that it does not use.</summary>
public sealed class RoleTests
{
    private static readonly string Chart = Path.Combine(Repository.Root, "deploy", "helm", "sluice", "files");

    private static HashSet<(string Group, string Resource, string Verb)> OfChart =>
        [.. ((string[])["rules.yaml", "rules-toolhive.yaml", "rules-kmcp.yaml", "rules-lease.yaml"]).SelectMany(file => RulesOf(Read(File.ReadAllText(Path.Combine(Chart, file))).Single()))];

    private static HashSet<(string Group, string Resource, string Verb)> OfGateway =>
        [.. OfChart, .. RulesOf(Read(File.ReadAllText(Path.Combine(Chart, "rules-gateway.yaml"))).Single())];

    public static TheoryData<string, string, string> Rules()
    {
        TheoryData<string, string, string> rules = [];
        foreach ((string group, string resource, string verb) in OfGateway)
        {
            rules.Add(group, resource, verb);
        }

        return rules;
    }

    [Fact]
    public async Task Gateway_WithTheRoleOfTheChart_UsesEachOfItsVerbsAndIsDeniedNothing()
    {
        await using ApiServerDouble server = await ApiServerDouble.StartAsync();
        server.Allowed = OfChart;
        await using RunningGateway gateway = await StartAsync(server, null);

        await Until.TrueAsync(() => OfChart.IsSubsetOf(server.Used.Keys), "every verb is used");

        server.Used.Keys.Order().ShouldBe(OfChart.Order());
    }

    [Fact]
    public async Task GatewayWithAName_WithTheRoleOfTheChart_UsesEachOfItsVerbsAndIsDeniedNothing()
    {
        await using ApiServerDouble server = await ApiServerDouble.StartAsync();
        server.Allowed = OfGateway;
        await using RunningGateway gateway = await StartAsync(server, "main");

        await Until.TrueAsync(() => OfGateway.IsSubsetOf(server.Used.Keys), "every verb is used");

        server.Used.Keys.Order().ShouldBe(OfGateway.Order());
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Gateway_WithoutAVerb_IsDenied(string group, string resource, string verb)
    {
        await using ApiServerDouble server = await ApiServerDouble.StartAsync();
        server.Allowed = [.. OfGateway.Where(rule => rule != (group, resource, verb))];
        Task<RunningGateway> starting = StartAsync(server, "main");

        await Until.TrueAsync(() => server.Denied > 0, "a request that is denied");

        server.Allowed = OfGateway; // Or a gateway that waits for its first list would not stop.
        await (await starting).DisposeAsync();
    }

    [Fact]
    public void Base_OfKustomize_HasTheSameRules()
    {
        Node[] objects = Read(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "kustomize", "rbac.yaml")));

        objects.OfType<MappingNode>().Select(found => found.Find("rules")?.Value).OfType<Node>().SelectMany(RulesOf).Order().ShouldBe(OfChart.Order());
    }

    private static async Task<RunningGateway> StartAsync(ApiServerDouble server, string? name)
    {
        RunningGateway gateway = await RunningGateway.CreateAsync();
        JsonObject limits = new() { ["shared"] = new JsonObject { ["maxTokens"] = 1, ["refillPeriod"] = "1m" } };
        JsonObject storage = new() { ["provider"] = "redis", ["address"] = "redis:6379" };
        server.Set("servers", "tools", "weather", new JsonObject { ["upstream"] = new JsonObject { ["url"] = gateway.Upstream } });
        server.Set("ratelimitpolicies", "tools", "weather", new JsonObject
        {
            ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = "sluice.dev", ["kind"] = "Server", ["name"] = "weather" }),
            ["rateLimiting"] = new JsonObject { ["shared"] = "3/1m" },
        });
        server.Set("virtualservers", "tools", "all", new JsonObject { ["backendRefs"] = new JsonArray(new JsonObject { ["name"] = "weather" }) });
        server.Set("mcpservers", "tools", "one", new JsonObject { ["image"] = "i:1", ["sessionStorage"] = storage, ["rateLimiting"] = limits });
        server.Set("virtualmcpservers", "tools", "vmcp", new JsonObject
        {
            ["groupRef"] = new JsonObject { ["name"] = "group" },
            ["incomingAuth"] = new JsonObject { ["type"] = "anonymous" },
            ["sessionStorage"] = storage.DeepClone(),
            ["config"] = new JsonObject { ["rateLimiting"] = limits.DeepClone() },
        });
        server.Set("secrets", "default", "keys", new JsonObject { ["keys.yaml"] = $"- {{ user: ana, sha256: {new string('a', 64)} }}" });
        server.Set("gateways", "default", "main", new JsonObject
        {
            ["auth"] = new JsonObject { ["apiKeysRef"] = new JsonObject { ["name"] = "keys", ["key"] = "keys.yaml" } },
        });
        await gateway.StartAsync(server.Address, "{ token: t }", authority: null, gateway: name);
        return gateway;
    }

    private static Node[] Read(string text)
    {
        FaultList faults = new("rules");
        Node[] roots = [.. DocumentReader.ReadAll(text, _ => null, faults)];
        faults.ToImmutable().ShouldBeEmpty();
        return roots;
    }

    private static IEnumerable<(string Group, string Resource, string Verb)> RulesOf(Node rules) =>
        from rule in ((SequenceNode)rules).Items.Cast<MappingNode>()
        from apiGroup in Texts(rule, "apiGroups")
        from resource in Texts(rule, "resources")
        from verb in Texts(rule, "verbs")
        select (apiGroup, resource, verb);

    private static IEnumerable<string> Texts(MappingNode rule, string field) => ((SequenceNode)rule.Find(field)!.Value).Items.Cast<ScalarNode>().Select(text => text.Value);
}
