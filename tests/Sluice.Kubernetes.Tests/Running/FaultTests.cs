using System.Net;
using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Api;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>A running gateway on an API server that fails: calls are decided by the last good configuration, and changes are applied again later.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const string Policies = "ratelimitpolicies";
    private const string Path = "/tools.weather/mcp";
    private ApiServerDouble _server = null!;
    private RunningGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _server = await ApiServerDouble.StartAsync();
        _server.Fail("mcpservers", HttpStatusCode.NotFound); // No ToolHive here.
        _server.Fail("virtualmcpservers", HttpStatusCode.NotFound);
        _server.Fail("mcpservers.kagent.dev", HttpStatusCode.NotFound);
        _gateway = await RunningGateway.CreateAsync();
        _server.Set("servers", "tools", "weather", new JsonObject { ["upstream"] = new JsonObject { ["url"] = _gateway.Upstream } });
        Limit("3/1d");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Change_OfAPolicy_IsApplied_AndUsedTokensAreKept()
    {
        await StartAsync();
        await CallsAsync(3);
        await RejectedAsync();

        Limit("5/1d");

        await _gateway.UntilAsync(Path, isAdmitted: true); // The fourth.
        await CallsAsync(1);
        await RejectedAsync();
    }

    [Fact]
    public async Task ServerThatIsAway_KeepsTheLastConfiguration_AndTheNextChangeIsAppliedOnceItIsBack()
    {
        await StartAsync();
        _server.Fail(Policies, HttpStatusCode.ServiceUnavailable);
        _server.CutWatches();
        await Until.TrueAsync(() => _server.Count("watch", Policies) > 1, "a failed attempt");

        await CallsAsync(3);
        await RejectedAsync();
        Limit("4/1d");
        _server.Recover(Policies);

        await _gateway.UntilAsync(Path, isAdmitted: true);
        await RejectedAsync();
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task OneKindThatIsRefused_KeepsTheLastConfiguration_AndOtherKindsAreFollowed(HttpStatusCode status)
    {
        await StartAsync();
        _server.Fail(Policies, status);
        _server.CutWatches();
        await Until.TrueAsync(() => _server.Count("watch", Policies) + _server.Count("list", Policies) > 2, "a failed attempt");

        _server.Set("servers", "tools", "other", new JsonObject { ["upstream"] = new JsonObject { ["url"] = _gateway.Upstream } });
        await _gateway.UntilAsync("/tools.other/mcp", isAdmitted: true);
        await CallsAsync(3);
        await RejectedAsync();

        Limit("4/1d");
        _server.Recover(Policies);
        await _gateway.UntilAsync(Path, isAdmitted: true);
        await RejectedAsync();
    }

    [Fact]
    public async Task HistoryThatWasCompacted_KeepsTheLastConfiguration_AndTheChangeInBetweenIsApplied()
    {
        await StartAsync();
        await CallsAsync(3);
        int lists = _server.Count("list", Policies);

        _server.ExpireNextWatch(Policies);
        Limit("4/1d", isTold: false);
        _server.CutWatches();

        await _gateway.UntilAsync(Path, isAdmitted: true);
        await RejectedAsync();
        _server.Count("list", Policies).ShouldBeGreaterThan(lists);
    }

    [Fact]
    public async Task TokenThatIsRotated_IsReadAgain_AndTheNextChangeIsApplied()
    {
        _server.Token = "one";
        await _gateway.StartAsync(_server.Address, "{ token: one }", authority: null);
        await CallsAsync(3);

        _server.Token = "two"; // What the cluster accepts from now on.
        _server.CutWatches();
        await Until.TrueAsync(() => _server.RequestsOf("Bearer one") > 8, "requests with the old token");
        await RejectedAsync();
        await _gateway.WriteKubeconfigAsync(_server.Address, "{ token: two }", authority: null);
        Limit("4/1d");

        await _gateway.UntilAsync(Path, isAdmitted: true);
        await RejectedAsync();
    }

    [Fact]
    public async Task InvalidPolicy_KeepsTheEarlierOne_AndThoseOfOtherServersChange()
    {
        _server.Set("servers", "tools", "other", new JsonObject { ["upstream"] = new JsonObject { ["url"] = _gateway.Upstream } });
        await StartAsync();

        Limit("3/fortnite");
        Limit("1/1d", "other"); // It comes after the other, and in the same stream.
        await _gateway.UntilAsync("/tools.other/mcp", isAdmitted: false);

        await CallsAsync(3);
        await RejectedAsync();
    }

    [Fact]
    public async Task ServerThatIsDeleted_IsNoLongerServed()
    {
        await StartAsync();
        _server.Delete("servers", "tools", "weather");
        await _gateway.UntilGoneAsync(Path);
    }

    [Fact]
    public async Task ForbiddenKindOfToolHive_DoesNotKeepTheGatewayFromStarting()
    {
        _server.Fail("mcpservers", HttpStatusCode.Forbidden);
        await StartAsync();
        await CallsAsync(1);
    }

    [Fact]
    public async Task StartWhileTheServerIsAway_WaitsForTheFirstList()
    {
        _server.Fail(Policies, HttpStatusCode.ServiceUnavailable);
        Task starting = StartAsync();
        await Until.TrueAsync(() => _server.Count("list", Policies) > 1, "two attempts");
        starting.IsCompleted.ShouldBeFalse();

        _server.Recover(Policies);

        await starting;
        await CallsAsync(3);
        await RejectedAsync();
    }

    private Task StartAsync() => _gateway.StartAsync(_server.Address, "{ token: t }", authority: null);

    private void Limit(string rate, string name = "weather", bool isTold = true) => _server.Set(Policies, "tools", name, new JsonObject
    {
        ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = "sluice.dev", ["kind"] = "Server", ["name"] = name }),
        ["rateLimiting"] = new JsonObject { ["shared"] = rate },
    }, isTold);

    private async Task CallsAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            (await _gateway.CallAsync(Path)).ShouldBe(RunningGateway.Admitted);
        }
    }

    private async Task RejectedAsync() => (await _gateway.CallAsync(Path)).ShouldBe(RunningGateway.Rejected);
}
