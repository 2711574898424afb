using System.Globalization;
using System.Net;

namespace Sluice.Gateway.Tests;

public sealed class StdioSessionTests
{
    [Fact]
    public async Task Initialize_Legacy_MakesASessionWithAProcessOfItsOwn()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();

        string one = await gateway.BeginAsync();
        string two = await gateway.BeginAsync();

        one.ShouldMatch("^[0-9a-f]{32}$");
        two.ShouldNotBe(one);
        (await gateway.TextAsync(one, "pid")).ShouldNotBe(await gateway.TextAsync(two, "pid"));
        (await gateway.TextAsync(one, "pid")).ShouldBe(await gateway.TextAsync(one, "pid"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-17")]
    [InlineData("1.50")]
    [InlineData("12345678901234567890123")]
    [InlineData("\"\"")]
    [InlineData("\"7\"")]
    [InlineData("\"a\\u0062\\n\"")]
    public async Task Call_Id_ComesBackExactlyAsItWasWritten(string id)
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();

        (HttpStatusCode status, string body) = await gateway.CallAsync(session, id, "echo", """{"text":"hi"}""");

        status.ShouldBe(HttpStatusCode.OK);
        body.ShouldBe($$"""{"result":{"content":[{"type":"text","text":"hi"}]},"jsonrpc":"2.0","id":{{id}}}""");
    }

    [Fact]
    public async Task Call_OfSeveralLines_ReachesTheProcessAsOne()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();
        string message = StdioGateway.Call("1", "echo", "{\r\n\"text\"\n:\r\"a\\nb\"}");

        (_, string body) = await gateway.Fixture.SendAsync(StdioGateway.Legacy(session, message));

        StdioGateway.TextOf(body).ShouldBe("a\nb");
    }

    [Fact]
    public async Task Session_UnknownOrMissing_IsRefusedAsTheProtocolSays()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();

        (HttpStatusCode unknown, string body) = await gateway.CallAsync("0123456789abcdef0123456789abcdef", "5", "echo");
        (HttpStatusCode missing, _) = await gateway.Fixture.SendAsync(GatewayFixture.Post(StdioGateway.Call("5", "echo")));
        (HttpStatusCode get, _) = await gateway.Fixture.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/mcp"));

        unknown.ShouldBe(HttpStatusCode.NotFound);
        body.ShouldStartWith("""{"jsonrpc":"2.0","id":5,"error":{"code":-32001,""");
        missing.ShouldBe(HttpStatusCode.BadRequest);
        get.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Delete_Session_EndsItAndItsProcess()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();
        int process = int.Parse(await gateway.TextAsync(session, "pid"), CultureInfo.InvariantCulture);
        HttpRequestMessage delete = new(HttpMethod.Delete, "/mcp");
        delete.Headers.Add("Mcp-Session-Id", session);

        (HttpStatusCode status, _) = await gateway.Fixture.SendAsync(delete);

        status.ShouldBe(HttpStatusCode.NoContent);
        (await gateway.CallAsync(session, "1", "echo")).Status.ShouldBe(HttpStatusCode.NotFound);
        await StdioGateway.GoneAsync(process);
    }

    [Fact]
    public async Task Sessions_BeyondTheBound_AreToldToComeBack()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", maxSessions: 1");
        string session = await gateway.BeginAsync();

        (HttpStatusCode status, string body) = await gateway.InitializeAsync();
        HttpRequestMessage delete = new(HttpMethod.Delete, "/mcp");
        delete.Headers.Add("Mcp-Session-Id", session);
        int process = int.Parse(await gateway.TextAsync(session, "pid"), CultureInfo.InvariantCulture);
        await gateway.Fixture.SendAsync(delete);
        await StdioGateway.GoneAsync(process);

        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        body.ShouldContain("all of its sessions are in use");
        await Eventually.HoldsAsync(async () => (await gateway.InitializeAsync()).Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Session_Idle_EndsWithItsProcess()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", idleTimeout: 1s");
        string session = await gateway.BeginAsync();
        int process = int.Parse(await gateway.TextAsync(session, "pid"), CultureInfo.InvariantCulture);

        await StdioGateway.GoneAsync(process);

        (await gateway.CallAsync(session, "1", "echo")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Environment_OfTheProcess_IsWhatTheFileSaysAndNoSecretOfTheGateways()
    {
        Environment.SetEnvironmentVariable("SLUICE_TEST_SECRET", "s3cr3t");
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", env: { GREETING: hello }");
        string session = await gateway.BeginAsync();

        (await gateway.TextAsync(session, "env", """{"name":"GREETING"}""")).ShouldBe("hello");
        (await gateway.TextAsync(session, "env", """{"name":"PATH"}""")).ShouldBe(Environment.GetEnvironmentVariable("PATH"));
        (await gateway.TextAsync(session, "env", """{"name":"SLUICE_TEST_SECRET"}""")).ShouldBe("(none)");
    }

    [Fact]
    public async Task Progress_OfACall_ComesOnTheStreamOfItsPostUnderItsOwnToken()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();
        string call = StdioGateway.Call("\"x\"", "progress", meta: """{"progressToken":"mine"}""");

        (HttpStatusCode status, string body) = await gateway.Fixture.SendAsync(StdioGateway.Legacy(session, call));

        status.ShouldBe(HttpStatusCode.OK);
        body.ShouldBe(
            """
            event: message
            data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"mine","progress":1}}

            event: message
            data: {"result":{"content":[{"type":"text","text":"done"}]},"jsonrpc":"2.0","id":"x"}


            """);
    }

    [Fact]
    public async Task ServersRequest_WithAStreamOpen_ComesThereAndItsAnswerGoesBack()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();
        using StreamReader stream = await gateway.ListenAsync(session);
        Task<string> call = gateway.TextAsync(session, "ask");

        (await StdioGateway.NextEventAsync(stream)).ShouldContain("\"id\":\"q1\",\"method\":\"sampling/createMessage\"");
        (HttpStatusCode status, _) = await gateway.Fixture.SendAsync(
            StdioGateway.Legacy(session, """{"jsonrpc":"2.0","id":"q1","result":{"said":"yes"}}"""));

        status.ShouldBe(HttpStatusCode.Accepted);
        (await call).ShouldBe("""{"jsonrpc":"2.0","id":"q1","result":{"said":"yes"}}""");
    }

    [Fact]
    public async Task ServersNotification_WithoutAStream_ComesWithTheCallThatIsUnderWay()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string session = await gateway.BeginAsync();

        (_, string body) = await gateway.CallAsync(session, "1", "log");

        body.ShouldContain("notifications/message");
        body.ShouldContain("\"text\":\"logged\"");
    }

    [Fact]
    public async Task Cancellation_OfTheClient_ReachesTheProcessUnderItsNumber()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(server: "stop: { drain: 0s }"); // A call hangs at its end.
        string session = await gateway.BeginAsync();
        Task hanging = gateway.CallAsync(session, "\"slow\"", "hang");

        await Eventually.HoldsAsync(async () =>
        {
            await gateway.Fixture.SendAsync(StdioGateway.Legacy(
                session, """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"slow"}}"""));
            return (await gateway.TextAsync(session, "cancelled")).Length > 0;
        });

        (await gateway.TextAsync(session, "cancelled")).ShouldStartWith("2"); // After initialize, which was number 1.
        hanging.IsCompleted.ShouldBeFalse();
    }
}
