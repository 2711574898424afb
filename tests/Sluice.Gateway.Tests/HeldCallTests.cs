using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>Calls that the gateway holds because they come slightly too early.</summary>
public sealed class HeldCallTests
{
    private const string Session = "Mcp-Session-Id";

    [Fact]
    public async Task Call_ComesTooEarly_IsForwardedAtItsInstantAndSaysForHowLongItWasHeld()
    {
        ManualTimeProvider time = new();
        int forwarded = 0;
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => AnswerAsync(context, ref forwarded));
        await using GatewayFixture gateway = await StartAsync(upstream, time, "{ shared: 1/1s, wait: 5s, headers: always }");
        await gateway.SendAsync(GatewayFixture.Post(Call("1")));

        Task<HttpResponseMessage> held = gateway.Client.SendAsync(GatewayFixture.Post(Call("2")));
        await HeldAsync(gateway);
        time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        int before = Volatile.Read(ref forwarded);
        time.Advance(TimeSpan.FromTicks(1));
        using HttpResponseMessage response = await held;

        before.ShouldBe(1);
        Volatile.Read(ref forwarded).ShouldBe(2);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("Sluice-Delay-Ms").ShouldBe(["1000"]);
        response.Headers.GetValues("RateLimit").ShouldBe(["\"shared\";r=0;t=1"]);
    }

    [Fact]
    public async Task Client_LeavesWhileItsCallIsHeld_CallIsNotMadeAndItsTokensComeBack()
    {
        ManualTimeProvider time = new();
        int forwarded = 0;
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => AnswerAsync(context, ref forwarded));
        await using GatewayFixture gateway = await StartAsync(upstream, time, "{ shared: 1/1s, wait: 5s }");
        await gateway.SendAsync(GatewayFixture.Post(Call("1")));
        using CancellationTokenSource leaves = new();
        Task<HttpResponseMessage> held = gateway.Client.SendAsync(GatewayFixture.Post(Call("2")), leaves.Token);
        await HeldAsync(gateway);

        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(held);
        await HeldAsync(gateway, count: 0); // The gateway learns from the connection that the client has left.

        // A call at the instant of the one that left is admitted at once only if that one's tokens have come back.
        time.Advance(TimeSpan.FromSeconds(1));
        Task<HttpResponseMessage> next = gateway.Client.SendAsync(GatewayFixture.Post(Call("3")));
        await EndedAsync(next, time, step: TimeSpan.FromMilliseconds(100));

        (await next).StatusCode.ShouldBe(HttpStatusCode.OK);
        Volatile.Read(ref forwarded).ShouldBe(2);
    }

    [Fact]
    public async Task Client_CancelsItsHeldCallInTheSession_CallIsNotMade()
    {
        ManualTimeProvider time = new();
        int forwarded = 0;
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => AnswerAsync(context, ref forwarded));
        await using GatewayFixture gateway = await StartAsync(upstream, time, "{ shared: 1/1s, wait: 5s }");
        await gateway.SendAsync(GatewayFixture.Post(Call("1")));
        HttpRequestMessage call = GatewayFixture.Post(Call("2"));
        call.Headers.Add(Session, "s");
        Task<(HttpStatusCode Status, string Body)> held = gateway.SendAsync(call);
        await HeldAsync(gateway);

        int notifications = 0;
        await CancelAsync("other", "2");
        await CancelAsync("s", "\"2\"");
        held.IsCompleted.ShouldBeFalse();

        // A call can be cancelled by its name a moment after it is held.
        await Eventually.HoldsAsync(async () =>
        {
            await CancelAsync("s", "2");
            return held.IsCompleted;
        });

        (await held).ShouldBe((HttpStatusCode.OK, ""));
        time.Advance(TimeSpan.FromSeconds(5));
        Volatile.Read(ref forwarded).ShouldBe(1 + notifications);

        Task CancelAsync(string session, string id)
        {
            notifications++;
            HttpRequestMessage cancel = GatewayFixture.Post(
                $$$"""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"reason":"x","requestId":{{{id}}}}}""");
            cancel.Headers.Add(Session, session);
            return gateway.SendAsync(cancel);
        }
    }

    [Fact]
    public async Task Stop_CallsAreHeldLongerThanTheDrain_TheyAreAnsweredWithAnError()
    {
        ManualTimeProvider time = new();
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => context.Response.WriteAsync("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            stop: { drain: 0s }
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: { shared: 1/1s, wait: 5s } }
            """,
            time);
        await gateway.SendAsync(GatewayFixture.Post(Call("1")));
        Task<(HttpStatusCode Status, string Body)> held = gateway.SendAsync(GatewayFixture.Post(Call("2")));
        await HeldAsync(gateway);

        Task stopped = gateway.StopAsync();
        await EndedAsync(held, time, step: TimeSpan.FromMilliseconds(1));

        (await held).Body.ShouldContain("The server is stopping, so the call that waited for its limits was not made");
        await stopped;
    }

    [Fact]
    public async Task Call_NoSlotIsFree_IsForwardedWhenTheRunningCallHasEnded()
    {
        ManualTimeProvider time = new();
        int forwarded = 0;
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref forwarded) == 1)
            {
                await first.Task;
            }

            await context.Response.WriteAsync("""{"jsonrpc":"2.0","id":1,"result":{}}""");
        });
        await using GatewayFixture gateway = await StartAsync(
            upstream, time, "{ concurrency: { shared: 1 }, limits: [{ name: by-all, rate: 100/1h, wait: 5s }] }");
        Task<HttpResponseMessage> running = gateway.Client.SendAsync(GatewayFixture.Post(Call("1")));
        await Eventually.HoldsAsync(() => Volatile.Read(ref forwarded) == 1);
        Task<HttpResponseMessage> waiting = gateway.Client.SendAsync(GatewayFixture.Post(Call("2")));
        await HeldAsync(gateway);

        time.Advance(TimeSpan.FromSeconds(2));
        int before = Volatile.Read(ref forwarded);
        first.SetResult();

        (await running).StatusCode.ShouldBe(HttpStatusCode.OK);
        using HttpResponseMessage response = await waiting;
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("Sluice-Delay-Ms").ShouldBe(["2000"]);
        before.ShouldBe(1);
    }

    [Fact]
    public async Task Call_NoSlotComesInTime_IsRejectedByConcurrency()
    {
        ManualTimeProvider time = new();
        int forwarded = 0;
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            Interlocked.Increment(ref forwarded);
            await first.Task;
            await context.Response.WriteAsync("""{"jsonrpc":"2.0","id":1,"result":{}}""");
        });
        await using GatewayFixture gateway = await StartAsync(upstream, time, "{ concurrency: { shared: 1 }, wait: 5s }");
        Task<HttpResponseMessage> running = gateway.Client.SendAsync(GatewayFixture.Post(Call("1")));
        await Eventually.HoldsAsync(() => Volatile.Read(ref forwarded) == 1);
        Task<(HttpStatusCode Status, string Body)> waiting = gateway.SendAsync(GatewayFixture.Post(Call("2")));
        await HeldAsync(gateway);

        time.Advance(TimeSpan.FromSeconds(5));

        (await waiting).Body.ShouldContain("\"limitKind\":\"concurrency\"");
        first.SetResult();
        (await running).Dispose();
    }

    private static Task<GatewayFixture> StartAsync(FakeUpstream upstream, TimeProvider time, string rateLimiting) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        servers:
          - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: {{rateLimiting}} }
        """,
        time);

    private static Task AnswerAsync(HttpContext context, ref int forwarded)
    {
        Interlocked.Increment(ref forwarded);
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync("""{"jsonrpc":"2.0","id":1,"result":{}}""");
    }

    private static Task HeldAsync(GatewayFixture gateway, int count = 1) => Eventually.HoldsAsync(() => gateway.Gate.HeldCount == count);

    /// <summary>Moves the clock until a call has ended.</summary>
    private static Task EndedAsync(Task call, ManualTimeProvider time, TimeSpan step) => Eventually.HoldsAsync(() =>
    {
        if (!call.IsCompleted)
        {
            time.Advance(step);
        }

        return call.IsCompleted;
    });

    private static string Call(string id) => $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"echo"}}""";
}
