using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Api;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>A virtual server of a cluster, in a running gateway.</summary>
public sealed class VirtualServerTests : IAsyncLifetime
{
    private const string Path = "/tools.toolkit/mcp";
    private ApiServerDouble _server = null!;
    private RunningGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _server = await ApiServerDouble.StartAsync();
        _gateway = await RunningGateway.CreateAsync();
        _server.Set("servers", "tools", "weather", new JsonObject { ["upstream"] = new JsonObject { ["url"] = _gateway.Upstream } });
        _server.Set("virtualservers", "tools", "toolkit", new JsonObject { ["backendRefs"] = new JsonArray(new JsonObject { ["name"] = "weather" }) });
        _server.Set("ratelimitpolicies", "tools", "toolkit", new JsonObject
        {
            ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = "sluice.dev", ["kind"] = "VirtualServer", ["name"] = "toolkit" }),
            ["rateLimiting"] = new JsonObject { ["tools"] = new JsonArray(new JsonObject { ["name"] = "weather_search", ["shared"] = "1/1d" }) },
        });
        await _gateway.StartAsync(_server.Address, "{ token: t }", authority: null);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Calls_OfAdvertisedNames_ReachTheBackendUntilThePolicyRejectsThem()
    {
        string session = await _gateway.OpenSessionAsync(Path);

        (await _gateway.AskAsync(Path, "tools/list", "{}", session)).ShouldContain("\"name\":\"weather_search\"");
        (await _gateway.AskAsync(Path, "tools/call", """{"name":"weather_search"}""", session)).ShouldContain("\"text\":\"called search\"");
        (await _gateway.AskAsync(Path, "tools/call", """{"name":"weather_search"}""", session)).ShouldContain("shared limit on tool 'weather_search'");
    }

    [Fact]
    public async Task Status_OfAVirtualServer_SaysWhereItIsServed()
    {
        await Until.TrueAsync(
            () => (string?)_server.StatusOf("virtualservers", "tools", "toolkit")?["path"] == Path, "the path in the status");

        _server.StatusOf("virtualservers", "tools", "toolkit")!["conditions"]!.AsArray()
            .ShouldAllBe(condition => (string?)condition!["status"] == "True");
    }
}
