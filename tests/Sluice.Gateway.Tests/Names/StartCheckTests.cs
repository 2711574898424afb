using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Documents;

namespace Sluice.Gateway.Tests.Names;

public sealed class StartCheckTests
{
    private static readonly Func<string, string?, object?> OneTool = (method, _) => method == "tools/list" ? ListServer.Tools(["search"]) : null;

    [Fact]
    public async Task Begin_LimitsThatMatchNothing_AreOneWarningEach()
    {
        await using FakeUpstream server = await FakeUpstream.StartAsync(ListServer.Of(OneTool));

        string[] lines = await LinesAsync(
            $"{{ name: s, upstream: \"{server.Endpoint}\", rateLimiting: {{ tools: [{{ name: serach, shared: 1/1m }}, {{ name: search, shared: 1/1m }}] }} }}");

        lines.ShouldBe(["Warning servers[0].rateLimiting.tools[0].name: 'serach' matches no tool of the server 's'. Did you mean 'search'?"]);
    }

    [Fact]
    public async Task Begin_ServersWithoutNamesAndCommands_AreNotAsked()
    {
        await using FakeUpstream server = await FakeUpstream.StartAsync(ListServer.Of(OneTool));

        string[] lines = await LinesAsync(
            $"{{ name: s, upstream: \"{server.Endpoint}\", rateLimiting: {{ shared: 1/1m }} }}, {{ name: t, upstream: \"{server.Endpoint}x\" }}, "
            + "{ name: c, upstream: { command: no-such-program }, rateLimiting: { tools: [{ name: x, shared: 1/1m }] } }");

        lines.ShouldBe(
        [
            "Debug The names in the limits of the server 'c' are not checked, since it is a command. 'sluice validate --live' checks them.",
        ]);
        server.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Begin_ServerThatNeedsASignIn_IsAskedOnceAndNotedAtDebug()
    {
        await using FakeUpstream server = await FakeUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        Clock clock = new();

        string[] lines = await LinesAsync(Named(server.Endpoint), clock);

        lines.ShouldHaveSingleItem().ShouldStartWith("Debug The names in the limits of the server 's' are not checked, since it asks callers to sign in (HTTP 401)");
        clock.Pauses.ShouldBeEmpty();
    }

    [Fact]
    public async Task Begin_ServerThatIsReadyLater_IsAskedAgainAfterPauses()
    {
        RequestDelegate lists = ListServer.Of(OneTool);
        Clock clock = new();
        await using FakeUpstream server = await FakeUpstream.StartAsync(context =>
        {
            if (clock.Pauses.Count >= 2)
            {
                return lists(context);
            }

            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });

        string[] lines = await LinesAsync(Named(server.Endpoint), clock);

        lines.ShouldHaveSingleItem().ShouldStartWith("Warning servers[0].rateLimiting.tools[0].name: 'serach' matches no tool");
        clock.Pauses.ShouldBe([TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)]);
    }

    [Fact]
    public async Task Begin_ServerThatIsNeverReady_IsGivenUpWithOneLine()
    {
        await using FakeUpstream server = await FakeUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });
        Clock clock = new();

        string[] lines = await LinesAsync(Named(server.Endpoint), clock);

        lines.ShouldBe(
        [
            "Information The names in the limits of the server 's' are not checked, since it answered HTTP 503. "
                + "'sluice validate --live' checks them later.",
        ]);
        clock.Pauses.ShouldBe([TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5)]);
    }

    [Fact]
    public async Task Repeat_AfterAReload_LogsOnlyWhatIsNew()
    {
        await using FakeUpstream server = await FakeUpstream.StartAsync(ListServer.Of(OneTool));
        CapturedLog log = new();
        await using StartCheck check = StartCheck.Begin(Configuration(Named(server.Endpoint)), new Clock(), log.CreateLogger<StartCheck>());
        await check.Completion;
        log.Lines.Length.ShouldBe(1);

        check.Repeat(Configuration(Named(server.Endpoint)));
        await check.Completion;
        check.Repeat(Configuration(Named(server.Endpoint).Replace("serach", "saerch", StringComparison.Ordinal)));
        await check.Completion;

        log.Lines.Length.ShouldBe(2);
        log.Lines[1].ShouldContain("'saerch'");
    }

    [Fact]
    public async Task Dispose_WhileAServerIsAsked_EndsTheCheckWithoutALine()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream server = await FakeUpstream.StartAsync(async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        CapturedLog log = new();
        StartCheck check = StartCheck.Begin(Configuration(Named(server.Endpoint)), TimeProvider.System, log.CreateLogger<StartCheck>());
        await asked.Task;

        await check.DisposeAsync();

        check.Completion.IsCompleted.ShouldBeTrue();
        log.Lines.ShouldBeEmpty();
    }

    private static string Named(Uri endpoint) =>
        $"{{ name: s, upstream: \"{endpoint}\", rateLimiting: {{ tools: [{{ name: serach, shared: 1/1m }}] }} }}";

    private static GatewayConfiguration Configuration(string servers) => GatewayFile.Parse($"servers: [{servers}]", "f").RequireConfiguration();

    private static async Task<string[]> LinesAsync(string servers, TimeProvider? time = null)
    {
        CapturedLog log = new();
        await using StartCheck check = StartCheck.Begin(Configuration(servers), time ?? new Clock(), log.CreateLogger<StartCheck>());
        await check.Completion;
        return [.. log.Entries.Select(line => $"{line.Level} {line.Text}")];
    }

    /// <summary>The system's clock, but for the pauses between attempts, which are over at once.</summary>
    private sealed class Clock : TimeProvider
    {
        private static readonly TimeSpan ServerTimeout = TimeSpan.FromSeconds(10);

        internal List<TimeSpan> Pauses { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == ServerTimeout)
            {
                return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period); // A machine may be slow.
            }

            Pauses.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
