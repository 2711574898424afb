using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Redis.Tests;

/// <summary>A store over a server that no other test uses, by a clock that the test moves if it likes.</summary>
internal sealed class StoreScene : IAsyncDisposable
{
    private readonly RedisServer _server = RedisServer.Start();

    internal StoreScene(Action<RedisStoreOptions>? configure = null, bool hasClockOfItsOwn = false)
    {
        Store = Another(configure, hasClockOfItsOwn ? ScriptClock.Of(ServerTime) : DecisionScript.Standard);
    }

    internal static CallerIdentity Alice { get; } = new("https://issuer.example", "alice", "acme", "desktop");

    internal static CallerIdentity Bob { get; } = new("https://issuer.example", "bob", "acme", "desktop");

    /// <summary>What the script counts by, where it was asked for.</summary>
    internal ManualTimeProvider ServerTime { get; } = new();

    /// <summary>The process's timestamps.</summary>
    internal OffsetTimeProvider Time { get; } = new();

    internal RedisStore Store { get; }

    internal RedisServer Server => _server;

    /// <summary>How often the script has run.</summary>
    internal int Runs => _server.Runs;

    internal static ApplicableLimits Limits(Action<RateLimitsBuilder> configure) =>
        RateLimitPolicy.Build("files", configure).Select("tools/call", "search", Alice);

    /// <summary>Another store over the same server, as another process would have.</summary>
    internal RedisStore Another(Action<RedisStoreOptions>? configure = null, DecisionScript? script = null)
    {
        RedisStoreOptions options = new()
        {
            Configuration = _server.Configuration,
            Timeout = TimeSpan.FromSeconds(5),
            LocalMaxKeys = 4_096,
        };
        configure?.Invoke(options);
        return new RedisStore(
            options,
            StackExchangeConnection.Connect(ClientConfiguration.Of(options), TimeProvider.System, NullLogger.Instance),
            script ?? DecisionScript.Standard,
            Time,
            NullLoggerFactory.Instance);
    }

    internal Task<RateLimitDecision> Acquire(ApplicableLimits limits, CallerIdentity? caller = null, int cost = 1) =>
        Store.AcquireAsync(new RateLimitRequest(limits, caller ?? Alice, cost), default, default).AsTask();

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _server.Dispose();
    }
}
