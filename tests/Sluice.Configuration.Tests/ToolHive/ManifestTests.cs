using System.Collections.Immutable;

namespace Sluice.Configuration.Tests.ToolHive;

/// <summary>Files and folders with manifests, and what it takes to run them.</summary>
public sealed class ManifestTests : IDisposable
{
    private const string Limits = "$i, $s, rateLimiting: { shared: $b }";
    private static readonly ReadingOptions ToRun = new() { IsToRun = true };
    private static readonly Uri Address = new("http://127.0.0.1:3001/mcp");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_SeveralDocumentsAndOneOfOurs_AreOneConfiguration()
    {
        string text = "# apiVersion\nlisten: http://127.0.0.1:9\nservers: [ { name: own, upstream: \"${UP}\" } ]\n---\n"
            + ToolHiveCases.Manifest("server", Limits) + "---\n---\n" + ToolHiveCases.Manifest("virtual", "$g, $n, $s, config: { rateLimiting: { shared: $b } }", "other");

        GatewayFileResult result = GatewayFile.Parse(text, "all.yaml", new FixedValues { Variables = { ["UP"] = "http://127.0.0.1:1/mcp" } });

        result.Faults.ShouldBeEmpty();
        result.RequireConfiguration().Servers.Select(server => server.Name).ShouldBe(["own", "tools.srv", "other.srv"]);
        result.RequireConfiguration().Listen.Port.ShouldBe(9);
    }

    [Fact]
    public void Parse_SeveralFaults_AreReportedTogether()
    {
        string manifest = ToolHiveCases.Manifest(
            "server",
            "$i, $s, rateLimiting: { shared: { maxTokens: 0, refillPeriod: 1m0s }, tools: [ { name: a, shared: { maxTokens: 5, refillPeriod: 0s } }, "
            + "{ name: a, shared: $b }, { name: b }, { shared: $b }, { name: c, shraed: $b } ] }");

        GatewayFile.Parse(manifest, "server.yaml").Faults.Select(fault => fault.Path).ShouldBe(
            [
                "spec.rateLimiting.shared.maxTokens",
                "spec.rateLimiting.tools[0].shared.refillPeriod",
                "spec.rateLimiting.tools[1].name",
                "spec.rateLimiting.tools[2]",
                "spec.rateLimiting.tools[3]",
                "spec.rateLimiting.tools[4].shraed",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public void Load_ListOfACluster_HasItsItemsWithTheirPaths()
    {
        string json =
            """
            { "apiVersion": "v1", "kind": "List", "items": [
              { "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "c" } },
              { "apiVersion": "toolhive.stacklok.dev/v1beta1", "kind": "MCPServer", "metadata": { "name": "srv" },
                "spec": { "image": "i", "rateLimiting": { "shared": { "maxTokens": 1, "refillPeriod": "1m0s" } } } } ] }
            """;

        GatewayFile.Parse(json, "list.json").Faults.ShouldHaveSingleItem().ToString()
            .ShouldStartWith("list.json:4:45 items[1].spec.rateLimiting: needs 'spec.sessionStorage'");
    }

    [Fact]
    public void Load_ServerOfKmcpAlone_IsNotMistaken() =>
        GatewayFile.Parse("apiVersion: kagent.dev/v1alpha1\nkind: MCPServer\nmetadata: { name: a }\nspec: {}\n", "k.yaml").Faults.ShouldHaveSingleItem().ToString()
            .ShouldBe("k.yaml: describes no server. It holds MCPServer of kagent.dev (which is kmcp's, not ToolHive's, and has no limits). Add a file with "
                + "'servers', a Server of sluice.dev, or a manifest of ToolHive.");

    [Fact]
    public void Load_ServerOfKmcpBesideOthers_IsAWarning()
    {
        GatewayFileResult result = GatewayFile.Parse(
            ToolHiveCases.Manifest("server", Limits) + "---\napiVersion: kagent.dev/v1alpha1\nkind: MCPServer\nmetadata: { name: a }\n", "k.yaml");

        result.RequireConfiguration().Servers.ShouldHaveSingleItem();
        result.Warnings.ShouldHaveSingleItem().ToString().ShouldStartWith("k.yaml:7:7 kind: is the MCPServer of 'kagent.dev', which is kmcp's and has no limits");
    }

    [Theory]
    [InlineData("kind: MCPserver", "kind: 'MCPserver' is not a kind of toolhive.stacklok.dev. Did you mean 'MCPServer'?")]
    [InlineData("kind: 5", "kind: '5' is not text.")]
    [InlineData("{}", "is an object of Kubernetes and lacks 'kind'. Add it.")]
    public void Load_KindThatIsWrong_IsAFault(string kind, string fault) => GatewayFile
        .Parse($"apiVersion: toolhive.stacklok.dev/v1beta1\n{(kind == "{}" ? "" : kind)}\nmetadata: {{ name: a }}\n", "k.yaml").Faults[0].ToString().ShouldContain(fault);

    [Theory]
    [InlineData("authzConfigRef: { name: a }", "Sluice does not decide by this who may call which tool.")]
    [InlineData("toolConfigRef: { name: a }", "Sluice does not filter or rename tools.")]
    [InlineData("webhookConfigRef: { name: a }", "Sluice calls no webhooks.")]
    [InlineData("externalAuthConfigRef: { name: a }", "Sluice does not add credentials for the server.")]
    [InlineData("somethingNew: 5", "is not a field that Sluice knows, and has no effect here.")]
    public void Load_FieldThatIsNotApplied_IsAWarning(string field, string warning) => GatewayFile
        .Parse(ToolHiveCases.Manifest("server", $"{Limits}, {field}"), "s.yaml").Warnings.ShouldHaveSingleItem().Message.ShouldStartWith(warning);

    [Fact]
    public void Run_WithoutAnAddress_NamesEachServerAndTheOption()
    {
        _folder.Write("a.yaml", ToolHiveCases.Manifest("server", Limits), "---", ToolHiveCases.Manifest("server", Limits, "other"));

        Run(ToRun with { Store = StoreConfiguration.Memory }).Faults.Select(fault => fault.Message.Split(", with")[0]).ShouldBe(
            ["does not say where 'tools.srv' is. Add --upstream tools.srv=URL", "does not say where 'other.srv' is. Add --upstream other.srv=URL"]);
    }

    [Fact]
    public void Run_AddressByName_IsTheUpstreamAndTheRedisOfTheManifestIsTheStore()
    {
        _folder.Write("a.yaml", ToolHiveCases.Manifest("server", "$i, sessionStorage: { provider: redis, address: \"redis:6379\", db: 2 }, rateLimiting: { shared: $b }"));

        GatewayFileResult result = Run(ToRun with { Upstreams = Upstream("srv") });

        GatewayConfiguration configuration = result.RequireConfiguration();
        configuration.Servers.ShouldHaveSingleItem().Upstream.ShouldBe(new HttpUpstreamConfiguration(Address));
        configuration.Store.Redis.ShouldBe("redis:6379");
        configuration.Store.Database.ShouldBe(2);
        result.Manifests.Notes.Length.ShouldBe(2);
    }

    [Fact]
    public void Run_StatusOfACluster_IsTheUpstreamUnlessAnotherIsGiven()
    {
        _folder.Write("a.yaml", ToolHiveCases.Manifest("server", Limits).TrimEnd(), "status: { url: \"http://proxy.tools:8080/mcp\" }");

        UpstreamConfiguration ofStatus = Run(ToRun).RequireConfiguration().Servers[0].Upstream;
        UpstreamConfiguration given = Run(ToRun with { Upstreams = Upstream("tools.srv") }).RequireConfiguration().Servers[0].Upstream;

        ofStatus.ShouldBe(new HttpUpstreamConfiguration(new Uri("http://proxy.tools:8080/mcp")));
        given.ShouldBe(new HttpUpstreamConfiguration(Address));
    }

    [Fact]
    public void Run_PasswordInASecret_AsksForTheStore()
    {
        const string Storage = "sessionStorage: { provider: redis, address: \"redis:6379\", passwordRef: { name: s, key: k } }";
        _folder.Write("a.yaml", ToolHiveCases.Manifest("server", $"$i, {Storage}, rateLimiting: {{ shared: $b }}"));

        Run(ToRun with { Upstreams = Upstream("srv") }).Faults.ShouldHaveSingleItem().Message
            .ShouldStartWith("refers to a Secret with the password of Redis, and Sluice reads no Secrets. Add --store ADDRESS");
        Run(ToRun with { Upstreams = Upstream("srv"), Store = StoreConfiguration.Memory }).Faults.ShouldBeEmpty();
        _folder.Write("gateway.yaml", "store: { maxKeys: 1000 }");
        Run(ToRun with { Upstreams = Upstream("srv") }).RequireConfiguration().Store.Redis.ShouldBeNull();
    }

    [Fact]
    public void Run_TwoStores_AreAFault()
    {
        _folder.Write("a.yaml", ToolHiveCases.Manifest("server", Limits));
        _folder.Write("b.yaml", ToolHiveCases.Manifest("server", Limits, "other").Replace("redis:6379", "elsewhere:6379", StringComparison.Ordinal));

        Run(ToRun with { Upstreams = Upstream("tools.srv", "other.srv") }).Faults.ShouldHaveSingleItem().ToString()
            .ShouldContain("b.yaml:4:86 spec.sessionStorage.address: differs from that of 'tools.srv', and a gateway keeps all buckets in one store.");
    }

    [Fact]
    public void Run_CallersAskedForTokensWithoutAuth_AreAFaultAndAuthBesideItIsTheWayOut()
    {
        _folder.Write("a.yaml", ToolHiveCases.Manifest("server", "$i, $s, $o, rateLimiting: { perUser: $b }"));
        ReadingOptions options = ToRun with { Upstreams = Upstream("srv") };

        Run(options).Faults.Select(fault => fault.Path).ShouldBe(["spec.oidcConfigRef", "spec.rateLimiting.perUser"]);
        _folder.Write("gateway.yaml", $"auth: {{ apiKeys: [ {{ user: ana, sha256: {new string('a', 64)} }} ] }}");

        Run(options).RequireConfiguration().Auth.IdentifiesCallers.ShouldBeTrue();
    }

    [Fact]
    public void Run_ServerWithoutLimits_IsServedWithAWarningOnlyWhereAnAddressIsGiven()
    {
        _folder.Write("a.yaml", ToolHiveCases.Manifest("server", Limits), "---", ToolHiveCases.Manifest("server", "$i", "other"));

        GatewayFileResult without = Run(ToRun with { Upstreams = Upstream("tools.srv") });
        GatewayFileResult with = Run(ToRun with { Upstreams = Upstream("tools.srv", "other.srv") });

        without.RequireConfiguration().Servers.ShouldHaveSingleItem();
        without.Warnings.ShouldHaveSingleItem().Message.ShouldStartWith("is not served: it has no limits");
        with.RequireConfiguration().Servers.Length.ShouldBe(2);
        with.Warnings.ShouldHaveSingleItem().Message.ShouldBe("has no limits: calls of this server are not limited.");
    }

    [Fact]
    public void Load_NameOfATool_IsTypedAsKubectlTypesIt()
    {
        string spec = "$i, $s, rateLimiting: { tools: [ { name: on, shared: { maxTokens: 010, refillPeriod: 1m0s } } ] }";

        GatewayFile.Parse(ToolHiveCases.Manifest("server", spec), "s.yaml").Faults.ShouldHaveSingleItem().Message.ShouldBe("'on' is not text. Put it in quotes.");
        GatewayFile.Parse(ToolHiveCases.Manifest("server", spec.Replace("name: on", "name: 'on'", StringComparison.Ordinal)), "s.yaml")
            .RequireConfiguration().Servers[0].Policy!.Settings.Tools[0].Shared![0].MaxTokens.ShouldBe(8);
    }

    private static ImmutableDictionary<string, Uri> Upstream(params string[] names) => names.ToImmutableDictionary(name => name, _ => Address);

    private GatewayFileResult Run(ReadingOptions options) => GatewayFile.Load(_folder.Path, new FixedValues(), options);
}
