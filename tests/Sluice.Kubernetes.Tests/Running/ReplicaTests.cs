using System.Net;
using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Api;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>Two gateways as processes of their own: one of them writes the status, whatever becomes of the other.</summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private const string First = "Bearer first";
    private const string Second = "Bearer second";
    private const string Policies = "ratelimitpolicies";
    private ApiServerDouble _server = null!;
    private int _limit = 3;

    public async Task InitializeAsync()
    {
        _server = await ApiServerDouble.StartAsync();
        _server.Fail("mcpservers", HttpStatusCode.NotFound);
        _server.Fail("virtualmcpservers", HttpStatusCode.NotFound);
        _server.Fail("mcpservers.kagent.dev", HttpStatusCode.NotFound);
        _server.Set("servers", "tools", "weather", new JsonObject { ["upstream"] = new JsonObject { ["url"] = "http://127.0.0.1:9/mcp" } });
        Limit();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task LeaderThatIsFrozen_TheOtherWrites_AndTheFrozenOneWritesNothingWhenItWakes()
    {
        await using GatewayProcess first = await StartAsync("first");
        await WrittenAsync(First);
        await using GatewayProcess second = await StartAsync("second");

        first.Freeze();
        Limit();
        await WrittenAsync(Second);
        Limit(); // It is the frozen one's turn to learn of this, and not to write it.
        first.Thaw();
        int asked = _server.RequestsOf(First);
        await Eventually.HoldsAsync(() => _server.RequestsOf(First) >= asked + 4, () => "The first one does not run."); // It has looked at the lease.
        await WrittenAsync(Second);
        Limit();
        await WrittenAsync(Second);

        OneAfterTheOther();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LeaderThatEnds_TheOtherWrites(bool isKilled)
    {
        await using GatewayProcess first = await StartAsync("first");
        await WrittenAsync(First);
        await using GatewayProcess second = await StartAsync("second");

        await (isKilled ? first.KillAsync() : first.TerminateAsync());
        Limit();
        await WrittenAsync(Second);

        OneAfterTheOther();
    }

    private Task<GatewayProcess> StartAsync(string token) => GatewayProcess.StartAsync(_server.Address, $"{{ token: {token} }}", authority: null);

    private void Limit() => _server.Set(Policies, "tools", "weather", new JsonObject
    {
        ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = "sluice.dev", ["kind"] = "Server", ["name"] = "weather" }),
        ["rateLimiting"] = new JsonObject { ["shared"] = $"{_limit++}/1d" },
    });

    // The status is about the last generation, and the given gateway has written it.
    private Task WrittenAsync(string writer) => Eventually.HoldsAsync(
        () => _server.StatusOf(Policies, "tools", "weather") is JsonObject status
            && (int?)status["observedGeneration"] == _limit - 3
            && status["conditions"]!.AsArray().All(condition => (string?)condition!["status"] == "True")
            && _server.StatusWrites.Last(write => write.Plural == Policies).Writer == writer,
        () => $"{writer} has not written: {_server.StatusOf(Policies, "tools", "weather")?.ToJsonString()}");

    private void OneAfterTheOther()
    {
        string[] writers = [.. _server.StatusWrites.Select(write => write.Writer)];
        writers.SkipWhile(writer => writer == First).ShouldAllBe(writer => writer == Second);
    }
}
