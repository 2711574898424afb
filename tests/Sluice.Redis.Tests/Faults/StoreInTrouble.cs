using System.Diagnostics;

namespace Sluice.Redis.Tests;

/// <summary>A store as a gateway has it, over servers that a test breaks; with one limit, of ten tokens a day for each user.</summary>
internal sealed class StoreInTrouble : IAsyncDisposable
{
    /// <summary>Tokens of a user; none comes back while a test runs.</summary>
    internal const int Capacity = 10;

    /// <summary>Longer than the default, so that a busy machine is not taken for a fault.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(250);

    /// <summary>How long anything may take before a test gives up.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const string Server = "files";
    private static int _stores;

    private readonly string _prefix = $"f{Environment.ProcessId}-{Interlocked.Increment(ref _stores)}";

    internal StoreInTrouble(string configuration)
    {
        Store = RedisStore.Connect(
            new RedisStoreOptions { Configuration = configuration, Timeout = Timeout, KeyPrefix = _prefix, LocalMaxKeys = 1_024 },
            loggers: Log);
    }

    internal RedisStore Store { get; }

    internal RecordedLog Log { get; } = new();

    internal static CallerIdentity Alice { get; } = User("alice");

    internal static CallerIdentity User(string name) => new("https://issuer.example", name, null, null);

    /// <summary>The limit, with what happens to it while Redis is away.</summary>
    internal static ApplicableLimits LimitsFor(StoreFailureMode mode, int capacity = Capacity) => RateLimitPolicy
        .Build(Server, limits => limits.PerUser(new Rate(capacity, TimeSpan.FromDays(1))).OnStoreFailure(mode))
        .Select("tools/call", "search", Alice);

    /// <summary>Where a user's bucket lies.</summary>
    internal string KeyOf(CallerIdentity user) =>
        new KeyLayout(_prefix).Server(Server).Row(RateLimitScope.PerUser, new CallerKeys(user), isSpread: false);

    /// <summary>A call, and how long it took. It fails the test where it throws or does not come back.</summary>
    internal async Task<TimedDecision> AcquireAsync(ApplicableLimits limits, CallerIdentity caller)
    {
        long start = Stopwatch.GetTimestamp();
        ValueTask<RateLimitDecision> call = Store.AcquireAsync(new RateLimitRequest(limits, caller), default, default);
        bool wasAtOnce = call.IsCompleted;
        RateLimitDecision decision = wasAtOnce ? await call : await call.AsTask().WaitAsync(Patience);
        return new TimedDecision(decision, Stopwatch.GetElapsedTime(start), wasAtOnce);
    }

    /// <summary>What a user has left, by Redis; null while it does not answer.</summary>
    internal async Task<int?> LeftAsync(ApplicableLimits limits, CallerIdentity caller)
    {
        RateLimitDecision decision = await Store.PeekAsync(new RateLimitRequest(limits, caller), default, default);
        return decision.Source == DecisionSource.Store ? decision.Remaining : null;
    }

    /// <summary>Waits until Redis decides, by a user whom no test counts.</summary>
    internal async Task UntilRedisDecidesAsync()
    {
        ApplicableLimits limits = LimitsFor(StoreFailureMode.Local);
        long start = Stopwatch.GetTimestamp();
        while (!Store.IsAvailable || await LeftAsync(limits, User("nobody")) is null)
        {
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(Patience, $"Redis does not decide.\n{Log}");
            await Task.Delay(10); // Servers are waited for, by their own clocks.
        }
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
