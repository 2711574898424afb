using Sluice.Redis;

namespace Sluice.Gateway;

/// <summary>Whether the gateway can serve.</summary>
/// <remarks>Thread safety: any number of threads. It reads fields, and never asks the store.</remarks>
internal sealed class Health(RunningGateway gateway)
{
    // A server whose calls are rejected without the store serves nothing while the store is away.
    private readonly bool _needsStore = gateway.Servers.Any(
        server => server.Policy?.Limits.Any(limit => limit.OnStoreFailure == StoreFailureMode.Deny) == true);

    /// <summary>The instant at which the configuration was loaded.</summary>
    internal DateTimeOffset LoadedAt { get; } = gateway.Time.GetUtcNow();

    /// <summary>What keeps the buckets.</summary>
    internal string StoreKind => gateway.Store is RedisStore ? "redis" : "memory";

    /// <summary>Whether the store decides, as far as this process knows.</summary>
    internal bool IsStoreAvailable => gateway.Store is not RedisStore redis || redis.IsAvailable;

    /// <summary>How many servers are behind the gateway.</summary>
    internal int Servers => gateway.Servers.Count;

    /// <summary>Whether the gateway can serve now.</summary>
    internal Readiness Readiness =>
        gateway.Stopping.IsCancellationRequested ? Readiness.Stopping
        : IsStoreAvailable ? Readiness.Ready
        : _needsStore ? Readiness.Unavailable
        : Readiness.Degraded;
}

/// <summary>Whether a gateway can serve.</summary>
internal enum Readiness
{
    /// <summary>It is told to stop.</summary>
    Stopping = 0,

    /// <summary>The store does not answer, and the configuration rejects calls then.</summary>
    Unavailable = 1,

    /// <summary>The store does not answer, and calls are decided without it.</summary>
    Degraded = 2,

    /// <summary>It serves.</summary>
    Ready = 3,
}
