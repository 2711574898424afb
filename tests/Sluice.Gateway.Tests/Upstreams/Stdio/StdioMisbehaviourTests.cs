using System.Globalization;
using System.Net;

namespace Sluice.Gateway.Tests;

public sealed class StdioMisbehaviourTests
{
    [Fact]
    public async Task Garbage_BeforeTheAnswer_IsDropped()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();

        (await gateway.TextAsync(session, "garbage")).ShouldBe("behind it all");
        (await gateway.TextAsync(session, "echo", """{"text":"still there"}""")).ShouldBe("still there");
    }

    [Theory]
    [InlineData("marks")]
    [InlineData("floats")]
    public async Task Answer_OfAServerWithAByteOrderMarkOrFloatIds_ReachesItsCaller(string manner)
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(manner);
        string session = await gateway.BeginAsync();

        (HttpStatusCode status, string body) = await gateway.CallAsync(session, "7", "echo", """{"text":"hi"}""");

        status.ShouldBe(HttpStatusCode.OK);
        body.ShouldBe("""{"result":{"content":[{"type":"text","text":"hi"}]},"jsonrpc":"2.0","id":7}""");
    }

    [Theory]
    [InlineData("""[{"jsonrpc":"2.0","id":ID,"result":{}}]""")]
    [InlineData("""{"jsonrpc":"2.0","id":"ID","result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":ID.00,"result":{}}""")]
    public async Task Answer_InAnotherFormThatIsClear_ReachesItsCaller(string line)
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();

        (HttpStatusCode status, string body) = await gateway.CallAsync(session, "\"w\"", "write", Writing(line));

        status.ShouldBe(HttpStatusCode.OK);
        body.ShouldBe("""{"jsonrpc":"2.0","id":"w","result":{}}""");
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":null,"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1.5,"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":{"a":1},"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":ID}""")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"result":{"x":NaN}}""")]
    [InlineData("""{"jsonrpc":"2.0","result":{"x":""")]
    public async Task Answer_UnreadableWithOneCallInFlight_Is502AtOnce(string line)
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();

        (HttpStatusCode status, string body) = await gateway.CallAsync(session, "\"w\"", "write", Writing(line));

        status.ShouldBe(HttpStatusCode.BadGateway);
        body.ShouldBe(
            """{"jsonrpc":"2.0","id":"w","error":{"code":-32603,"message":"The server 'odd' did not answer: its answer is not a JSON-RPC message with the id of a call."}}""");
    }

    [Fact]
    public async Task Answer_ErrorWithoutIdWithOneCallInFlight_IsTheAnswerOfTheCall()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();

        (HttpStatusCode status, string body) = await gateway.CallAsync(
            session, "\"w\"", "write", Writing("""{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}"""));

        status.ShouldBe(HttpStatusCode.OK);
        body.ShouldBe("""{"jsonrpc":"2.0","id":"w","error":{"code":-32700,"message":"Parse error"}}""");
    }

    [Fact]
    public async Task Answer_WithoutIdWithTwoCallsInFlight_FailsTheOneThatIsLeft()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();
        Task<(HttpStatusCode Status, string Body)> held = gateway.CallAsync(session, "1", "hold", """{"until":2,"text":"first"}""");
        await Eventually.HoldsAsync(async () => (await gateway.TextAsync(session, "held")) == "1");
        Task<(HttpStatusCode Status, string Body)> lost = gateway.CallAsync(
            session, "2", "write", Writing("""{"jsonrpc":"2.0","id":null,"result":{}}"""));
        await gateway.TextAsync(session, "pid"); // By now the server has written its answer without an id.

        lost.IsCompleted.ShouldBeFalse();
        await gateway.CallAsync(session, "3", "hold", """{"until":2,"text":"second"}""");

        StdioGateway.TextOf((await held).Body).ShouldBe("first");
        (await lost).Status.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Flood_OfStandardError_DelaysNoCall()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();

        (await gateway.TextAsync(session, "flood")).ShouldBe("flooded");
    }

    [Fact]
    public async Task Answer_LargerThanTheBound_Is502AndTheProcessLivesOn()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();

        (HttpStatusCode status, string body) = await gateway.CallAsync(session, "\"h\"", "huge");

        status.ShouldBe(HttpStatusCode.BadGateway);
        body.ShouldBe(
            """{"jsonrpc":"2.0","id":"h","error":{"code":-32603,"message":"The server 'odd' did not answer: its answer is too large."}}""");
        (await gateway.TextAsync(session, "echo", """{"text":"still there"}""")).ShouldBe("still there");
    }

    [Fact]
    public async Task Call_ThatHangs_Is504AndTheProcessIsTold()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(server: "    timeout: 1s");
        string session = await gateway.BeginAsync();

        (HttpStatusCode status, string body) = await gateway.CallAsync(session, "4", "hang");

        status.ShouldBe(HttpStatusCode.GatewayTimeout);
        body.ShouldBe(
            """{"jsonrpc":"2.0","id":4,"error":{"code":-32603,"message":"The server 'odd' did not answer: it did not begin an answer within its timeout."}}""");
        (await gateway.TextAsync(session, "cancelled")).ShouldBe("2");
    }

    [Fact]
    public async Task Process_DiesInMidAnswer_EveryCallGetsItsError()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();
        string streaming = StdioGateway.Call("\"s\"", "die-in-stream", meta: """{"progressToken":1}""");
        Task<(HttpStatusCode Status, string Body)>[] hanging =
            [.. Enumerable.Range(1, 5).Select(id => gateway.CallAsync(session, $"{id}", "hang"))];
        await gateway.TextAsync(session, "pid");

        (HttpStatusCode status, string events) = await gateway.Fixture.SendAsync(StdioGateway.Legacy(session, streaming));

        status.ShouldBe(HttpStatusCode.OK); // Its stream had begun.
        events.ShouldContain("\"progressToken\":1");
        events.ShouldContain("""data: {"jsonrpc":"2.0","id":"s","error":{"code":-32603,"message":"The server 'odd' did not answer: its process ended with exit code 3."}}""");
        for (int id = 1; id <= hanging.Length; id++)
        {
            (HttpStatusCode each, string body) = await hanging[id - 1];
            if (each == HttpStatusCode.NotFound)
            {
                continue; // It came when the session was over.
            }

            each.ShouldBe(HttpStatusCode.BadGateway);
            body.ShouldStartWith($$"""{"jsonrpc":"2.0","id":{{id}},"error":{"code":-32603,""");
        }

        (await gateway.CallAsync(session, "9", "echo")).Status.ShouldBe(HttpStatusCode.NotFound);
        await gateway.BeginAsync(); // A new session is served at once.
    }

    [Fact]
    public async Task Process_ThatDiesAtItsStart_Is502AndThenGivenTime()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync("dies");

        (HttpStatusCode first, string body) = await gateway.InitializeAsync();
        using HttpResponseMessage second = await gateway.Fixture.Client.SendAsync(GatewayFixture.Post(
            """{"jsonrpc":"2.0","id":8,"method":"initialize","params":{}}"""));

        first.ShouldBe(HttpStatusCode.BadGateway);
        body.ShouldContain("its process ended with exit code 3");
        second.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        second.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        (await second.Content.ReadAsStringAsync()).ShouldStartWith("""{"jsonrpc":"2.0","id":8,"error":{"code":-32603,""");
    }

    [Fact]
    public async Task Process_ThatNeverAnswers_Is504AndEnds()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync("is-deaf", server: "    timeout: 1s");

        (await gateway.InitializeAsync()).Status.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await gateway.InitializeAsync()).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Command_ThatDoesNotExist_Is502ThatNamesNoPath()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            """
            listen: http://127.0.0.1:0
            servers: [ { name: none, upstream: { command: /nowhere/secret-program } } ]
            """);

        (HttpStatusCode status, string body) = await gateway.SendAsync(
            StdioGateway.Modern("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}"""));

        status.ShouldBe(HttpStatusCode.BadGateway);
        body.ShouldContain("its command could not be started");
        body.ShouldNotContain("secret-program");
    }

    [Fact]
    public async Task Stop_Gateway_EndsProcessesThatStayAndTheirChildren()
    {
        int process;
        int child;
        await using (StdioGateway gateway = await StdioGateway.StartAsync("stays"))
        {
            string session = await gateway.BeginAsync();
            process = int.Parse(await gateway.TextAsync(session, "pid"), CultureInfo.InvariantCulture);
            child = int.Parse(await gateway.TextAsync(session, "fork"), CultureInfo.InvariantCulture);
            StdioGateway.IsRunning(process).ShouldBeTrue();
            StdioGateway.IsRunning(child).ShouldBeTrue();
        }

        await StdioGateway.GoneAsync(process);
        await StdioGateway.GoneAsync(child);
    }

    [Fact]
    public async Task Process_ThatDies_LeavesNoChild()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();
        int child = int.Parse(await gateway.TextAsync(session, "fork"), CultureInfo.InvariantCulture);

        (await gateway.CallAsync(session, "1", "die")).Status.ShouldBe(HttpStatusCode.BadGateway);

        await StdioGateway.GoneAsync(child);
    }

    private static string Writing(string line) => System.Text.Json.JsonSerializer.Serialize(new { line });
}
