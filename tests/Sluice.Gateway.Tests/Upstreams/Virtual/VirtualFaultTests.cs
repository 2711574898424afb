using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Gateway.Tests;

/// <summary>Backends that are down, slow or wrong: one call fails, with a reason, and the others go on.</summary>
public sealed class VirtualFaultTests : IAsyncLifetime
{
    private BackendServer _good = null!;
    private BackendServer _bad = null!;

    public async Task InitializeAsync()
    {
        _good = await BackendServer.StartAsync("good");
        _bad = await BackendServer.StartAsync("bad");
    }

    public async Task DisposeAsync()
    {
        await _good.DisposeAsync();
        await _bad.DisposeAsync();
    }

    [Fact]
    public async Task Backend_ThatIsDown_IsHiddenAndComesBack()
    {
        FakeTimeProvider clock = new();
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", clock, _bad, _good);
        CapturedLog log = gateway.Gateway.Capture();
        _bad.Override = Broken;
        await gateway.InitializeAsync();
        (await gateway.ListAsync("tools")).ShouldBe(["good_echo"]);
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
        (HttpStatusCode status, JsonObject failed) = await FailAsync(gateway, "bad_echo");
        status.ShouldBe(HttpStatusCode.BadGateway);
        ((string?)failed["error"]!["message"]).ShouldBe("The server 'toolkit' did not answer: its backend 'bad' failed: it answered 'initialize' with the status 503.");
        log.Lines.Count(line => line.StartsWith("The server 'bad' does not answer the virtual server 'toolkit'", StringComparison.Ordinal)).ShouldBe(1);

        _bad.Override = null;
        clock.Advance(VirtualBackends.Pause);
        (await gateway.ListAsync("tools")).ShouldBe(["bad_echo", "good_echo"]);
        ((string?)(await gateway.CallAsync("bad_echo"))["result"]!["of"]).ShouldBe("bad");
        log.Lines.Count(line => line.StartsWith("The server 'bad' answers the virtual server 'toolkit' again", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Backend_ThatLeadsBackToTheVirtualServer_IsFoundAndTheOthersGoOn()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        CapturedLog log = gateway.Gateway.Capture();
        _bad.Override = async (context, message) =>
        {
            HttpRequestMessage again = GatewayFixture.Post(message.ToJsonString(), "/toolkit/mcp");
            again.Headers.Add(CallerHeaders.HopsHeader, context.Request.Headers[CallerHeaders.HopsHeader].ToString());
            using HttpResponseMessage answer = await gateway.Gateway.Client.SendAsync(again);
            context.Response.StatusCode = (int)answer.StatusCode;
            await BackendServer.JsonAsync(context, await answer.Content.ReadAsStringAsync());
            return true;
        };
        await gateway.InitializeAsync();
        _bad.Of("initialize").Length.ShouldBe(VirtualUpstream.MaxHops);
        log.Lines.ShouldContain(line => line.StartsWith("The server 'bad' does not answer the virtual server 'toolkit'", StringComparison.Ordinal)
            && line.Contains("The request came through 4 virtual servers", StringComparison.Ordinal));
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
    }

    [Fact]
    public async Task Backend_ThatGoesDownInASession_IsHiddenAfterTheFirstCallThatDoesNotReachIt()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        await gateway.InitializeAsync();
        (await gateway.ListAsync("tools")).ShouldBe(["bad_echo", "good_echo"]);
        await _bad.DisposeAsync();
        (_, JsonObject failed) = await FailAsync(gateway, "bad_echo");
        ((string?)failed["error"]!["message"]).ShouldBe("The server 'toolkit' did not answer: its backend 'bad' failed: it refused the connection.");
        (await gateway.ListAsync("tools")).ShouldBe(["good_echo"]);
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
    }

    [Fact]
    public async Task Backend_ThatHangsInInitialize_DelaysTheSessionByItsPatienceAlone()
    {
        FakeTimeProvider clock = new();
        TaskCompletionSource hang = new();
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", clock, _bad, _good);
        _bad.Override = async (_, message) =>
        {
            if ((string?)message["method"] == "initialize")
            {
                await hang.Task;
            }

            return false;
        };
        JsonObject capabilities;
        do
        {
            // The clock may be moved before the good one has answered, where the machine is slow.
            Task<JsonObject> beginning = gateway.InitializeAsync();
            await MoveUntilAsync(clock, beginning);
            capabilities = (await beginning)["capabilities"]!.AsObject();
        }
        while (capabilities.Count == 0);
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
        string[] tools;
        do
        {
            Task<string[]> listing = gateway.ListAsync("tools");
            await MoveUntilAsync(clock, listing);
            tools = await listing;
        }
        while (tools.Length == 0);
        tools.ShouldBe(["good_echo"]);

        hang.SetResult();
        ((string?)(await gateway.CallAsync("bad_echo"))["result"]!["of"]).ShouldBe("bad");
    }

    [Fact]
    public async Task Backend_ThatDiesDuringACall_FailsThatCallAlone()
    {
        TaskCompletionSource dies = new();
        TaskCompletionSource goes = new();
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        await gateway.InitializeAsync();
        _bad.Override = async (context, _) =>
        {
            await BackendServer.EventsAsync(context, """{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"1"}}""");
            await dies.Task;
            context.Abort();
            return true;
        };
        _good.Override = async (_, _) =>
        {
            await goes.Task;
            return false;
        };
        Task<JsonObject> going = gateway.CallAsync("good_echo");
        using HttpResponseMessage failing = await gateway.PostAsync("""{"jsonrpc":"2.0","id":"f","method":"tools/call","params":{"name":"bad_echo"}}""");
        using StreamReader stream = new(await failing.Content.ReadAsStreamAsync());
        ((string?)(await VirtualGateway.NextAsync(stream))!["method"]).ShouldBe("notifications/message");
        dies.SetResult();
        JsonObject failed = (await VirtualGateway.NextAsync(stream))!;
        ((string?)failed["id"]).ShouldBe("f");
        ((string?)failed["error"]!["message"]).ShouldBe("The server 'toolkit' did not answer: its backend 'bad' failed: it broke off its answer.");
        goes.SetResult();
        ((string?)(await going)["result"]!["of"]).ShouldBe("good");
    }

    [Fact]
    public async Task Session_ThatABackendLost_FailsOneCallAndIsOpenedAgain()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("rateLimiting: { shared: 10/1h, headers: always }", _bad, _good);
        await gateway.InitializeAsync();
        await gateway.CallAsync("bad_echo");
        _bad.Forget();
        (HttpStatusCode status, JsonObject failed) = await FailAsync(gateway, "bad_echo");
        status.ShouldBe(HttpStatusCode.BadGateway);
        ((string?)failed["error"]!["message"]).ShouldBe("The server 'toolkit' did not answer: its backend 'bad' failed: its session had ended. The next call opens another.");
        ((string?)(await gateway.CallAsync("bad_echo"))["result"]!["of"]).ShouldBe("bad");
        _bad.Of("initialize").Length.ShouldBe(2);
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
    }

    [Fact]
    public async Task Answer_WithTheIdOfAnotherCall_FailsThatCallAlone()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        await gateway.InitializeAsync();
        _bad.Override = async (context, _) =>
        {
            await BackendServer.JsonAsync(context, """{"jsonrpc":"2.0","id":987654,"result":{}}""");
            return true;
        };
        (_, JsonObject failed) = await FailAsync(gateway, "bad_echo");
        ((string?)failed["error"]!["message"]).ShouldEndWith("its answer has the id of another call.");
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
    }

    [Fact]
    public async Task Stream_ThatABackendClosesBeforeTheAnswer_FailsThatCallAlone()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        await gateway.InitializeAsync();
        _bad.Override = async (context, _) =>
        {
            await BackendServer.EventsAsync(context, """{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"1"}}""");
            return true;
        };
        JsonObject failed = await gateway.CallAsync("bad_echo");
        ((string?)failed["error"]!["message"]).ShouldEndWith("its backend 'bad' failed: it ended its answer without a result.");
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(65, true)]
    [InlineData(128, true)]
    [InlineData(129, true)]
    public async Task Name_ThatItsPrefixMakesLong_IsAdvertisedAndCalled_AndTheOperatorIsWarned(int length, bool isWarned)
    {
        _bad.Tools = [new string('t', length - "bad_".Length)];
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        CapturedLog log = gateway.Gateway.Capture();
        await gateway.InitializeAsync();
        string name = (await gateway.ListAsync("tools"))[0];
        name.Length.ShouldBe(length);
        ((string?)(await gateway.CallAsync(name))["result"]!["got"]!["name"]).ShouldBe(_bad.Tools[0]);
        log.Lines.Any(line => line.Contains($"has a name of {length} characters. Some models take 64 at most", StringComparison.Ordinal)).ShouldBe(isWarned);
    }

    [Fact]
    public async Task PerUserLimit_CountsCallsOfEachUserOverAllBackends()
    {
        await using VirtualGateway gateway = await VirtualGateway.OfAsync(
            $$"""
            listen: http://127.0.0.1:0
            auth:
              apiKeys:
                - { user: alice, sha256: {{GatewayFixture.HashOf("key-of-alice")}} }
                - { user: bob, sha256: {{GatewayFixture.HashOf("key-of-bob")}} }
            servers:
              - { name: bad, upstream: "{{_bad.Endpoint}}" }
              - { name: good, upstream: "{{_good.Endpoint}}" }
            virtualServers: [{ name: toolkit, backends: [bad, good], rateLimiting: { perUser: 1/1h } }]
            """);
        foreach (string key in new[] { "key-of-alice", "key-of-bob" })
        {
            (await CallAsync(key, "bad_echo"))["result"].ShouldNotBeNull();
            ((string?)(await CallAsync(key, "good_echo"))["error"]!["data"]!["limitType"]).ShouldBe("perUser");
        }

        async Task<JsonObject> CallAsync(string key, string tool)
        {
            HttpRequestMessage request = VirtualGateway.Modern("tools/call", $""" "name":"{tool}" """);
            request.Headers.Authorization = new("Bearer", key);
            return (await gateway.SendAllModernAsync(request))[^1];
        }
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task Answer_OfTenMegabytes_ComesWhole_AndOneThatIsTooLargeFailsAlone(string type)
    {
        int bytes = 10 * 1024 * 1024;
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        await gateway.InitializeAsync();
        _bad.Override = async (context, message) =>
        {
            string answer = BackendServer.Result(message["id"], $$"""{"big":"{{new string('x', bytes)}}"}""");
            await (type == "application/json" ? BackendServer.JsonAsync(context, answer) : BackendServer.EventsAsync(context, answer));
            return true;
        };
        (((string?)(await gateway.CallAsync("bad_echo"))["result"]!["big"])!.Length).ShouldBe(bytes);
        bytes = BackendCalls.MaxMessageBytes;
        (_, JsonObject failed) = await FailAsync(gateway, "bad_echo");
        ((string?)failed["error"]!["message"]).ShouldEndWith("its answer is too large.");
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
    }

    [Theory]
    [InlineData(401, "it asks for credentials (401). Give it some by its 'headers'.")]
    [InlineData(500, "it answered with the status 500.")]
    public async Task Status_OfABackend_IsSaidAndNotPassedOn(int status, string said)
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        await gateway.InitializeAsync();
        _bad.Override = (context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Task.FromResult(true);
        };
        (HttpStatusCode answered, JsonObject failed) = await FailAsync(gateway, "bad_echo");
        answered.ShouldBe(HttpStatusCode.BadGateway);
        ((string?)failed["error"]!["message"]).ShouldEndWith(said);
    }

    [Fact]
    public async Task Rejection_ByABackendsOwnLimit_ReachesTheCallerWithItsWaitAndName_AndTakesNoTokenOfTheFront()
    {
        await using VirtualGateway gateway = await VirtualGateway.OfAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - { name: bad, upstream: "{{_bad.Endpoint}}", rateLimiting: { shared: 1/1h } }
              - { name: good, upstream: "{{_good.Endpoint}}" }
            virtualServers: [{ name: toolkit, backends: [bad, good], rateLimiting: { shared: 3/1h } }]
            """);
        await gateway.InitializeAsync();
        await gateway.CallAsync("bad_echo");
        JsonObject rejected = await gateway.CallAsync("bad_echo");
        ((int?)rejected["error"]!["code"]).ShouldBe(429);
        ((string?)rejected["error"]!["message"]).ShouldStartWith("Server 'bad': Rate limit exceeded: shared limit on the server, retry in");
        ((int)rejected["error"]!["data"]!["retryAfterSeconds"]!).ShouldBeInRange(3_500, 3_600);
        _bad.Of("tools/call").ShouldHaveSingleItem();
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
        ((string?)(await gateway.CallAsync("good_echo"))["result"]!["of"]).ShouldBe("good");
        JsonObject over = await gateway.CallAsync("good_echo");
        ((string?)over["error"]!["message"]).ShouldStartWith("Rate limit exceeded: shared limit");
    }

    [Fact]
    public async Task Rejection_ByTheServerBehind_ReachesTheCallerWithItsWait()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        await gateway.InitializeAsync();
        _bad.Override = (context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "17";
            return Task.FromResult(true);
        };
        using HttpResponseMessage response = await gateway.PostAsync("""{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"bad_echo"}}""");
        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(17));
        (await response.Content.ReadAsStringAsync()).ShouldContain("Server 'bad': it rejected the call (429), retry in 17 s.");
        _bad.Of("tools/call").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Limits_OfTheFront_CountOverAllBackends_AndOneAdvertisedToolAlone()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync(
            "rateLimiting: { shared: 3/1h, tools: [{ name: bad_echo, shared: 1/1h }] }", _bad, _good);
        await gateway.InitializeAsync();
        ((await gateway.CallAsync("bad_echo"))["result"]).ShouldNotBeNull();
        ((string?)(await gateway.CallAsync("bad_echo"))["error"]!["data"]!["limit"]).ShouldBe("bad_echo/shared");
        ((await gateway.CallAsync("good_echo"))["result"]).ShouldNotBeNull();
        ((await gateway.CallAsync("good_echo"))["result"]).ShouldNotBeNull();
        ((string?)(await gateway.CallAsync("good_echo"))["error"]!["data"]!["limit"]).ShouldBe("shared");
    }

    private static Task<bool> Broken(HttpContext context, JsonObject message)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.FromResult(true);
    }

    // A timer that does not run yet is not moved, so the clock moves again and again.
    private static Task MoveUntilAsync(FakeTimeProvider clock, Task done) => Eventually.HoldsAsync(() =>
    {
        clock.Advance(VirtualBackends.Patience);
        return done.IsCompleted;
    });

    private static async Task<(HttpStatusCode Status, JsonObject Answer)> FailAsync(VirtualGateway gateway, string tool)
    {
        using HttpResponseMessage response = await gateway.PostAsync(
            $$$"""{"jsonrpc":"2.0","id":"failing","method":"tools/call","params":{"name":"{{{tool}}}"}}""");
        string body = await response.Content.ReadAsStringAsync();
        JsonObject answer = JsonNode.Parse(body)!.AsObject();
        ((string?)answer["id"]).ShouldBe("failing");
        return (response.StatusCode, answer);
    }
}
