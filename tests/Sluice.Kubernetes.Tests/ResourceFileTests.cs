using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Kubernetes.Tests;

/// <summary>Resources in files: what they make of a gateway, without a cluster.</summary>
public sealed class ResourceFileTests
{
    private const string Weather = """
        apiVersion: sluice.dev/v1alpha1
        kind: Server
        metadata: { name: weather, namespace: tools }
        spec: { upstream: { url: "http://127.0.0.1:3001/mcp" } }

        """;

    [Fact]
    public void Parse_ServerAndPolicy_AreOneLimitedServer()
    {
        GatewayFileResult result = Parse(Weather, Policy("a", "{ group: sluice.dev, kind: Server, name: weather }", "{ shared: 3/1m }"));

        ServerConfiguration server = result.RequireConfiguration().Servers.ShouldHaveSingleItem();
        server.Name.ShouldBe("tools.weather");
        server.Path.ShouldBe("/tools.weather/mcp");
        server.Policy!.Settings.Shared!.ToString().ShouldBe("3/1m");
        result.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Parse_ServiceReference_IsTheAddressInTheClusterOfItsNamespace()
    {
        string server = Weather.Replace("{ url: \"http://127.0.0.1:3001/mcp\" }", "{ serviceRef: { name: w, port: 8080 } }", StringComparison.Ordinal);

        Parse(server).RequireConfiguration().Servers.ShouldHaveSingleItem().Upstream.ShouldBeOfType<HttpUpstreamConfiguration>()
            .Address.ShouldBe(new Uri("http://w.tools.svc:8080/mcp"));
    }

    [Fact]
    public void Parse_PolicyAlone_IsValid_AndItsMissingServerAWarning()
    {
        GatewayFileResult result = Parse(Policy("a", "{ group: sluice.dev, kind: Server, name: weather }", "{ perUser: 3/1m }"));

        result.Faults.ShouldBeEmpty();
        result.Warnings.ShouldHaveSingleItem().ToString().ShouldBe(
            "test.yaml:5:17 spec.targetRefs[0]: names the Server 'weather', which no document here describes: it is not limited.");
    }

    [Fact]
    public void Parse_VirtualServer_HasTheBackendsThatAreDescribed()
    {
        GatewayFileResult result = Parse(
            Virtual("[ { name: nowhere }, { name: weather, tools: search } ]"),
            Weather,
            Policy("a", "{ group: sluice.dev, kind: VirtualServer, name: toolkit }", "{ shared: 3/1m }"));

        result.Faults.ShouldBeEmpty();
        ServerConfiguration server = result.RequireConfiguration().Servers.Single(server => server.Name == "tools.toolkit");
        server.Policy!.Settings.Shared!.ToString().ShouldBe("3/1m");
        VirtualBackend backend = ((VirtualUpstreamConfiguration)server.Upstream).Backends.ShouldHaveSingleItem();
        (backend.Server, backend.ShortName).ShouldBe(("tools.weather", "weather"));
        backend.Tools!.Value.ShouldBe(["search"]);
        result.Warnings.ShouldHaveSingleItem().ToString().ShouldBe(
            "test.yaml:4:7 spec.backendRefs[0]: names the Server 'nowhere', which no document here describes: it is left out.");
    }

    [Fact]
    public void Parse_VirtualServerAlone_IsValid_AndWarnsThatItIsNotServed()
    {
        GatewayFileResult result = Parse(Virtual("[ { name: weather } ]"));

        result.Faults.ShouldBeEmpty();
        result.Warnings.Select(warning => $"{warning.Path}: {warning.Message}").ShouldBe(
        [
            "spec.backendRefs[0]: names the Server 'weather', which no document here describes: it is left out.",
            "spec: has no backend that a document here describes: it is not served.",
        ]);
    }

    [Fact]
    public void Parse_PolicyAlone_ToRun_NeedsAServer() =>
        Parse(ReadingOptions.ToRead with { IsToRun = true }, Policy("a", "{ group: sluice.dev, kind: Server, name: weather }", "{ shared: 3/1m }"))
            .Faults.ShouldHaveSingleItem().Message.ShouldStartWith("describes no server.");

    [Fact]
    public void Parse_LimitsByUser_ToRunWithoutAuth_AreFaults() =>
        Parse(ReadingOptions.ToRead with { IsToRun = true }, Weather, Policy("a", "{ group: sluice.dev, kind: Server, name: weather }", "{ perUser: 3/1m }"))
            .Faults.ShouldHaveSingleItem().ToString().ShouldContain("spec.rateLimiting.perUser: needs to know who calls, and no 'auth' tells it.");

    [Fact]
    public void Parse_TwoPoliciesOfOneServer_TheOlderApplies()
    {
        string target = "{ group: sluice.dev, kind: Server, name: weather }";

        GatewayFileResult result = Parse(
            Weather,
            Policy("a", target, "{ shared: 1/1m }", created: "2026-02-01T00:00:00Z"),
            Policy("b", target, "{ shared: 2/1m }", created: "2026-01-01T00:00:00Z"));

        result.RequireConfiguration().Servers.ShouldHaveSingleItem().Policy!.Settings.Shared!.ToString().ShouldBe("2/1m");
        result.Warnings.ShouldHaveSingleItem().Message.ShouldBe(
            "has no effect: 'tools/b' is older, and limits 'tools.weather'. Remove this target, or that one.");
    }

    [Fact]
    public void Parse_TwoPoliciesOfEqualAge_TheFirstByNameApplies()
    {
        string target = "{ group: sluice.dev, kind: Server, name: weather }";

        Parse(Weather, Policy("b", target, "{ shared: 2/1m }"), Policy("a", target, "{ shared: 1/1m }"))
            .RequireConfiguration().Servers.ShouldHaveSingleItem().Policy!.Settings.Shared!.ToString().ShouldBe("1/1m");
    }

    [Fact]
    public void Parse_PolicyOfOneTool_AddsToThatOfTheServer()
    {
        GatewayFileResult result = Parse(
            Weather,
            Policy("a", "{ group: sluice.dev, kind: Server, name: weather }", "{ shared: 100/1m }"),
            Policy("b", "{ group: sluice.dev, kind: Server, name: weather, sectionName: search }", "{ shared: 3/1m, mode: permissive }"));

        RateLimitingSettings limits = result.RequireConfiguration().Servers.ShouldHaveSingleItem().Policy!.Settings;
        limits.Shared!.ToString().ShouldBe("100/1m");
        limits.Mode.ShouldBe(LimitMode.Enforce);
        OperationSettings tool = limits.Tools.ShouldHaveSingleItem();
        tool.Name.ShouldBe("search");
        tool.Shared!.ToString().ShouldBe("3/1m");
        tool.Mode.ShouldBe(LimitMode.Permissive);
        tool.Cost.ShouldBeNull();
        result.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Parse_PolicyOfOneTool_ThatTheServersPolicyNamesToo_IsAWarning()
    {
        GatewayFileResult result = Parse(
            Weather,
            Policy("a", "{ group: sluice.dev, kind: Server, name: weather }", "{ tools: [ { name: search, shared: 9/1m } ] }"),
            Policy("b", "{ group: sluice.dev, kind: Server, name: weather, sectionName: search }", "{ shared: 3/1m }"));

        result.RequireConfiguration().Servers.ShouldHaveSingleItem().Policy!.Settings.Tools.ShouldHaveSingleItem().Shared!.ToString().ShouldBe("9/1m");
        result.Warnings.ShouldHaveSingleItem().Message.ShouldStartWith("has no effect: does not go with the other limits of 'tools.weather': tools[1]");
    }

    [Fact]
    public void Parse_PolicyOfAServerOfToolHive_LimitsIt()
    {
        GatewayFileResult result = Parse(
            """
            apiVersion: toolhive.stacklok.dev/v1beta1
            kind: MCPServer
            metadata: { name: fetch, namespace: tools }
            spec: { image: ghcr.io/example/fetch:1 }

            """,
            Policy("a", "{ group: toolhive.stacklok.dev, kind: MCPServer, name: fetch }", "{ shared: 3/1m }"));

        ServerConfiguration server = result.RequireConfiguration().Servers.ShouldHaveSingleItem();
        server.Name.ShouldBe("tools.fetch");
        server.Policy!.Settings.Shared!.ToString().ShouldBe("3/1m");
        result.Places.ShouldHaveSingleItem().PathOfLimits.ShouldBe("spec.rateLimiting");
    }

    [Fact]
    public void Parse_PolicyOfAnotherNamespace_DoesNotReachTheServer() =>
        Parse(Weather, Policy("a", "{ group: sluice.dev, kind: Server, name: weather }", "{ shared: 3/1m }").Replace("namespace: tools", "namespace: other", StringComparison.Ordinal))
            .RequireConfiguration().Servers.ShouldHaveSingleItem().Policy.ShouldBeNull();

    [Fact]
    public void Parse_AllowOfAServer_FollowsTheCaseOfItsPolicy()
    {
        string server = Weather.Replace("} }\n", "}, allow: [ { tools: Search } ] }\n", StringComparison.Ordinal);
        string target = "{ group: sluice.dev, kind: Server, name: weather }";

        Allows(Parse(server, Policy("a", target, "{ shared: 3/1m }"))).ShouldBeTrue();
        Allows(Parse(server, Policy("a", target, "{ shared: 3/1m, caseSensitive: true }"))).ShouldBeFalse();

        static bool Allows(GatewayFileResult result) => result.RequireConfiguration().Servers.ShouldHaveSingleItem()
            .Allow!.Value.ShouldHaveSingleItem().Operations.ShouldHaveSingleItem().Matches("search");
    }

    [Fact]
    public void Parse_TwoServersWithOnePath_IsAFault() =>
        Parse(
            Weather.Replace("spec: { ", "spec: { path: /mcp, ", StringComparison.Ordinal),
            Weather.Replace("spec: { ", "spec: { path: /mcp, ", StringComparison.Ordinal).Replace("name: weather", "name: other", StringComparison.Ordinal))
            .Faults.ShouldHaveSingleItem().ToString().ShouldBe("test.yaml:9:15 spec.path: '/mcp' is taken by spec.path in test.yaml. Choose another.");

    [Theory]
    [InlineData("kind: Server", "kind: Servr", "'Servr' is not a kind of sluice.dev. Did you mean 'Server'?")]
    [InlineData("v1alpha1", "v1", "'v1' is not a version of Server. Write 'apiVersion: sluice.dev/v1alpha1'.")]
    [InlineData("name: weather, ", "", "lacks 'metadata.name'. Add it.")]
    [InlineData("name: weather", "name: Weather", "'Weather' is not a name.")]
    public void Parse_WrongObject_IsAFault(string text, string replacement, string message) =>
        Parse(Weather.Replace(text, replacement, StringComparison.Ordinal)).Faults.ShouldContain(
            fault => fault.Line > 0 && fault.Message.StartsWith(message, StringComparison.Ordinal));

    [Fact]
    public void Parse_NameThatIsTooLongForAServer_IsAFault() =>
        Parse(Weather.Replace("name: weather", $"name: {new string('w', 64)}", StringComparison.Ordinal))
            .Faults.ShouldHaveSingleItem().Message.ShouldContain("has 70 characters, where Sluice allows 64.");

    private static GatewayFileResult Parse(params string[] documents) => Parse(ReadingOptions.ToRead, documents);

    private static GatewayFileResult Parse(ReadingOptions options, params string[] documents)
    {
        string folder = Directory.CreateTempSubdirectory("sluice-resources-").FullName;
        string file = Path.Combine(folder, "test.yaml");
        File.WriteAllText(file, string.Join("---\n", documents));
        GatewayFileResult result = GatewayFile.Load(file, ProcessValueSource.Instance, options);
        Directory.Delete(folder, recursive: true);
        return result with { Faults = Short(result.Faults), Warnings = Short(result.Warnings) };

        ImmutableArray<Fault> Short(ImmutableArray<Fault> faults) => [.. faults.Select(fault => fault with { File = Path.GetFileName(fault.File) })];
    }

    private static string Virtual(string backends) =>
        $$"""
        apiVersion: sluice.dev/v1alpha1
        kind: VirtualServer
        metadata: { name: toolkit, namespace: tools }
        spec: { backendRefs: {{backends}} }

        """;

    private static string Policy(string name, string target, string limits, string created = "2026-01-01T00:00:00Z") =>
        $$"""
        apiVersion: sluice.dev/v1alpha1
        kind: RateLimitPolicy
        metadata: { name: {{name}}, namespace: tools, creationTimestamp: "{{created}}" }
        spec:
          targetRefs: [ {{target}} ]
          rateLimiting: {{limits}}

        """;
}
