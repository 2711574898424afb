using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Sluice.Documents;

namespace Sluice.Gateway.Tests.Names;

public sealed class ServerProbeTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5); // Long, for a machine that is short of CPU.

    [Fact]
    public async Task Read_ServerOfTheCSharpSdk_GivesItsTools()
    {
        await using DemoServer server = await DemoServer.StartAsync(TimeProvider.System, CancellationToken.None);

        ServerListing listing = await ReadAsync(server.Endpoint);

        listing.Failure.ShouldBeNull();
        listing.Names!.Tools.ShouldContain("search");
        listing.Names.Prompts.ShouldBeEmpty();
        listing.Names.MethodGroups.ShouldContain("tools");
    }

    [Fact]
    public async Task Read_LegacyServerWithPages_GivesAllPagesAndSendsItsHeaders()
    {
        await using FakeUpstream server = await FakeUpstream.StartAsync(ListServer.Of((method, cursor) => (method, cursor) switch
        {
            ("tools/list", null) => ListServer.Tools(["a", "b"], next: "2"),
            ("tools/list", "2") => ListServer.Tools(["c"]),
            ("resources/list", null) => new { resources = new[] { new { uri = "file:///x", name = "x" } } },
            _ => null, // Templates too: a server with resources need not know them.
        }));

        ServerListing listing = await ReadAsync(server.Endpoint, "headers: { X-Secret: s3cr3t }");

        listing.Failure.ShouldBeNull();
        listing.Names!.Tools.ShouldBe(["a", "b", "c"]);
        listing.Names.Resources.ShouldBe(["file:///x"]);
        listing.Names.Templates.ShouldBeEmpty();
        listing.Names.MethodGroups.ShouldBe(["tools", "resources"]);
        server.Received.ShouldAllBe(request => request.Headers["X-Secret"] == "s3cr3t");
    }

    [Fact]
    public async Task Read_ListThatNeverEnds_EndsAtTheBound()
    {
        int page = 0;
        await using FakeUpstream server = await FakeUpstream.StartAsync(ListServer.Of((method, _) => method == "tools/list"
            ? ListServer.Tools(Enumerable.Range(0, 1_000).Select(index => $"tool-{page}-{index}"), next: $"{++page}")
            : null));

        ServerListing listing = await ReadAsync(server.Endpoint);

        listing.Names.ShouldBeNull();
        listing.Failure.ShouldBe("lists more than 20000 names, or more than 1000 pages of them");
        page.ShouldBe(21);
    }

    [Theory]
    [InlineData(401, true, "asks callers to sign in (HTTP 401). Give the gateway credentials in 'headers', or check with a user's client")]
    [InlineData(403, true, "asks callers to sign in (HTTP 403). Give the gateway credentials in 'headers', or check with a user's client")]
    [InlineData(500, false, "answered HTTP 500")]
    [InlineData(404, false, "answered HTTP 404")]
    public async Task Read_ServerThatAnswersAnError_SaysWhichWithoutItsText(int status, bool needsSignIn, string expected)
    {
        await using FakeUpstream server = await FakeUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("s3cr3t");
        });

        ServerListing listing = await ReadAsync(server.Endpoint);

        listing.ShouldBe(new ServerListing(null, expected, needsSignIn));
    }

    [Theory]
    [InlineData("text/html", "<html>hello</html>")]
    [InlineData("application/json", "{}")]
    [InlineData("application/json", "[1")]
    public async Task Read_AnswerThatIsNotMcp_IsAFailure(string type, string body)
    {
        await using FakeUpstream server = await FakeUpstream.StartAsync(context =>
        {
            context.Response.ContentType = type;
            return context.Response.WriteAsync(body);
        });

        ServerListing listing = await ReadAsync(server.Endpoint, timeout: TimeSpan.FromSeconds(1));

        listing.Names.ShouldBeNull();
        listing.Failure.ShouldNotBeNull();
    }

    [Fact]
    public async Task Read_NoServer_CannotBeReached()
    {
        FakeUpstream server = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        Uri endpoint = server.Endpoint;
        await server.DisposeAsync();

        (await ReadAsync(endpoint)).ShouldBe(new ServerListing(null, "cannot be reached", NeedsSignIn: false));
    }

    [Fact]
    public async Task Read_ServerThatNeverAnswers_EndsWithTheTimeout()
    {
        FakeTimeProvider time = new();
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream server = await FakeUpstream.StartAsync(async context =>
        {
            asked.TrySetResult();
            await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        Task<ServerListing> listing = ServerProbe.ReadAsync(Server(server.Endpoint, ""), TimeSpan.FromSeconds(10), time, CancellationToken.None);
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(10));

        (await listing).ShouldBe(new ServerListing(null, "did not answer within 10 s", NeedsSignIn: false));
    }

    [Fact]
    public async Task Read_AnswerWithoutEnd_EndsAtTheBound()
    {
        await using FakeUpstream server = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "application/json";
            byte[] spaces = new byte[1024 * 1024];
            spaces.AsSpan().Fill((byte)' ');
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(spaces, context.RequestAborted);
            }
        });

        (await ReadAsync(server.Endpoint)).Failure.ShouldBe("sends more than 64 MiB");
    }

    [SkippableTheory]
    [InlineData("no-such-program-anywhere", "", "cannot be started: no program 'no-such-program-anywhere' is on the PATH")]
    [InlineData("sh", "exit 3", "ended, or wrote what is not MCP, before it had answered")]
    public async Task Read_CommandThatFails_SaysSo(string command, string script, string expected)
    {
        Skip.If(OperatingSystem.IsWindows());
        ServerConfiguration server = Parse($"servers: [{{ name: s, upstream: {{ command: {command}, args: [\"-c\", \"{script}\"] }} }}]");

        ServerListing listing = await ServerProbe.ReadAsync(server, Timeout, TimeProvider.System, CancellationToken.None);

        listing.ShouldBe(new ServerListing(null, expected, NeedsSignIn: false));
    }

    private static Task<ServerListing> ReadAsync(Uri endpoint, string more = "", TimeSpan? timeout = null) =>
        ServerProbe.ReadAsync(Server(endpoint, more), timeout ?? Timeout, TimeProvider.System, CancellationToken.None);

    private static ServerConfiguration Server(Uri endpoint, string more) => Parse($"servers: [{{ name: s, upstream: \"{endpoint}\", {more} }}]");

    private static ServerConfiguration Parse(string yaml) => GatewayFile.Parse(yaml, "f").RequireConfiguration().Servers[0];
}
