using System.Collections.Immutable;

namespace Sluice.Configuration.Tests.ToolHive;

/// <summary>A <c>VirtualMCPServer</c> whose servers are described too becomes a virtual server of ours.</summary>
public sealed class VirtualManifestTests : IDisposable
{
    private const string Limits = "rateLimiting: { shared: { maxTokens: 10, refillPeriod: 1m0s } }";
    private static readonly ReadingOptions ToRun = new() { IsToRun = true, Store = StoreConfiguration.Memory };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_GroupOfServersInTheFolder_IsBehindTheVirtualServer()
    {
        Virtual($"{Limits}");
        Object("MCPServer", "github", "image: i, groupRef: { name: group }");
        Object("MCPServerEntry", "search", """remoteUrl: "https://search.example/mcp", transport: streamable-http, groupRef: { name: group }""");
        Object("MCPRemoteProxy", "wiki", """remoteUrl: "https://wiki.example/mcp", groupRef: { name: group }, headerForward: { addPlaintextHeaders: { X-Team: red } }""");
        Object("MCPServerEntry", "other", """remoteUrl: "https://other.example/mcp", transport: streamable-http, groupRef: { name: another }""");

        GatewayFileResult result = Run(("github", "http://127.0.0.1:3001/mcp"));

        ImmutableArray<ServerConfiguration> servers = result.RequireConfiguration().Servers;
        servers.Select(server => (server.Name, server.IsExposed)).ShouldBe(
            [("tools.toolkit", true), ("tools.github", true), ("tools.search", false), ("tools.wiki", false)], ignoreOrder: true);
        VirtualUpstreamConfiguration upstream = Upstream(servers);
        upstream.Conflicts.ShouldBe(NameConflicts.Prefix);
        upstream.Backends.Select(backend => (backend.Server, backend.Prefix)).ShouldBe(
            [("tools.github", "github_"), ("tools.search", "search_"), ("tools.wiki", "wiki_")], ignoreOrder: true);
        Server(servers, "tools.toolkit").Policy!.Limits.ShouldHaveSingleItem().Name.ShouldBe("shared");
        Server(servers, "tools.github").Upstream.ShouldBe(new HttpUpstreamConfiguration(new Uri("http://127.0.0.1:3001/mcp")));
        Server(servers, "tools.search").Upstream.ShouldBe(new HttpUpstreamConfiguration(new Uri("https://search.example/mcp")));
        Server(servers, "tools.wiki").Headers.ShouldBe([new("X-Team", "red")]);
        result.Manifests.Notes.ShouldContain(
            "'tools.toolkit' of toolkit.yaml: calls go to the servers behind it: 'tools.github', 'tools.search', 'tools.wiki'.");
    }

    [Theory]
    [InlineData("", nameof(NameConflicts.Prefix), "a_ b_")]
    [InlineData("conflictResolution: prefix", nameof(NameConflicts.Prefix), "a_ b_")]
    [InlineData("""conflictResolution: prefix, conflictResolutionConfig: { prefixFormat: "{workload}." }""", nameof(NameConflicts.Prefix), "a. b.")]
    [InlineData("""conflictResolution: prefix, conflictResolutionConfig: { prefixFormat: "x-" }""", nameof(NameConflicts.Prefix), "x- x-")]
    [InlineData("conflictResolution: priority, conflictResolutionConfig: { priorityOrder: [b, a] }", nameof(NameConflicts.Priority), "b_ a_")]
    [InlineData("conflictResolution: manual", nameof(NameConflicts.Error), "a_ b_")]
    public void Run_Strategy_IsThatOfTheVirtualServer(string aggregation, string conflicts, string prefixes)
    {
        Virtual($"{Limits}, aggregation: {{ {aggregation} }}");
        Entries("a", "b");

        VirtualUpstreamConfiguration upstream = Upstream(Run().RequireConfiguration().Servers);

        upstream.Conflicts.ToString().ShouldBe(conflicts);
        string.Join(' ', upstream.Backends.Select(backend => backend.Prefix)).ShouldBe(prefixes);
    }

    [Theory]
    [InlineData("filter: [echo]", "echo", "")]
    [InlineData("overrides: { echo: { name: say } }", "*", "echo=say")]
    [InlineData("filter: [say, add], overrides: { echo: { name: say } }", "echo add", "echo=say")] // A filter names tools by their other names.
    [InlineData("filter: [echo], overrides: { echo: { name: say } }", "", "echo=say")]
    [InlineData("filter: []", "*", "")]
    [InlineData("excludeAll: true", "", "")]
    [InlineData("toolConfigRef: { name: config }, filter: [other]", "add", "add=plus")]
    public void Run_ToolsOfAServer_AreSelectedAndRenamed(string workload, string tools, string rename)
    {
        Virtual($"{Limits}, aggregation: {{ tools: [ {{ workload: a, {workload} }} ] }}");
        Entries("a", "b");
        Object("MCPToolConfig", "config", "toolsFilter: [plus], toolsOverride: { add: { name: plus } }");

        VirtualUpstreamConfiguration upstream = Upstream(Run().RequireConfiguration().Servers);

        VirtualBackend a = upstream.Backends.Single(backend => backend.Server == "tools.a");
        (a.Tools is ImmutableArray<string> names ? string.Join(' ', names) : "*").ShouldBe(tools);
        string.Join(' ', a.Rename.Select(entry => $"{entry.Key}={entry.Value}")).ShouldBe(rename);
        upstream.Backends.Single(backend => backend.Server == "tools.b").Tools.ShouldBeNull();
    }

    [Fact]
    public void Run_NoToolsAtAll_AreAdvertised()
    {
        Virtual($"{Limits}, aggregation: {{ excludeAllTools: true }}");
        Entries("a");

        Upstream(Run().RequireConfiguration().Servers).Backends.ShouldHaveSingleItem().Tools.ShouldBe(ImmutableArray<string>.Empty);
    }

    [Fact]
    public void Run_ServersThatItNamesItself_AreBehindItInPlaceOfItsGroup()
    {
        Virtual(Limits + """, backends: [ { name: direct, url: "https://direct.example/mcp", transport: streamable-http } ]""");
        Entries("a");

        ImmutableArray<ServerConfiguration> servers = Run().RequireConfiguration().Servers;

        servers.Select(server => server.Name).ShouldBe(["tools.toolkit", "tools.toolkit.direct"], ignoreOrder: true);
        Upstream(servers).Backends.ShouldHaveSingleItem().Prefix.ShouldBe("direct_");
    }

    [Theory]
    [InlineData("compositeTools: [ { name: both } ]", "spec.config.compositeTools: Sluice has no composite tools")]
    [InlineData("compositeToolRefs: [ { name: both } ]", "spec.config.compositeToolRefs: Sluice has no composite tools")]
    [InlineData("optimizer: { }", "spec.config.optimizer: Sluice has no optimizer: clients see all tools")]
    [InlineData("aggregation: { tools: [ { workload: a, overrides: { x: { name: y, description: Z } } } ] }", "spec.config.aggregation.tools[0].overrides.x.description: Sluice changes the name of a tool only")]
    [InlineData("aggregation: { tools: [ { workload: aa } ] }", "spec.config.aggregation.tools[0].workload: 'aa' is not a server behind this one")]
    [InlineData("aggregation: { conflictResolution: priority, conflictResolutionConfig: { priorityOrder: [c] } }", "spec.config.aggregation.conflictResolutionConfig.priorityOrder: lists neither 'a' nor 'b'.")]
    public void Run_WhatHasNoEquivalent_IsAWarning(string config, string warning)
    {
        Virtual($"{Limits}, {config}");
        Entries("a", "b");

        GatewayFileResult result = Run();

        result.RequireConfiguration();
        result.Warnings.Select(found => $"{found.Path}: {found.Message}").ShouldContain(found => found.StartsWith(warning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("transport: sse", "spec.transport: Sluice speaks Streamable HTTP to servers")]
    [InlineData("transport: streamable-http, caBundleRef: { name: c }", "spec.caBundleRef: Sluice trusts the certificates that the machine trusts")]
    [InlineData("transport: streamable-http, externalAuthConfigRef: { name: c }", "spec.externalAuthConfigRef: Sluice does not add credentials")]
    [InlineData("transport: streamable-http, headerForward: { addHeadersFromSecret: [ { headerName: A } ] }", "spec.headerForward.addHeadersFromSecret: Sluice reads no Secrets")]
    public void Run_WhatAServerBehindItCannotHave_IsAWarning(string spec, string warning)
    {
        Virtual(Limits);
        Object("MCPServerEntry", "a", $$"""remoteUrl: "https://a.example/mcp", groupRef: { name: group }, {{spec}}""");

        Run().Warnings.Select(found => $"{found.Path}: {found.Message}").ShouldContain(found => found.StartsWith(warning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("MCPServerEntry", "transport: sse, groupRef: { name: g }", "spec: lacks the field 'remoteUrl'. Add it.")]
    [InlineData("MCPServerEntry", "remoteUrl: \"https://a/mcp\", groupRef: { name: g }", "spec: lacks the field 'transport'. Add it.")]
    [InlineData("MCPServerEntry", "remoteUrl: \"https://a/mcp\", transport: sse", "spec: lacks the field 'groupRef'. Add it.")]
    [InlineData("MCPServerEntry", "remoteUrl: \"a/mcp\", transport: sse, groupRef: { name: g }", "spec.remoteUrl: 'a/mcp' is not an http or https URL.")]
    [InlineData("MCPRemoteProxy", "remoteUrl: \"https://a/mcp\", transport: stdio", "spec.transport: 'stdio' is not a value of 'transport'.")]
    public void Load_ServerThatToolHiveRejects_IsAFault(string kind, string spec, string fault)
    {
        Virtual(Limits);
        Object(kind, "a", spec);

        $"{Run().Faults[0].Path}: {Run().Faults[0].Message}".ShouldStartWith(fault);
    }

    [Fact]
    public void Run_ServerOfTheGroupWithoutAnAddress_IsNamedWithTheOption()
    {
        Virtual(Limits);
        Object("MCPServer", "github", "image: i, groupRef: { name: group }");

        Run().Faults.ShouldHaveSingleItem().Message.ShouldStartWith("does not say where 'tools.github' is. Add --upstream tools.github=URL");
    }

    [Fact]
    public void Run_AddressOfTheVirtualServer_MakesItOneServer()
    {
        Virtual($"{Limits}, compositeTools: [ {{ name: both }} ]");
        Entries("a");

        GatewayFileResult result = Run(("toolkit", "http://127.0.0.1:3001/mcp"));

        result.RequireConfiguration().Servers.ShouldHaveSingleItem().Upstream.ShouldBe(new HttpUpstreamConfiguration(new Uri("http://127.0.0.1:3001/mcp")));
        result.Warnings.ShouldBeEmpty(); // The running one has its composite tools.
    }

    [Fact]
    public void Run_ToolConfigThatIsNotThere_IsAFaultBecauseToolsWouldBeOpen()
    {
        Virtual($"{Limits}, aggregation: {{ tools: [ {{ workload: a, toolConfigRef: {{ name: none }} }} ] }}");
        Entries("a");

        Run().Faults.ShouldHaveSingleItem().ToString()
            .ShouldContain("spec.config.aggregation.tools[0].toolConfigRef: refers to the MCPToolConfig 'none', which is not among the manifests.");
        GatewayFile.Load(_folder.Path, new FixedValues(), ReadingOptions.ToRead).Faults.ShouldBeEmpty();
    }

    [Fact]
    public void Run_GroupOfAnotherNamespace_IsNotItsGroup()
    {
        Virtual(Limits);
        Object("MCPServerEntry", "a", """remoteUrl: "https://a.example/mcp", transport: streamable-http, groupRef: { name: group }""", "other");

        Run().Faults.ShouldHaveSingleItem().Message.ShouldEndWith("Or add the manifests of the servers of its group.");
    }

    [Fact]
    public void Run_VirtualServerWithoutLimits_IsServedWhereAllItsServersAreKnown()
    {
        Virtual("aggregation: { conflictResolution: prefix }");
        Entries("a");

        GatewayFileResult result = Run();

        Upstream(result.RequireConfiguration().Servers).Backends.ShouldHaveSingleItem();
        result.Warnings.Select(warning => warning.Message).ShouldBe(["has no limits: calls of this server are not limited."]);
    }

    private static ServerConfiguration Server(ImmutableArray<ServerConfiguration> servers, string name) => servers.Single(server => server.Name == name);

    private static VirtualUpstreamConfiguration Upstream(ImmutableArray<ServerConfiguration> servers) =>
        (VirtualUpstreamConfiguration)Server(servers, "tools.toolkit").Upstream;

    private void Virtual(string config) => Object(
        "VirtualMCPServer",
        "toolkit",
        $"groupRef: {{ name: group }}, incomingAuth: {{ type: anonymous }}, sessionStorage: {{ provider: redis, address: \"redis:6379\" }}, config: {{ {config} }}");

    private void Entries(params string[] names) => Array.ForEach(names, name => Object(
        "MCPServerEntry", name, $$"""remoteUrl: "https://{{name}}.example/mcp", transport: streamable-http, groupRef: { name: group }"""));

    private void Object(string kind, string name, string spec, string space = "tools") => _folder.Write(
        $"{name}.yaml",
        "apiVersion: toolhive.stacklok.dev/v1beta1",
        $"kind: {kind}",
        $"metadata: {{ name: {name}, namespace: {space} }}",
        $"spec: {{ {spec} }}");

    private GatewayFileResult Run(params (string Name, string Url)[] upstreams) => GatewayFile.Load(
        _folder.Path,
        new FixedValues(),
        ToRun with { Upstreams = upstreams.ToImmutableDictionary(entry => entry.Name, entry => new Uri(entry.Url), StringComparer.OrdinalIgnoreCase) });
}
