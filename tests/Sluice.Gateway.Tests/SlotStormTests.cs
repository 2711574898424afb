using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests;

/// <summary>Calls of many clients end in ways that are drawn at random: no slot is lost, and none is released twice.</summary>
/// <remarks>
/// <para>
/// The server counts its running calls, and a call counts from its arrival until just before its end is caused, by whoever causes it. So it
/// counts only while its slot is held. A slot that is released twice belongs to another call then, and the next call that waits makes one
/// too many. A slot that is lost is missing at the end.
/// </para>
/// <para><c>SLUICE_SLOT_CALLS</c> sets the number of calls, <c>SLUICE_SEED</c> the seed.</para>
/// </remarks>
public sealed class SlotStormTests : IAsyncLifetime
{
    private const int DefaultCalls = 2_000;
    private const int Clients = 24;
    private const int Slots = 4;
    private const int SlotsPerUser = 2;
    private static readonly string[] Users = ["u0", "u1", "u2"];
    private readonly List<RunningCall> _calls = [];
    private readonly RunningCount _running = new(Slots);
    private readonly Dictionary<string, RunningCount> _runningOf = Users.ToDictionary(user => user, _ => new RunningCount(SlotsPerUser));
    private FakeUpstream _upstream = null!;

    /// <summary>How a call ends.</summary>
    private enum End
    {
        Answer,
        Error,
        Stream,
        ServerCloses,
        ServerDiesInTheStream,
        ServerIsDead,
        Timeout,
        ClientLeavesBefore,
        ClientLeavesInTheStream,
        ClientCancelsInTheSession,
        ClientLeavesAtAnyTime,
    }

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(AnswerAsync);

    public Task DisposeAsync() => _upstream.DisposeAsync().AsTask();

    [Fact]
    public async Task Calls_EndInWaysDrawnAtRandom_LoseNoSlotAndReleaseNoneTwice()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("SLUICE_SLOT_CALLS") ?? $"{DefaultCalls}", CultureInfo.InvariantCulture);
        Random random = new(Seeds.Announce(20_261_129));
        _calls.AddRange(Enumerable.Range(0, count).Select(id => new RunningCall(
            id, Draw(random), Users[random.Next(Users.Length)], Yields: random.Next(40))));
        Uri dead = await UnusedEndpointAsync();
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            auth: { trustedProxy: { from: [127.0.0.1], userHeader: X-User } }
            servers:
              - name: one
                upstream: "{{_upstream.Endpoint}}"
                timeout: 10s # A busy machine shall not be taken for a server that does not answer.
                rateLimiting: { wait: 60s, concurrency: { shared: {{Slots}}, perUser: {{SlotsPerUser}} } }
              - name: two
                upstream: "{{dead}}"
                rateLimiting: { wait: 60s, concurrency: { shared: 2 } }
            """);
        using CapturedLog log = gateway.Capture();
        int next = -1;

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            for (int index = Interlocked.Increment(ref next); index < count; index = Interlocked.Increment(ref next))
            {
                try
                {
                    await CallAsync(gateway, _calls[index]);
                }
                catch
                {
                    Interlocked.Exchange(ref next, count); // The others stop after their calls, which may each wait for a minute.
                    throw;
                }
            }
        })));

        foreach (CallGate gate in gateway.Gates)
        {
            await Eventually.HoldsAsync(() => gate is { RunningWithSlots: 0, HeldCount: 0 }, () => $"{gate.RunningWithSlots} run, {gate.HeldCount} wait");
        }

        _running.ShouldHaveReachedItsBound();
        Array.ForEach([.. _runningOf.Values], running => running.ShouldHaveReachedItsBound());
        log.Lines.ShouldNotContain(line => line.Contains("that no call holds", StringComparison.Ordinal));
        await ShouldHaveAllSlotsAsync(gateway);
    }

    private static End Draw(Random random) => random.Next(400) == 0 ? End.Timeout : random.Next(10) switch
    {
        0 or 1 => End.Answer,
        2 => End.ClientLeavesAtAnyTime,
        3 => End.ClientLeavesBefore,
        4 => End.ClientLeavesInTheStream,
        5 => End.ClientCancelsInTheSession,
        6 => End.Stream,
        7 => End.ServerCloses,
        8 => End.ServerDiesInTheStream,
        _ => random.Next(2) == 0 ? End.Error : End.ServerIsDead,
    };

    private static async Task CallAsync(GatewayFixture gateway, RunningCall call)
    {
        using CancellationTokenSource leaves = new();
        using HttpRequestMessage request = Request(call);
        Task<HttpResponseMessage> sending = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaves.Token);
        switch (call.End)
        {
            case End.ClientLeavesBefore:
                await Task.WhenAny(call.Arrived, sending);
                await LeaveAsync();
                break;
            case End.ClientLeavesAtAnyTime:
                await call.YieldAsync();
                await LeaveAsync();
                break;
            case End.ClientCancelsInTheSession:
                await Task.WhenAny(call.Arrived, sending);
                call.EndNow();
                using (HttpRequestMessage cancellation = Post(
                    call, $$$"""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{{{call.Id}}}}}"""))
                {
                    using HttpResponseMessage accepted = await gateway.Client.SendAsync(cancellation);
                }

                call.Finish();
                using (HttpResponseMessage cancelled = await sending)
                {
                }

                break;
            case End.ClientLeavesInTheStream:
                using (HttpResponseMessage response = await sending)
                {
                    using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
                    (await reader.ReadLineAsync())!.ShouldStartWith("data:");
                    call.EndNow();
                }

                break;
            default:
                await ShouldEndAsync(call, sending);
                break;
        }

        async Task LeaveAsync()
        {
            call.EndNow();
            await leaves.CancelAsync();
            await Record.ExceptionAsync(async () => (await sending).Dispose()); // It may have been answered before.
            call.Finish();
        }
    }

    private static async Task ShouldEndAsync(RunningCall call, Task<HttpResponseMessage> sending)
    {
        if (call.End == End.ServerDiesInTheStream && await Record.ExceptionAsync(() => sending) is not null)
        {
            return; // Its answer may have begun, and was cut off.
        }

        using HttpResponseMessage response = await sending;
        string body = "";
        Exception? broken = await Record.ExceptionAsync(async () => body = await response.Content.ReadAsStringAsync());
        call.EndNow();
        if (response.StatusCode is HttpStatusCode.GatewayTimeout or HttpStatusCode.BadGateway)
        {
            return; // On a machine short of CPU any call may time out, or get a connection that the server closes just then.
        }

        HttpStatusCode[] expected = call.End switch
        {
            End.Answer or End.Stream => [HttpStatusCode.OK],
            End.Error => [HttpStatusCode.InternalServerError],
            End.ServerCloses or End.ServerIsDead => [HttpStatusCode.BadGateway],
            End.ServerDiesInTheStream => [HttpStatusCode.OK, HttpStatusCode.BadGateway],
            _ => [],
        };
        expected.ShouldContain(response.StatusCode, $"{call.End}: {body}");
        if (call.End is End.Answer or End.Stream)
        {
            broken.ShouldBeNull();
            body.ShouldContain("\"result\"");
        }
    }

    /// <summary>Each user gets all of its slots, and all users together all slots, without waiting.</summary>
    private async Task ShouldHaveAllSlotsAsync(GatewayFixture gateway)
    {
        int id = _calls.Count;
        foreach (string[] users in (string[][])[.. Users.Select(user => Enumerable.Repeat(user, SlotsPerUser).ToArray()), [.. Users, .. Users[..(Slots - Users.Length)]]])
        {
            List<HttpResponseMessage> open = [];
            foreach (string user in users)
            {
                RunningCall call = new(id++, End.ClientLeavesInTheStream, user, Yields: 0);
                _calls.Add(call);
                using HttpRequestMessage request = Request(call);
                HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                open.Add(response);
                response.StatusCode.ShouldBe(HttpStatusCode.OK);
                response.Headers.Contains("Sluice-Delay-Ms").ShouldBeFalse();
            }

            gateway.Gate.RunningWithSlots.ShouldBe(users.Length);
            open.ForEach(response => response.Dispose());
            await Eventually.HoldsAsync(() => gateway.Gate.RunningWithSlots == 0);
        }
    }

    private static HttpRequestMessage Request(RunningCall call) => Post(
        call, $$$"""{"jsonrpc":"2.0","id":{{{call.Id}}},"method":"tools/call","params":{"name":"x"}}""");

    private static HttpRequestMessage Post(RunningCall call, string body)
    {
        HttpRequestMessage request = GatewayFixture.Post(body, call.End == End.ServerIsDead ? "/two/mcp" : "/one/mcp");
        request.Headers.Add("X-User", call.User);
        request.Headers.Add("Mcp-Session-Id", $"s{call.Id}");
        return request;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        JsonElement message = JsonDocument.Parse((byte[])context.Items["body"]!).RootElement;
        if (!message.TryGetProperty("id", out JsonElement id))
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        RunningCall call = _calls[id.GetInt32()];
        string result = $$$"""{"jsonrpc":"2.0","id":{{{call.Id}}},"result":{}}""";
        call.Arrive(_running, _runningOf[call.User]);
        await call.YieldAsync(); // So that the slots are in use at once.
        switch (call.End)
        {
            case End.Answer or End.ClientLeavesAtAnyTime:
                call.EndNow();
                await FakeUpstream.Json(result)(context);
                break;
            case End.Error:
                call.EndNow();
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                break;
            case End.ServerCloses:
                call.EndNow();
                context.Abort();
                break;
            case End.Timeout:
                call.EndNow(); // When the gateway gives up is not known here.
                await call.FinishedAsync(context.RequestAborted);
                break;
            case End.ClientLeavesBefore:
                await call.FinishedAsync(context.RequestAborted);
                break;
            case End.ClientCancelsInTheSession:
                await call.FinishedAsync(context.RequestAborted);
                await FakeUpstream.Json(result)(context);
                break;
            default:
                await StreamAsync(context, call, result);
                break;
        }
    }

    private static async Task StreamAsync(HttpContext context, RunningCall call, string result)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n");
        await context.Response.Body.FlushAsync();
        switch (call.End)
        {
            case End.Stream:
                call.EndNow();
                await context.Response.WriteAsync($"data: {result}\n\n");
                break;
            case End.ServerDiesInTheStream:
                call.EndNow();
                context.Abort();
                break;
            default:
                await call.FinishedAsync(context.RequestAborted);
                break;
        }
    }

    private static async Task<Uri> UnusedEndpointAsync()
    {
        await using FakeUpstream stopped = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        return stopped.Endpoint;
    }

    /// <summary>How many calls run now, and ever ran at once.</summary>
    private sealed class RunningCount(int bound)
    {
        private int _now;
        private int _most;

        internal int Most => Volatile.Read(ref _most);

        internal void Add()
        {
            int now = Interlocked.Increment(ref _now);
            for (int most = Most; now > most; most = Most)
            {
                Interlocked.CompareExchange(ref _most, now, most);
            }
        }

        internal void Remove() => Interlocked.Decrement(ref _now);

        /// <summary>Not more than the bound ever ran, and it was reached: else one too many would not have been seen.</summary>
        internal void ShouldHaveReachedItsBound() => Most.ShouldBe(bound);
    }

    /// <summary>A call.</summary>
    private sealed record RunningCall(int Id, End End, string User, int Yields)
    {
        private const int Running = 1;
        private const int Ended = 2;
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private RunningCount[] _counts = [];
        private int _state;

        internal Task Arrived => _arrived.Task;

        /// <summary>It has reached the server, and counts from now on.</summary>
        internal void Arrive(params RunningCount[] counts)
        {
            Volatile.Write(ref _counts, counts);
            if (Interlocked.CompareExchange(ref _state, Running, 0) == 0)
            {
                Array.ForEach(counts, count => count.Add());
            }

            _arrived.TrySetResult();
        }

        /// <summary>It counts no longer, since what ends it comes next.</summary>
        internal void EndNow()
        {
            if (Interlocked.Exchange(ref _state, Ended) == Running)
            {
                Array.ForEach(Volatile.Read(ref _counts), count => count.Remove());
            }
        }

        internal async Task YieldAsync()
        {
            for (int i = 0; i < Yields; i++)
            {
                await Task.Yield();
            }
        }

        internal void Finish() => _finished.TrySetResult();

        /// <summary>Until the test lets the server go on, or the gateway has hung up.</summary>
        internal Task FinishedAsync(CancellationToken hungUp) =>
            _finished.Task.WaitAsync(hungUp).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
