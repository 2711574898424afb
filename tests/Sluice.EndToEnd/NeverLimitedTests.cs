using System.Net;

namespace Sluice.EndToEnd;

public sealed class NeverLimitedTests(EverythingServer server) : IClassFixture<EverythingServer>
{
    private const int ManyTimes = 20;
    private const string Limits = "{ shared: 2/1d, perUser: 2/1d, tools: [{ name: echo, perUser: 1/1d }], headers: always }";

    [Fact]
    public async Task Session_OfACallerWhoHasNothingLeft_GoesOnWithoutLimit()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(server.Endpoint, Limits));
        using Session session = await Session.StartAsync(sluice.Endpoint, "key-of-alice");
        await session.PostAsync(Session.Echo(1));
        (await session.PostAsync(Session.Echo(2))).Body.ShouldContain("\"code\":429");

        for (int i = 0; i < ManyTimes; i++)
        {
            (await session.PostAsync("""{"jsonrpc":"2.0","id":3,"method":"tools/list"}""")).Body.ShouldContain("\"tools\"");
            (await session.PostAsync("""{"jsonrpc":"2.0","id":4,"method":"ping"}""")).Body.ShouldContain("\"result\"");
            (await session.PostAsync("""{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}""")).Status
                .ShouldBe(HttpStatusCode.Accepted);
        }

        using (HttpResponseMessage stream = await session.OpenStreamAsync())
        {
            stream.StatusCode.ShouldBe(HttpStatusCode.OK);
            stream.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        }

        using Session another = await Session.StartAsync(sluice.Endpoint, "key-of-alice");
        (await another.DeleteAsync()).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Call_RefusedByTheToolsLimit_LeavesTheServersLimitsUntouched()
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            server.Endpoint, "{ shared: 1000/1d, perUser: 100/1d, tools: [{ name: echo, perUser: 1/1d }], headers: always }"));
        using Session session = await Session.StartAsync(sluice.Endpoint, "key-of-alice");

        Answer allowed = await session.PostAsync(Session.Echo(1));
        Answer[] refused = [await session.PostAsync(Session.Echo(2)), await session.PostAsync(Session.Echo(3))];
        Answer sum = await session.PostAsync(
            """{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"get-sum","arguments":{"a":1,"b":2}}}""");

        allowed.Left("shared").ShouldBe(999);
        allowed.Left("perUser").ShouldBe(99);
        allowed.Left("echo/perUser").ShouldBe(0);
        foreach (Answer answer in refused)
        {
            answer.Left("shared").ShouldBe(999);
            answer.Left("perUser").ShouldBe(99);
        }

        sum.Left("shared").ShouldBe(998);
        sum.Left("perUser").ShouldBe(98);
    }
}
