using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Redis.Tests;

public sealed class LateAnswerTests
{
    private const int Stores = 150;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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
            await using RedisStore store = new(
                new RedisStoreOptions { Configuration = server.Configuration, LocalMaxKeys = 16 },
                connection,
                DecisionScript.Standard,
                time,
                NullLoggerFactory.Instance);
            RateLimitRequest request = new(limits, new CallerIdentity("https://issuer.example", $"user-{i}", null, null));
            Task<RateLimitDecision> call = store.AcquireAsync(request, default, default).AsTask();
            await connection.Answered.WaitAsync(Patience);

            time.Advance(TimeSpan.FromMinutes(1)); // The time of every timer is up.
            connection.Release();

            RateLimitDecision decision = await call.WaitAsync(Patience);
            decision.IsAllowed.ShouldBeTrue($"store {i}, {decision.Source}");
            (await store.AcquireAsync(request, default, default).AsTask().WaitAsync(Patience)).IsAllowed.ShouldBeFalse($"store {i}");
        }
    }

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

        public bool IsReady => connection.IsReady;

        public Task ReadyAsync() => connection.ReadyAsync();

        public Task RefreshAsync() => connection.RefreshAsync();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
