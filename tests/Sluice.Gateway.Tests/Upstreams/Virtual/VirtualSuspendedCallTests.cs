using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Gateway.Tests;

/// <summary>Backends of the legacy era that ask a client of revision 2026-07-28 something during a call.</summary>
public sealed class VirtualSuspendedCallTests : IAsyncLifetime
{
    private const string Elicits = """{"elicitation":{},"x":1.0}""";
    private readonly TaskCompletionSource<JsonObject> _answered = new();
    private readonly TaskCompletionSource _left = new();
    private BackendServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await BackendServer.StartAsync("old");
        _server.Override = async (context, message) =>
        {
            if (message["method"] is null)
            {
                _answered.SetResult(message);
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                return true;
            }

            if ((string?)message["method"] != "tools/call")
            {
                return false;
            }

            string token = message["params"]!["_meta"]!["progressToken"]!.ToJsonString();
            await BackendServer.EventsAsync(context, Progress(token, 1), """{"jsonrpc":"2.0","id":"ask-1","method":"elicitation/create","params":{"n":1.0}}""");
            JsonObject answer;
            try
            {
                answer = await _answered.Task.WaitAsync(context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                _left.SetResult();
                throw;
            }

            await BackendServer.EventsAsync(
                context, Progress(token, 2), BackendServer.Result(message["id"], $$"""{"got":{{(answer["result"] ?? answer["error"])!.ToJsonString()}} }"""));
            return true;
        };
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Question_IsTheResult_AndTheCallGoesOnWithTheRequestThatAnswers()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("rateLimiting: { shared: 1/1h }", _server);
        JsonObject[] first = await gateway.SendAllModernAsync(VirtualGateway.Modern(
            "tools/call", """ "name":"old_echo" """, id: "\"one\"", meta: """ "progressToken":"p1" """, capabilities: Elicits));
        ((string?)first[0]["params"]!["progressToken"]).ShouldBe("p1");
        JsonObject asked = first[1]["result"]!.AsObject();
        ((string?)first[1]["id"], (string?)asked["resultType"]).ShouldBe(("one", "input_required"));
        asked["inputRequests"]!.ToJsonString().ShouldBe("""{"question":{"method":"elicitation/create","params":{"n":1.0}}}""");

        JsonObject[] second = await gateway.SendAllModernAsync(VirtualGateway.Modern(
            "tools/call",
            $$$""" "name":"old_echo","inputResponses":{"question":{"action":"accept","y":2.50}},"requestState":{{{asked["requestState"]!.ToJsonString()}}} """,
            id: "2",
            meta: """ "progressToken":"p2" """,
            capabilities: Elicits));
        ((string?)second[0]["params"]!["progressToken"], (int?)second[0]["params"]!["progress"]).ShouldBe(("p2", 2));
        ((int?)second[1]["id"], (string?)second[1]["result"]!["resultType"]).ShouldBe((2, "complete"));
        second[1]["result"]!["got"]!.ToJsonString().ShouldBe("""{"action":"accept","y":2.50}""");
        ((string?)(await _answered.Task)["id"]).ShouldBe("ask-1");
        _server.Of("initialize").Single()["params"]!["capabilities"]!.ToJsonString().ShouldBe(Elicits);
        _server.Of("tools/call").ShouldHaveSingleItem();
        ((int?)(await gateway.ModernAsync("tools/call", """ "name":"old_echo" """))["error"]!["code"]).ShouldBe(429); // One call was counted, once.
    }

    [Fact]
    public async Task Answer_ThatIsMissing_IsAskedForAgain_AndAStateIsTakenOnce()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _server);
        string first = await AskedAsync(gateway);
        string second = StateOf(await RetryAsync(gateway, first, "{}"));
        second.ShouldNotBe(first);
        JsonObject used = await RetryAsync(gateway, first, """{"question":{}}""");
        ((int?)used["error"]!["code"], (string?)used["error"]!["message"]).ShouldBe(
            (-32602, "'requestState' is not that of a call which waits for this answer. Make the call again without it."));
        (await RetryAsync(gateway, second, """{"question":{}}"""))["result"]!["got"]!.ToJsonString().ShouldBe("{}");
    }

    [Fact]
    public async Task State_OfAnotherCaller_OrOfAnotherTool_IsNotTaken()
    {
        _server.Tools = ["echo", "other"];
        await using VirtualGateway gateway = await VirtualGateway.OfAsync(
            $$"""
            listen: http://127.0.0.1:0
            auth:
              apiKeys:
                - { user: alice, sha256: {{GatewayFixture.HashOf("key-of-alice")}} }
                - { user: bob, sha256: {{GatewayFixture.HashOf("key-of-bob")}} }
            servers: [{ name: old, upstream: "{{_server.Endpoint}}" }]
            virtualServers: [{ name: toolkit, backends: [old] }]
            """);
        string state = await AskedAsync(gateway, "key-of-alice");
        ((int?)(await RetryAsync(gateway, state, """{"question":{}}""", "key-of-bob"))["error"]!["code"]).ShouldBe(-32602);
        ((int?)(await RetryAsync(gateway, state, """{"question":{}}""", "key-of-alice", "old_other"))["error"]!["code"]).ShouldBe(-32602);
        (await RetryAsync(gateway, state, """{"question":{}}""", "key-of-alice"))["result"]!["got"]!.ToJsonString().ShouldBe("{}");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"sampling":{}}""")]
    public async Task Client_ThatCannotBeAsked_IsNot_AndTheCallGoesOn(string capabilities)
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _server);
        JsonObject[] messages = await gateway.SendAllModernAsync(VirtualGateway.Modern(
            "tools/call", """ "name":"old_echo" """, meta: """ "progressToken":1 """, capabilities: capabilities));
        messages.Length.ShouldBe(3);
        ((string?)messages[^1]["result"]!["got"]!["message"]).ShouldBe(
            "The client speaks revision 2026-07-28 of MCP: it can be asked during a call, and for what its capabilities name.");
    }

    [Fact]
    public async Task Client_ThatTakesMinutesToAnswer_GoesOnWithItsCall()
    {
        FakeTimeProvider clock = new();
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", clock, _server);
        string state = await AskedAsync(gateway);
        clock.Advance(4 * StreamKeepAlive.LongestWrite); // The backend's event counts as not taken until the client answers.
        clock.Advance(4 * StreamKeepAlive.LongestWrite);
        (await RetryAsync(gateway, state, """{"question":{"action":"accept"}}"""))["result"]!["got"]!.ToJsonString().ShouldBe("""{"action":"accept"}""");
    }

    [Fact]
    public async Task Client_ThatDoesNotAnswer_CancelsTheCallAtTheBackend()
    {
        FakeTimeProvider clock = new();
        await using VirtualGateway gateway = await VirtualGateway.OfAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers: [{ name: old, upstream: "{{_server.Endpoint}}", timeout: 1h }]
            virtualServers: [{ name: toolkit, backends: [old], idleTimeout: 1d }]
            """,
            clock);
        string state = await AskedAsync(gateway);
        await Eventually.HoldsAsync(() =>
        {
            // In steps that are small beside the timeout of the message that cancels.
            clock.Advance(_left.Task.IsCompleted ? TimeSpan.Zero : SuspendableCall.Patience / 5);
            return _left.Task.IsCompleted;
        });
        await Eventually.HoldsAsync(() => _server.Of("notifications/cancelled").Length == 1);
        _server.Of("notifications/cancelled")[0]["params"]!["requestId"]!.ToJsonString().ShouldBe(_server.Of("tools/call")[0]["id"]!.ToJsonString());
        ((int?)(await RetryAsync(gateway, state, """{"question":{}}"""))["error"]!["code"]).ShouldBe(-32602);
    }

    [Fact]
    public async Task Session_ThatTheBackendLosesBetweenTheRounds_FailsTheCallWithItsId()
    {
        TaskCompletionSource dies = new();
        _server.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/call")
            {
                return false;
            }

            await BackendServer.EventsAsync(context, """{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{}}""");
            await dies.Task;
            context.Abort();
            return true;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _server);
        string state = await AskedAsync(gateway);
        dies.SetResult();
        JsonObject failed = await RetryAsync(gateway, state, """{"question":{}}""");
        ((int?)failed["id"], (string?)failed["error"]!["message"]).ShouldBe(
            (1, "The server 'toolkit' did not answer: its backend 'old' failed: it broke off its answer."));
    }

    private static string Progress(string token, int progress) =>
        $$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{token}}},"progress":{{{progress}}}}}""";

    private static string StateOf(JsonObject answer) => (string)answer["result"]!["requestState"]!;

    private static async Task<string> AskedAsync(VirtualGateway gateway, string? key = null) =>
        StateOf(await SendAsync(gateway, """ "name":"old_echo" """, key));

    private static Task<JsonObject> RetryAsync(
        VirtualGateway gateway, string state, string responses, string? key = null, string tool = "old_echo") =>
        SendAsync(gateway, $$""" "name":"{{tool}}","inputResponses":{{responses}},"requestState":"{{state}}" """, key);

    private static async Task<JsonObject> SendAsync(VirtualGateway gateway, string parameters, string? key)
    {
        HttpRequestMessage request = VirtualGateway.Modern("tools/call", parameters, meta: """ "progressToken":1 """, capabilities: Elicits);
        request.Headers.Authorization = key is null ? null : new("Bearer", key);
        return (await gateway.SendAllModernAsync(request))[^1];
    }
}
