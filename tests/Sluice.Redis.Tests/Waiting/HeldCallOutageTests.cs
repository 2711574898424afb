using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Mcp;

namespace Sluice.Redis.Tests;

/// <summary>Calls that are held while something happens to Redis.</summary>
public sealed class HeldCallOutageTests
{
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(5);
    private static readonly CallerIdentity Alice = new("https://issuer.example", "alice", null, null);

    [Fact]
    public async Task Hold_RedisIsKilled_CallsAreForwardedAtTheirInstantsAndTheProcessOwesThem()
    {
        using RedisServer server = RedisServer.Start();
        await using Scene scene = await Scene.OpenAsync(server, "10/10s", wait: TimeSpan.FromSeconds(60));
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < 10; i++)
        {
            (await scene.Call()).IsAllowed.ShouldBeTrue();
        }

        List<Task<GateDecision>> held = [.. Enumerable.Range(0, 40).Select(_ => scene.Call())];
        await Eventually.HoldsAsync(() => scene.Gate.HeldCount >= 35);

        server.Kill();
        RateLimitReservation without = default;
        await Eventually.HoldsAsync(async () => (without = await scene.ReserveAsync()).Decision.Source != DecisionSource.Store);

        // Forty tokens are owed, of which one comes back each second.
        without.Decision.IsAllowed.ShouldBeFalse();
        without.Delay.ShouldBe(TimeSpan.Zero);
        without.Decision.RetryAfter.ShouldBeGreaterThan(TimeSpan.FromSeconds(35) - Stopwatch.GetElapsedTime(begin));
        GateDecision first = await held[0];
        first.IsAllowed.ShouldBeTrue();
        first.Delay.ShouldBeGreaterThan(TimeSpan.Zero);
        Stopwatch.GetElapsedTime(begin).ShouldBeGreaterThanOrEqualTo(first.Delay);
    }

    [Fact]
    public async Task Cancel_RedisDoesNotAnswer_IsRepeatedUntilTheTokensAreBack()
    {
        using RedisServer server = RedisServer.Start();
        await using Scene scene = await Scene.OpenAsync(server, "1/30s", wait: TimeSpan.FromSeconds(60), timeout: TimeSpan.FromSeconds(1));
        await scene.Call();
        RateLimitReservation held = await scene.ReserveAsync();
        held.Delay.ShouldBeGreaterThan(TimeSpan.FromSeconds(10));

        server.Freeze(true);
        await Eventually.HoldsAsync(async () =>
        {
            await scene.Store.PeekAsync(scene.Request, default, default);
            return !scene.Store.DecidesCalls;
        });
        await scene.Store.CancelAsync(scene.Request, held, default);
        server.Freeze(false);

        // One call has used the token. While another one is held, a look would have to wait for twice as long.
        await Eventually.HoldsAsync(async () =>
            await scene.Store.PeekAsync(scene.Request, default, default) is { Source: DecisionSource.Store } now
            && now.RetryAfter <= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Dispose_ProcessEndsWhileItHoldsCalls_TheirTokensCountAsUsed()
    {
        using RedisServer server = RedisServer.Start();
        await using Scene one = await Scene.OpenAsync(server, "1/10s", wait: TimeSpan.FromSeconds(60));
        await using (Scene two = await Scene.OpenAsync(server, "1/10s", wait: TimeSpan.FromSeconds(60)))
        {
            await two.Call();
            (await two.ReserveAsync()).Delay.ShouldBeGreaterThan(TimeSpan.Zero);
            (await two.ReserveAsync()).Delay.ShouldBeGreaterThan(TimeSpan.FromSeconds(10));
        }

        RateLimitReservation next = await one.ReserveAsync();

        next.Decision.IsAllowed.ShouldBeTrue();
        next.Delay.ShouldBeInRange(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Reserve_ProcessesShareABucket_CallsOfBothAreInOneOrderAndNoneLeavesBeforeItsInstant()
    {
        using RedisServer server = RedisServer.Start();
        await using Scene one = await Scene.OpenAsync(server, "200/1s", wait: TimeSpan.FromSeconds(60));
        await using Scene two = await Scene.OpenAsync(server, "200/1s", wait: TimeSpan.FromSeconds(60));
        long begin = Stopwatch.GetTimestamp();
        async Task<(TimeSpan Sent, TimeSpan Delay, TimeSpan Forwarded)> RunAsync(Scene scene)
        {
            TimeSpan sent = Stopwatch.GetElapsedTime(begin);
            GateDecision decision = await scene.Call();
            decision.IsAllowed.ShouldBeTrue();
            return (sent, decision.Delay, Stopwatch.GetElapsedTime(begin));
        }

        (TimeSpan Sent, TimeSpan Delay, TimeSpan Forwarded)[] calls =
            await Task.WhenAll(Enumerable.Range(0, 600).Select(i => RunAsync(i % 2 == 0 ? one : two)));

        calls.ShouldAllBe(call => call.Forwarded >= call.Sent + call.Delay);

        // 200 at once and then one each 5 ms: the last of 600 cannot leave earlier than 2 s after the first.
        calls.Max(call => call.Forwarded).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1.995));
        calls.Count(call => call.Delay > TimeSpan.Zero).ShouldBeGreaterThan(300);
    }

    /// <summary>A store and a gate over a server.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly RateLimitPolicy _policy;

        private Scene(RedisServer server, string rate, TimeSpan wait, TimeSpan? timeout)
        {
            _policy = RateLimitPolicy.Build("files", limits => limits.PerUser(rate).Wait(wait).MaxWaiting(1_000));
            Store = RedisStore.Connect(
                new RedisStoreOptions
                {
                    Configuration = server.Configuration,
                    LocalMaxKeys = 4_096,
                    Timeout = timeout ?? MaxTimeout, // A busy machine is no failure of Redis.
                    RememberRefusals = TimeSpan.Zero,
                });
            Gate = new CallGate(_policy, Store, TimeProvider.System, NullLogger.Instance);
            Request = new RateLimitRequest(_policy.Select("tools/call", "search", Alice), Alice);
        }

        internal RedisStore Store { get; }

        internal CallGate Gate { get; }

        internal RateLimitRequest Request { get; }

        internal static async Task<Scene> OpenAsync(RedisServer server, string rate, TimeSpan wait, TimeSpan? timeout = null)
        {
            Scene scene = new(server, rate, wait, timeout);
            (await scene.Store.WarmUpAsync(Eventually.Patience, default)).ShouldBeTrue();

            // The first calls are compiled while they run, which on a busy machine can take longer than a call may.
            CallerIdentity other = new("https://issuer.example", "other", null, null);
            RateLimitRequest warm = new(
                RateLimitPolicy.Build("files", limits => limits.PerUser("1/30s").Wait(wait)).Select("tools/call", "search", other), other);
            await Eventually.HoldsAsync(async () =>
            {
                RateLimitReservation reservation = await scene.Store.ReserveAsync(warm, wait, default, default);
                if (reservation.Id != 0)
                {
                    await scene.Store.CancelAsync(warm, reservation, default);
                }

                return reservation.Decision.Source == DecisionSource.Store && reservation.Id != 0 && scene.Store.DecidesCalls;
            });
            return scene;
        }

        public async ValueTask DisposeAsync()
        {
            Gate.Dispose();
            await Store.DisposeAsync();
        }

        internal Task<GateDecision> Call() => Gate.DecideAsync("tools/call", "search", Alice, default).AsTask();

        internal async Task<RateLimitReservation> ReserveAsync() =>
            await Store.ReserveAsync(Request, TimeSpan.FromSeconds(60), default, default);
    }
}
