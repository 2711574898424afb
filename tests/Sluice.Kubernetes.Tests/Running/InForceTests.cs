using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Sluice.Kubernetes.Tests.Api;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>A change that the API server has told is in force within a second: of the gateway's clock, which moves only when the test moves it.</summary>
public sealed class InForceTests : IAsyncLifetime
{
    private const string Policies = "ratelimitpolicies";
    private const string Path = "/tools.weather/mcp";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ObservedTime _time = new();
    private ApiServerDouble _server = null!;
    private RunningGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _server = await ApiServerDouble.StartAsync();
        _server.Fail("mcpservers", HttpStatusCode.NotFound);
        _server.Fail("virtualmcpservers", HttpStatusCode.NotFound);
        _server.Fail("mcpservers.kagent.dev", HttpStatusCode.NotFound);
        _gateway = await RunningGateway.CreateAsync();
        Serve("weather");
        await _gateway.StartAsync(_server.Address, "{ token: t }", authority: null, time: _time);
        await Until.TrueAsync(() => _server.OpenWatches == 3, "the watches of our kinds");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task PolicyThatIsCreatedChangedAndDeleted_IsInForceWithinASecond_AndUsedTokensAreKept()
    {
        (await _gateway.CallAsync(Path)).ShouldBe(RunningGateway.Admitted);

        await ChangeAsync(() => Limit("2/1d"), () => ProgrammedAsync(1));
        await AnswersAsync(RunningGateway.Admitted, RunningGateway.Admitted, RunningGateway.Rejected);

        await ChangeAsync(() => Limit("4/1d"), () => ProgrammedAsync(2));
        await AnswersAsync(RunningGateway.Admitted, RunningGateway.Admitted, RunningGateway.Rejected);

        await ChangeAsync(() => _server.Delete(Policies, "tools", "weather"), () => _gateway.UntilAsync(Path, isAdmitted: true));
    }

    [Fact]
    public async Task ServerThatIsCreatedAndDeleted_IsServedAndNoLongerServedWithinASecond()
    {
        await ChangeAsync(() => Serve("other"), () => _gateway.UntilAsync("/tools.other/mcp", isAdmitted: true));
        await ChangeAsync(() => _server.Delete("servers", "tools", "other"), () => _gateway.UntilGoneAsync("/tools.other/mcp"));
    }

    /// <summary>Makes a change, and moves the clock by less than a second in all; returns when the gateway decides by it.</summary>
    private async Task ChangeAsync(Action change, Func<Task> inForceAsync)
    {
        _time.Timers.Clear();
        change();

        // Whatever the gateway waits for then, it has to be over before the second is.
        await Eventually.HoldsAsync(() => _time.Timers.Any(due => due < Second), () => $"It waits for {string.Join(", ", _time.Timers)}.");
        _time.Advance(Second - TimeSpan.FromMilliseconds(1));
        await inForceAsync();
    }

    private Task ProgrammedAsync(int generation) => Until.TrueAsync(
        () => _server.StatusOf(Policies, "tools", "weather")?["conditions"] is JsonArray conditions
            && conditions.Any(condition => (string?)condition!["type"] == "Programmed"
                && (string?)condition["status"] == "True"
                && (int?)condition["observedGeneration"] == generation),
        $"generation {generation} is programmed");

    private async Task AnswersAsync(params string[] expected)
    {
        foreach (string answer in expected)
        {
            (await _gateway.CallAsync(Path)).ShouldBe(answer);
        }
    }

    private void Serve(string name) =>
        _server.Set("servers", "tools", name, new JsonObject { ["upstream"] = new JsonObject { ["url"] = _gateway.Upstream } });

    private void Limit(string rate) => _server.Set(Policies, "tools", "weather", new JsonObject
    {
        ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = "sluice.dev", ["kind"] = "Server", ["name"] = "weather" }),
        ["rateLimiting"] = new JsonObject { ["shared"] = rate },
    });

    /// <summary>A clock that tells for what it is asked.</summary>
    private sealed class ObservedTime() : FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
        internal ConcurrentQueue<TimeSpan> Timers { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Timers.Enqueue(dueTime);
            return timer;
        }
    }
}
