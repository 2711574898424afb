using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Redis.Tests;

public sealed class LateAnswerTests
{
    private const int Stores = 150;
    // The answer comes at the moment when the call is given up. Whichever is first, the call is counted once: Redis charged it, so
    // it may neither be refused by its own charge nor leave a token for the next. Seen to fail, at one of the first stores, when what
    // is counted locally is asked about a call whose answer it holds already, and when it may take that over while it is asked.
    [Fact]
    public async Task Acquire_AnswerComesAsTheCallIsGivenUp_CountsItOnce()
    {
        using RedisServer server = RedisServer.Start();
        SharedConnection shared = SharedConnection.To(server.Configuration);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser("1/1h"));
        for (int i = 0; i < Stores; i++)
        {
            HeldConnection connection = new(shared);
            FakeTimeProvider time = new();
            await using RedisStore store = Open(server, connection, time);
            RateLimitRequest request = new(limits, new CallerIdentity("https://issuer.example", $"user-{i}", null, null));
            Task<RateLimitDecision> call = store.AcquireAsync(request, default, default).AsTask();
            await connection.Answered.WaitAsync(Eventually.Patience);

            for (int look = 0; look < 4; look++)
            {
                time.Advance(TimeSpan.FromMilliseconds(12.5)); // A timeout of 50 ms, in the looks that it has.
            }

            connection.Release();

            RateLimitDecision decision = await call.WaitAsync(Eventually.Patience);
            decision.IsAllowed.ShouldBeTrue($"store {i}, {decision.Source}");
            (await store.AcquireAsync(request, default, default).AsTask().WaitAsync(Eventually.Patience)).IsAllowed.ShouldBeFalse($"store {i}");
        }
    }

    // One look a minute after the call was sent: this process was late, not Redis. Seen to fail, with a decision of this process, when
    // the time of a call is up by the clock alone.
    [Fact]
    public async Task Acquire_TimerRunsLateBeforeTheAnswerIsRead_IsTheAnswer()
    {
        using RedisServer server = RedisServer.Start();
        HeldConnection connection = new(SharedConnection.To(server.Configuration));
        FakeTimeProvider time = new();
        await using RedisStore store = Open(server, connection, time);
        Task<RateLimitDecision> call = AcquireAsync(store);
        await connection.Answered.WaitAsync(Eventually.Patience);

        time.Advance(TimeSpan.FromMinutes(1));
        await PacedWait.OthersFirstAsync();
        connection.Release();

        (await call.WaitAsync(Eventually.Patience)).Source.ShouldBe(DecisionSource.Store);
        store.FallbackDecisions.ShouldBe(0);
    }

    // Ten times the timeout is the bound, since the other nodes of a cluster may answer all the time.
    [Fact]
    public async Task Acquire_AnswersAreUnread_WaitsForThemUpToTheBound()
    {
        using RedisServer server = RedisServer.Start();
        HeldConnection connection = new(SharedConnection.To(server.Configuration)) { HasUnread = true };
        FakeTimeProvider time = new();
        await using RedisStore store = Open(server, connection, time);
        Task<RateLimitDecision> call = AcquireAsync(store);
        await connection.Answered.WaitAsync(Eventually.Patience);

        await LookAsync(time, 36); // Nine times the timeout.
        call.IsCompleted.ShouldBeFalse();
        while (!call.IsCompleted)
        {
            await LookAsync(time, 4);
        }

        (await call).Source.ShouldBe(DecisionSource.Local);
        time.GetUtcNow().Subtract(time.Start).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(500));
        store.FallbackDecisions.ShouldBe(1);
    }

    // The same for a call: with a timeout of 50 ms, the time was up after three more looks of 12.5 ms each.
    [Fact]
    public async Task Acquire_OneLookWasLate_WaitsLongerForTheAnswer()
    {
        using RedisServer server = RedisServer.Start();
        HeldConnection connection = new(SharedConnection.To(server.Configuration));
        FakeTimeProvider time = new();
        await using RedisStore store = Open(server, connection, time);
        Task<RateLimitDecision> call = AcquireAsync(store);
        await connection.Answered.WaitAsync(Eventually.Patience);

        time.Advance(TimeSpan.FromMilliseconds(12.5 + 100));
        await PacedWait.OthersFirstAsync();
        await LookAsync(time, 20); // 250 ms, of 300 ms that three hops may take.
        connection.Release();

        (await call.WaitAsync(Eventually.Patience)).Source.ShouldBe(DecisionSource.Store);
        store.FallbackDecisions.ShouldBe(0);
    }

    [Fact]
    public void Look_InTimeOrLate_CountsAtMostOneSlice()
    {
        FakeTimeProvider time = new();
        PacedClock clock = new(time, TimeSpan.FromMilliseconds(40));
        clock.Start();
        PacedClock.Instant start = clock.Now;
        PacedClock.Instant deadline = clock.Deadline;
        Elapse(10).ShouldBe(10);
        Elapse(20).ShouldBe(20);
        Elapse(60_000).ShouldBe(30);
        Elapse(4).ShouldBe(34);
        clock.Until(start, start).ShouldBe(TimeSpan.Zero);
        clock.Until(deadline, start).ShouldBe(clock.Slice);

        double Elapse(int milliseconds)
        {
            time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            return time.GetElapsedTime(start.Paced, clock.Look().Paced).TotalMilliseconds;
        }
    }

    // One look was late by 60 ms. Each of the other three threads that an answer needs may be as late, so there are 180 ms more.
    [Theory]
    [InlineData(0, 40)]
    [InlineData(60, 40 + (3 * 60))]
    [InlineData(60_000, 40 + (10 * 40))] // At most ten timeouts more.
    public void IsUp_OneLookWasLate_GivesEveryHopThatTime(int late, int upAfter)
    {
        FakeTimeProvider time = new();
        PacedClock clock = new(time, TimeSpan.FromMilliseconds(40));
        clock.Start();
        PacedClock.Instant deadline = clock.Deadline;

        time.Advance(TimeSpan.FromMilliseconds(10 + late));
        PacedClock.Instant now = clock.Look();
        for (int worked = 10; worked < upAfter; worked += 10)
        {
            clock.IsUp(deadline, now).ShouldBeFalse($"after {worked} ms");
            time.Advance(TimeSpan.FromMilliseconds(10));
            now = clock.Look();
        }

        clock.IsUp(deadline, now).ShouldBeTrue();
    }

    private static async Task LookAsync(FakeTimeProvider time, int looks)
    {
        for (int i = 0; i < looks; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(12.5));
            await PacedWait.OthersFirstAsync();
            await PacedWait.OthersFirstAsync(); // What a look has begun has ended.
        }
    }

    private static RedisStore Open(RedisServer server, IRedisConnection connection, TimeProvider time) => new(
        new RedisStoreOptions { Configuration = server.Configuration, LocalMaxKeys = 16 },
        connection,
        DecisionScript.Standard,
        time,
        NullLoggerFactory.Instance);

    private static Task<RateLimitDecision> AcquireAsync(RedisStore store) => store.AcquireAsync(
        new RateLimitRequest(StoreScene.Limits(policy => policy.PerUser("1/1h")), StoreScene.Alice), default, default).AsTask();

    /// <summary>Keeps the first answer back until it is released, and then passes it on in the releasing thread.</summary>
    private sealed class HeldConnection(IRedisConnection connection) : IRedisConnection
    {
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new();

        internal Task Answered => _answered.Task;

        internal void Release() => _released.TrySetResult();

        public async Task<byte[]> RunAsync(RedisScript script, string[] keys, byte[][] arguments, bool loads)
        {
            byte[] reply = await connection.RunAsync(script, keys, arguments, loads);
            _answered.TrySetResult();
            await _released.Task.ConfigureAwait(false);
            return reply;
        }

        public bool HasUnread { get; init; }

        public bool IsReady => connection.IsReady;

        public Task ReadyAsync() => connection.ReadyAsync();

        public Task RefreshAsync() => connection.RefreshAsync();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
