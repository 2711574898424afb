using System.Threading.RateLimiting;

namespace Sluice;

/// <summary>The framework's <see cref="PartitionedRateLimiter{TResource}"/> over a policy: no object is kept for a key.</summary>
/// <typeparam name="TResource">What is limited, such as an <c>HttpContext</c>.</typeparam>
/// <remarks>
/// <para>
/// It never queues, and its leases hold slots and no tokens, as those of <see cref="SluiceRateLimiter"/>. A resource to which no limit
/// applies is always granted.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public sealed class SluicePartitionedRateLimiter<TResource> : PartitionedRateLimiter<TResource>
{
    private readonly InProcessStore _store;
    private readonly Func<TResource, RateLimitRequest> _requestOf;
    private readonly LeaseCounter _leases = new();

    /// <summary>A limiter.</summary>
    /// <param name="store">Where the buckets are.</param>
    /// <param name="requestOf">
    /// The limits and the caller of a resource. Its <see cref="RateLimitRequest.Cost"/> is what one permit costs.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public SluicePartitionedRateLimiter(InProcessStore store, Func<TResource, RateLimitRequest> requestOf)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(requestOf);
        _store = store;
        _requestOf = requestOf;
    }

    /// <inheritdoc/>
    public override RateLimiterStatistics GetStatistics(TResource resource)
    {
        RateLimitRequest request = _requestOf(resource);
        return _leases.Statistics(LimiterCalls.Available(_store, request.Limits, request.Caller) / request.Cost);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">No bucket of the limits ever holds so many permits.</exception>
    protected override RateLimitLease AttemptAcquireCore(TResource resource, int permitCount)
    {
        RateLimitRequest request = _requestOf(resource);
        int cost = (int)Math.Min(int.MaxValue, (long)permitCount * request.Cost);
        RateLimitDecision decision = LimiterCalls.Acquire(_store, request.Limits, request.Caller, cost, out IDisposable? held);
        return _leases.Count(decision, held);
    }

    /// <inheritdoc/>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(
        TResource resource, int permitCount, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<RateLimitLease>(cancellationToken)
            : ValueTask.FromResult(AttemptAcquireCore(resource, permitCount));
}
