using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>Limits of each server behind a virtual server: <c>perBackend</c>.</summary>
public sealed class PerBackendLimitTests
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData("prefix", "a_one", "b_two")]
    [InlineData("priority", "one", "two")]
    [InlineData("error", "one", "two")]
    public async Task Calls_BeyondTheLimitOfOneBackend_AreRejectedAndChargeNothingAnywhere(string conflicts, string ofA, string ofB)
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "one");
        await using BackendServer b = await BackendServer.StartAsync("b", "two");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync(
            $"usage: true, conflicts: {conflicts}, rateLimiting: {{ shared: 3/1h, perBackend: {{ shared: 2/1h }} }}", _time, a, b);
        await gateway.InitializeAsync();

        (await OutcomeAsync(gateway, ofA)).ShouldBe("a");
        (await OutcomeAsync(gateway, ofA)).ShouldBe("a");
        for (int call = 0; call < 5; call++)
        {
            (await OutcomeAsync(gateway, ofA)).ShouldBe("Rate limit exceeded: shared limit on backend 'a', retry in 1800 s");
        }

        (await LeftAsync(gateway)).ShouldBe([("backend:a/shared", 0), ("backend:b/shared", 2), ("shared", 1)]);
        (await OutcomeAsync(gateway, ofB)).ShouldBe("b");
        (await OutcomeAsync(gateway, ofB)).ShouldBe("Rate limit exceeded: shared limit on the server, retry in 1200 s");
        (await LeftAsync(gateway)).ShouldBe([("backend:a/shared", 0), ("backend:b/shared", 1), ("shared", 0)]);
        ((a.Of("tools/call").Length, b.Of("tools/call").Length)).ShouldBe((2, 1));
    }

    [Fact]
    public async Task Rejection_ByTheLimitOfABackend_NamesIt()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("rateLimiting: { perBackend: { shared: 1/1h } }", _time, a);
        await gateway.InitializeAsync();
        await gateway.CallAsync("a_echo");

        JsonObject data = (await gateway.CallAsync("a_echo"))["error"]!["data"]!.AsObject();

        ((string?)data["limit"], (string?)data["limitType"], (long)data["retryAfterMs"]!).ShouldBe(("backend:a/shared", "shared", 3_600_000L));
    }

    [Fact]
    public async Task PromptsResourcesAndTools_OfOneBackend_CountTogether()
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "one");
        await using BackendServer b = await BackendServer.StartAsync("b", "two");
        a.Prompts = ["greet"];
        a.Resources = ["file:///1"];
        b.Resources = ["file:///2"];
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("rateLimiting: { perBackend: { shared: 3/1h } }", _time, a, b);
        await gateway.InitializeAsync();

        ((string?)(await gateway.SendAsync("prompts/get", """{"name":"a_greet"}"""))["result"]!["of"]).ShouldBe("a");
        ((string?)(await gateway.SendAsync("resources/read", """{"uri":"file:///1"}"""))["result"]!["of"]).ShouldBe("a");
        (await OutcomeAsync(gateway, "a_one")).ShouldBe("a");
        (await gateway.SendAsync("resources/read", """{"uri":"file:///1"}"""))["error"]!["data"]!["limit"]!.ToString().ShouldBe("backend:a/shared");
        ((string?)(await gateway.SendAsync("resources/read", """{"uri":"file:///2"}"""))["result"]!["of"]).ShouldBe("b");
    }

    [Fact]
    public async Task Calls_ThatReachNoBackend_AreNotCharged()
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "one");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("usage: true, rateLimiting: { perBackend: { shared: 2/1h } }", _time, a);
        await gateway.InitializeAsync();
        (await gateway.CallAsync("other"))["error"]!["code"]!.GetValue<int>().ShouldBe(-32602);
        (await gateway.SendAsync("tools/list"))["result"].ShouldNotBeNull();
        using HttpResponseMessage stranger = await gateway.PostAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a_one"}}""", session: "none");
        ((int)stranger.StatusCode).ShouldBe(404);

        (await LeftAsync(gateway)).ShouldBe([("backend:a/shared", 2)]);
    }

    [Theory]
    [InlineData("prefix", "a_one", "b_two")]
    [InlineData("priority", "one", "two")]
    public async Task Calls_WithoutASession_MeetTheLimitOfTheirBackend(string conflicts, string ofA, string ofB)
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "one");
        await using BackendServer b = await BackendServer.StartAsync("b", "two");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync(
            $"usage: true, conflicts: {conflicts}, rateLimiting: {{ shared: 3/1h, perBackend: {{ shared: 1/1h }} }}", _time, a, b);

        ((string?)(await ModernAsync(ofA))["result"]!["of"]).ShouldBe("a");
        (await ModernAsync(ofA))["error"]!["data"]!["limit"]!.ToString().ShouldBe("backend:a/shared");
        ((string?)(await ModernAsync(ofB))["result"]!["of"]).ShouldBe("b");
        (await LeftAsync(gateway)).ShouldBe([("backend:a/shared", 0), ("backend:b/shared", 0), ("shared", 1)]);

        Task<JsonObject> ModernAsync(string tool) => gateway.ModernAsync("tools/call", $$"""
            "name":"{{tool}}","arguments":{}
            """.Trim());
    }

    // The list could change between the decision and the call; the backend that was charged is the one that is called.
    [Fact]
    public async Task Call_ThatIsHeldWhileListsChange_GoesToTheBackendThatWasCharged()
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "one");
        await using BackendServer b = await BackendServer.StartAsync("b", "two");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync(
            "conflicts: priority, rateLimiting: { wait: 60s, perBackend: { shared: 1/50s } }", _time, a, b);
        await gateway.InitializeAsync();
        await gateway.CallAsync("two");
        Task<JsonObject> held = gateway.CallAsync("two");
        await Eventually.HoldsAsync(() => gateway.Gateway.Gates.Any(gate => gate.HeldCount == 1));
        a.Tools = ["one", "two"]; // It comes first, and has the tool now.
        _time.Advance(TimeSpan.FromSeconds(31)); // The lists are stale.
        await gateway.ListAsync("tools");
        _time.Advance(TimeSpan.FromSeconds(19));

        ((string?)(await held)["result"]!["of"]).ShouldBe("b");
        ((string?)(await gateway.CallAsync("two"))["result"]!["of"]).ShouldBe("a");
    }

    private static async Task<string> OutcomeAsync(VirtualGateway gateway, string tool)
    {
        JsonObject answer = await gateway.CallAsync(tool);
        return (string?)answer["result"]?["of"] ?? (string)answer["error"]!["message"]!;
    }

    private static async Task<(string Limit, int Left)[]> LeftAsync(VirtualGateway gateway)
    {
        using JsonDocument answer = JsonDocument.Parse(await gateway.Gateway.Client.GetStringAsync("/toolkit/limits"));
        return
        [
            .. answer.RootElement.GetProperty("limits").EnumerateArray()
                .Select(limit => (limit.GetProperty("limit").GetString()!, limit.GetProperty("remaining").GetInt32()))
                .Order(),
        ];
    }
}
