using Sluice.Redis;

namespace Sluice.Gateway;

/// <summary>Whether the gateway can serve.</summary>
/// <remarks>Thread safety: any number of threads. It reads fields, and never asks the store.</remarks>
internal sealed class Health(RunningGateway gateway)
{
    /// <summary>What keeps the buckets.</summary>
    internal string StoreKind => gateway.Store is RedisStore ? "redis" : "memory";

    /// <summary>Whether the store decides, as far as this process knows.</summary>
    internal bool IsStoreAvailable => gateway.Store is not RedisStore redis || redis.IsAvailable;

    /// <summary>Why the store does not divide buckets although it should, or may not use its keys; null for neither.</summary>
    internal string? StoreFault => (gateway.Store as RedisStore)?.LayoutFault;

    /// <summary>The configuration by which requests that arrive now are served.</summary>
    internal ActiveConfiguration Configuration => gateway.Active;

    /// <summary>The result of the last reload; null before the first.</summary>
    internal ReloadResult? LastReload => gateway.LastReload;

    /// <summary>Whether the gateway can serve now.</summary>
    internal Readiness Readiness =>
        gateway.Stopping.IsCancellationRequested ? Readiness.Stopping
        : IsStoreAvailable ? Readiness.Ready
        : gateway.Active.NeedsStore ? Readiness.Unavailable // A server whose calls are rejected without the store serves nothing.
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
