namespace Sluice;

/// <summary>The permits of a caller in a store.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class StorePermits(InProcessStore store, ApplicableLimits limits, CallerIdentity caller) : IPermits
{
    /// <inheritdoc/>
    public bool MayBeDropped => true; // The store keeps the buckets.

    /// <inheritdoc/>
    public RateLimitDecision Acquire(int permitCount, out IDisposable? held) =>
        LimiterCalls.Acquire(store, limits, caller, permitCount, out held);

    /// <inheritdoc/>
    public long Available() => LimiterCalls.Available(store, limits, caller);
}
