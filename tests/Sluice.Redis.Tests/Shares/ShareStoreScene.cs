using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Redis.Tests;

/// <summary>Stores with shares over a real server, on clocks that the test moves together.</summary>
internal sealed class ShareStoreScene : IAsyncDisposable
{
    internal const long Step = 50_000;
    private readonly List<RedisStore> _stores = [];

    internal ShareStoreScene(Action<RedisStoreOptions>? configure = null)
    {
        Connection = new(ShareScriptScene.Shared);
        Store = Another(configure);
    }

    internal ShareScriptScene Script { get; } = new();

    internal FakeTimeProvider Time { get; } = new();

    internal CountingConnection Connection { get; }

    internal RedisStore Store { get; }

    /// <summary>What the stores log.</summary>
    internal CapturedLog Log { get; } = new(LogLevel.Information);

    /// <summary>The lane of shares of the first store.</summary>
    internal ShareClient Client => Store.ShareClients.Single();

    /// <summary>Another store over the same keys, as another process has it.</summary>
    internal RedisStore Another(Action<RedisStoreOptions>? configure = null)
    {
        RedisStoreOptions options = new()
        {
            KeyPrefix = Script.Key,
            RememberRefusals = TimeSpan.Zero,
            Timeout = TimeSpan.FromSeconds(5),
            LocalMaxKeys = 4_096,
            Shares = new RedisSharesOptions(),
        };
        configure?.Invoke(options);
        RedisStore store = new(
            options, Connection, Script.Decision, Time, Log, heartbeats: null, Script.Scripts);
        _stores.Add(store);
        return store;
    }

    internal Task<RateLimitDecision> AcquireAsync(ApplicableLimits limits, int cost = 1, CallerIdentity? caller = null, RedisStore? store = null, LimitState[]? states = null) =>
        (store ?? Store).AcquireAsync(new RateLimitRequest(limits, caller ?? StoreScene.Alice, cost), states, default).AsTask();

    internal void Pass(long micros)
    {
        Script.Clock += micros;
        Time.Advance(TimeSpan.FromMicroseconds(micros));
    }

    /// <summary>Calls and lets time pass, until something is so and all messages are answered.</summary>
    internal async Task UntilAsync(Func<bool> isTrue, ApplicableLimits limits, int cost = 2, int calls = 1)
    {
        DateTimeOffset end = DateTimeOffset.UtcNow + Eventually.Patience;
        do
        {
            for (int i = 0; i < calls; i++)
            {
                await AcquireAsync(limits, cost);
            }

            Pass(Step);
            await SettleAsync();
            DateTimeOffset.UtcNow.ShouldBeLessThan(end);
        }
        while (!isTrue());
    }

    /// <summary>Waits until every run of a script is answered.</summary>
    internal async Task SettleAsync()
    {
        DateTimeOffset end = DateTimeOffset.UtcNow + Eventually.Patience;
        while (Connection.Answered < Connection.Runs && DateTimeOffset.UtcNow < end)
        {
            await Task.Yield();
        }
    }

    /// <summary>Opens the epoch, so that Redis decides what nobody has a share of.</summary>
    internal async Task OpenAsync(ApplicableLimits limits)
    {
        await Store.Layout.CheckAsync();
        await UntilAsync(() => true, limits);
        for (int i = 0; i < 5 * 3_000_000 / Step; i++)
        {
            Pass(Step);
            await SettleAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RedisStore store in _stores)
        {
            await store.DisposeAsync();
        }
    }
}
