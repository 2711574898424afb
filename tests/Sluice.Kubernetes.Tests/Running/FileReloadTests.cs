using System.Net;
using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Api;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>The gateway's file changes while it follows a cluster.</summary>
public sealed class FileReloadTests : IAsyncLifetime
{
    private const string OfCluster = "/tools.weather/mcp";
    private const string OfFile = "/extra/mcp";
    private ApiServerDouble _server = null!;
    private RunningGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _server = await ApiServerDouble.StartAsync();
        _server.Fail("mcpservers", HttpStatusCode.NotFound); // No ToolHive here.
        _server.Fail("virtualmcpservers", HttpStatusCode.NotFound);
        _server.Fail("mcpservers.kagent.dev", HttpStatusCode.NotFound);
        _gateway = await RunningGateway.CreateAsync();
        Serve("weather");
        _server.Set("ratelimitpolicies", "tools", "weather", new JsonObject
        {
            ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = "sluice.dev", ["kind"] = "Server", ["name"] = "weather" }),
            ["rateLimiting"] = new JsonObject { ["shared"] = "2/1d" },
        });
        await _gateway.StartAsync(_server.Address, "{ token: t }", authority: null);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task ServerAddedToTheFile_IsServed_AndThoseOfTheClusterKeepTheirUsedTokens()
    {
        (await _gateway.CallAsync(OfCluster)).ShouldBe(RunningGateway.Admitted);

        await WriteAsync($"servers: [ {{ name: extra, upstream: \"{_gateway.Upstream}\" }} ]");

        await _gateway.UntilAsync(OfFile, isAdmitted: true);
        (await _gateway.CallAsync(OfCluster)).ShouldBe(RunningGateway.Admitted);
        (await _gateway.CallAsync(OfCluster)).ShouldBe(RunningGateway.Rejected);
    }

    [Fact]
    public async Task FileThatBecomesInvalid_KeepsTheEarlierOne_AndChangesOfTheClusterAreApplied()
    {
        await WriteAsync($"servers: [ {{ name: extra, upstream: \"{_gateway.Upstream}\" }} ]");
        await _gateway.UntilAsync(OfFile, isAdmitted: true);

        await WriteAsync("servers: [ { name: extra, upsteam: wrong } ]");
        Serve("second");

        await _gateway.UntilAsync("/tools.second/mcp", isAdmitted: true);
        (await _gateway.CallAsync(OfFile)).ShouldBe(RunningGateway.Admitted);

        await WriteAsync("");
        await _gateway.UntilGoneAsync(OfFile);
        (await _gateway.CallAsync("/tools.second/mcp")).ShouldBe(RunningGateway.Admitted);
    }

    private Task WriteAsync(string servers) => File.WriteAllTextAsync(_gateway.Settings, $"listen: http://127.0.0.1:0\n{servers}\n");

    private void Serve(string name) =>
        _server.Set("servers", "tools", name, new JsonObject { ["upstream"] = new JsonObject { ["url"] = _gateway.Upstream } });
}
