using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Sluice.Redis.Tests;

/// <summary>A store that something happens to: one user, who has a hundred tokens and gets none back while a test lasts.</summary>
internal sealed class FaultScene : IAsyncDisposable
{
    /// <summary>What the user has.</summary>
    internal const int Tokens = 100;

    // Where many programs want the processor, an answer of Redis can take longer than the 50 ms of the default. That is no fault of a test.
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(1);

    internal FaultScene(string configuration, StoreFailureMode onStoreFailure = StoreFailureMode.Local, TimeSpan? timeout = null)
        : this(
            (options, log) =>
            {
                options.Configuration = configuration;
                return RedisStore.Connect(options, TimeProvider.System, log);
            },
            onStoreFailure,
            timeout)
    {
    }

    private FaultScene(Func<RedisStoreOptions, CapturedLog, RedisStore> open, StoreFailureMode onStoreFailure, TimeSpan? timeout)
    {
        RedisStoreOptions options = new()
        {
            Timeout = timeout ?? CallTime,
            RememberRefusals = TimeSpan.Zero,
            LocalMaxKeys = 4_096,
        };
        Store = open(options, Log);
        Limits = RateLimitPolicy.Build("files", limits => limits.PerUser($"{Tokens}/1d").OnStoreFailure(onStoreFailure))
            .Select("tools/call", "search", Alice);
    }

    internal static CallerIdentity Alice { get; } = new("https://issuer.example", "alice", null, null);

    internal static CallerIdentity Bob { get; } = new("https://issuer.example", "bob", null, null);

    internal RedisStore Store { get; }

    internal CapturedLog Log { get; } = new(LogLevel.Information);

    internal ApplicableLimits Limits { get; }

    /// <summary>A store that has begun to work with Redis.</summary>
    internal static Task<FaultScene> Open(
        string configuration, StoreFailureMode onStoreFailure = StoreFailureMode.Local, TimeSpan? timeout = null) =>
        Open(new FaultScene(configuration, onStoreFailure, timeout));

    /// <summary>A store that has begun to work with Redis, over connections that the test made.</summary>
    internal static Task<FaultScene> Open(IConnectionMultiplexer multiplexer) => Open(new FaultScene(
        (options, log) => RedisStore.Create(multiplexer, options, TimeProvider.System, log), StoreFailureMode.Local, timeout: null));

    private static async Task<FaultScene> Open(FaultScene scene)
    {
        (await scene.Store.WarmUpAsync(Eventually.Patience, default)).ShouldBeTrue(string.Join("\n", scene.Log.Of("StoreNotReached")));

        // The first calls are compiled while they run, which on a busy machine can take longer than a call may.
        await Eventually.HoldsAsync(async () => (await scene.Acquire(Bob)).Source == DecisionSource.Store && scene.Store.DecidesCalls);
        await Eventually.HoldsAsync(async () => await scene.ResetAsync(Bob));
        scene.Log.Clear();
        return scene;
    }

    /// <summary>Resets a caller's buckets. Says whether Redis confirmed it.</summary>
    internal async Task<bool> ResetAsync(CallerIdentity caller)
    {
        try
        {
            await Store.ResetAsync(Limits.Limits.ToArray(), caller, default);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>One call of Alice's.</summary>
    internal Task<RateLimitDecision> Acquire() => Acquire(Alice);

    /// <summary>One call. It ends, whatever happens; <see cref="LatencyTests"/> are about how soon.</summary>
    internal Task<RateLimitDecision> Acquire(CallerIdentity caller) =>
        Store.AcquireAsync(new RateLimitRequest(Limits, caller), default, default).AsTask().WaitAsync(Eventually.Patience);

    /// <summary>So many calls of Alice's, one after another.</summary>
    internal async Task<RateLimitDecision[]> Acquire(int calls)
    {
        RateLimitDecision[] decisions = new RateLimitDecision[calls];
        for (int i = 0; i < calls; i++)
        {
            decisions[i] = await Acquire();
        }

        return decisions;
    }

    /// <summary>Calls until Redis is known not to decide; from then on a call waits for nothing.</summary>
    internal async Task<List<RateLimitDecision>> AcquireUntilItIsKnown()
    {
        List<RateLimitDecision> decisions = [];
        while (Store.DecidesCalls)
        {
            decisions.Add(await Acquire());
            decisions.Count.ShouldBeLessThanOrEqualTo(Breaker.Threshold, "The breaker did not open.");
        }

        ValueTask<RateLimitDecision> next = Store.PeekAsync(new RateLimitRequest(Limits, Bob), default, default);
        bool waits = !next.IsCompleted;
        await next;
        waits.ShouldBeFalse();
        return decisions;
    }

    /// <summary>Waits until Redis decides.</summary>
    internal Task UntilRedisDecides() => Eventually.HoldsAsync(
        async () => (await Store.PeekAsync(new RateLimitRequest(Limits, Alice), default, default)).Source == DecisionSource.Store
            && Store.DecidesCalls);

    /// <summary>One line when Redis went, and one when it came back.</summary>
    internal void ShouldHaveLoggedOneOutage()
    {
        Log.Of("StoreDown").Length.ShouldBe(1);
        Log.Of("StoreUp").Length.ShouldBe(1);
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
