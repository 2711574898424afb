using System.Text.RegularExpressions;

namespace Sluice.Configuration.Tests.ToolHive;

/// <summary>The limits of a manifest decide as ToolHive's limiter does, and their buckets are apart where ToolHive's are.</summary>
public sealed partial class DecisionTests
{
    public static TheoryData<string, string, string> Cases(string list)
    {
        TheoryData<string, string, string> cases = [];
        foreach (string[] found in ToolHiveCases.Read(list, columns: 3))
        {
            cases.Add(found[0], found[1], found[2]);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases), "decisions.txt")]
    public void Calls_AreDecidedAsByToolHive(string title, string limits, string calls) =>
        Decide(title, "server", $"$i, $s, $o, rateLimiting: {{ {Buckets(Tools(limits))} }}", calls);

    [Theory]
    [MemberData(nameof(Cases), "virtual.txt")]
    public void Calls_OfAVirtualServer_AreDecidedAsByToolHive(string title, string limits, string calls) =>
        Decide(title, "virtual", $"$g, $s, $t, config: {{ rateLimiting: {{ {Buckets(Tools(limits))} }} }}", calls);

    private static void Decide(string title, string kind, string spec, string calls)
    {
        Dictionary<string, RateLimitPolicy> policies = GatewayFile
            .Parse(
                $"{ToolHiveCases.Manifest(kind, spec)}---\n{ToolHiveCases.Manifest(kind, spec, "other")}---\n{Backends("tools")}---\n{Backends("other")}",
                "servers.yaml")
            .RequireConfiguration().Servers.Where(server => server.Policy is not null).ToDictionary(server => server.Name, server => server.Policy!);
        ManualTimeProvider time = new();
        InProcessStore store = new(new InProcessStoreOptions(), time);
        Span<LimitState> states = new LimitState[ApplicableLimits.MaxCount];

        foreach (string call in calls.Split(' '))
        {
            if (Rate.TryParsePeriod(call, out TimeSpan pause, out _))
            {
                time.Advance(pause);
                continue;
            }

            Match parts = Call().Match(call);
            parts.Success.ShouldBeTrue(call);
            string operation = parts.Groups["operation"].Value;
            bool isTool = operation[0] != '@';
            string user = parts.Groups["user"].Value;
            CallerIdentity caller = user.Length == 0 ? CallerIdentity.None : new("issuer", user, tenant: null, client: null);
            RateLimitPolicy policy = policies[parts.Groups["server"].Success ? parts.Groups["server"].Value : "tools.srv"];
            ApplicableLimits applicable = policy.Select(isTool ? "tools/call" : operation[1..], isTool ? operation : "x", caller);

            bool isAllowed = applicable.Count == 0 || store.Acquire(new RateLimitRequest(applicable, caller), states).IsAllowed;

            isAllowed.ShouldBe(call[^1] == '+', $"{title}: {call}");
        }
    }

    // The group of the virtual server; without one, these are not served.
    private static string Backends(string space) => $"{Backend("a", space)}---\n{Backend("b", space)}";

    private static string Backend(string name, string space) =>
        $$"""
        apiVersion: toolhive.stacklok.dev/v1beta1
        kind: MCPServerEntry
        metadata: { name: {{name}}, namespace: {{space}} }
        spec: { remoteUrl: "https://{{name}}.example/mcp", transport: streamable-http, groupRef: { name: group } }

        """;

    // `search: { shared: 1 }` is an entry of the list of tools.
    private static string Tools(string limits) => ToolList().Replace(
        limits, list => $"tools: [ {Tool().Replace(list.Groups["entries"].Value, tool => $"{{ name: {tool.Groups["name"].Value}, {tool.Groups["scopes"].Value} }}")} ]");

    private static string Buckets(string limits) =>
        Bucket().Replace(limits, bucket => $"{bucket.Groups["scope"].Value}: {{ maxTokens: {bucket.Groups["count"].Value}, refillPeriod: 1m0s }}");

    [GeneratedRegex(@"^((?<server>[a-z.]+)/)?(?<user>[^:]*):(?<operation>.+)[+-]$")]
    private static partial Regex Call();

    [GeneratedRegex(@"tools: \{ (?<entries>.+) \}$")]
    private static partial Regex ToolList();

    [GeneratedRegex(@"(?<name>\w+): \{ (?<scopes>[^}]*) \}")]
    private static partial Regex Tool();

    [GeneratedRegex(@"(?<scope>shared|perUser): (?<count>\d+)")]
    private static partial Regex Bucket();
}
